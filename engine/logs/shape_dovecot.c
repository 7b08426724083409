/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines of Dovecot 2.3 and 2.4, as its own log file has them and as syslog does:
 *
 *   Nov 28 19:33:01 mail dovecot: imap-login: Login: user=<alice>, method=PLAIN, rip=…, lip=…, TLS, session=<…>
 *   Nov 28 19:33:01 imap-login: Info: Disconnected (auth failed, 1 attempts in 2 secs): user=<bob>, method=PLAIN, …
 *   Nov 28 19:34:01 mail dovecot: imap(alice)<7><session>: Disconnected: Logged out in=81 out=1234 …
 *
 * A user name is what a stranger typed, and may look like the fields behind it: of those the last ones count, for what
 * the server wrote stands behind what the stranger did.
 */
#include "engine/logs/shape_dovecot.h"

#include "engine/logs/moment.h"
#include "engine/logs/normalise.h"
#include "lib/base/array.h"

/* ---- lines ---- */

/* From a word on; absent where it is not there. */
static struct mm_slice
find(struct mm_slice text, const char *word)
{
	const char *at = mm_logs_find(text, word);

	return at == NULL ? MM_SLICE_ABSENT : mm_slice(at, text.len - (size_t)(at - text.ptr));
}

/* From behind the last such word on; absent where it is not there. */
static struct mm_slice
behind_last(struct mm_slice text, const char *word)
{
	struct mm_slice found = MM_SLICE_ABSENT, rest = text;

	while (mm_slice_present(rest = find(rest, word))) {
		rest = mm_slice(rest.ptr + strlen(word), rest.len - strlen(word));
		found = rest;
	}
	return found;
}

/* What of it stands before one of these characters. */
static struct mm_slice
up_to(struct mm_slice text, const char *stops)
{
	size_t len = 0;

	while (len < text.len && strchr(stops, text.ptr[len]) == NULL)
		len++;
	return mm_slice(text.ptr, mm_slice_present(text) ? len : 0);
}

static bool
begins_with(struct mm_slice text, const char *word)
{
	return text.len >= strlen(word) && memcmp(text.ptr, word, strlen(word)) == 0;
}

/* "user=<…>": from the first of these to the last bracket before a field that the server wrote. */
static struct mm_slice
user_of(struct mm_slice message)
{
	static const char *const fields[] = { ">, method=", ">, rip=" };
	struct mm_slice user = find(message, "user=<");

	if (!mm_slice_present(user))
		return MM_SLICE_ABSENT;
	user = mm_slice(user.ptr + 6, user.len - 6);
	for (size_t i = 0; i < MM_COUNT_OF(fields); i++) {
		struct mm_slice behind = behind_last(user, fields[i]);

		if (mm_slice_present(behind))
			return mm_slice(user.ptr, (size_t)(behind.ptr - user.ptr) - strlen(fields[i]));
	}
	return up_to(user, ">");
}

static void
set_login(struct mm_logs_reader *reader, struct mm_slice service, struct mm_slice message, struct mm_logs_event *event)
{
	struct mm_slice user = user_of(message);

	event->kind = MM_LOGS_LOGIN;
	mm_logs_set(reader, MM_ROLE_OPERATION, mm_slice_str("Login"), event);
	mm_logs_set(reader, MM_ROLE_USER, user.len > 0 ? user : MM_SLICE_ABSENT, event);
	event->mailbox = event->user;
	mm_logs_set(reader, MM_ROLE_PROTOCOL, service, event);
	mm_logs_set(reader, MM_ROLE_METHOD, up_to(behind_last(message, ", method="), ","), event);
	mm_logs_set(reader, MM_ROLE_ADDRESS, up_to(behind_last(message, ", rip="), ","), event);
	mm_logs_set(reader, MM_ROLE_SESSION, up_to(behind_last(message, "session=<"), ">"), event);
	if (mm_slice_present(find(message, ", TLS")) || mm_slice_present(find(message, ", secured")))
		event->flags |= MM_LOGS_TLS;
}

/* Words that a login process begins its message with. */
static enum mm_logs_outcome
read_login(struct mm_logs_reader *reader, struct mm_slice service, struct mm_slice message, struct mm_logs_event *event)
{
	static const char *const done[] = { "Login: user=<", "Logged in: user=<", "Login: " };

	if (begins_with(message, "Info: "))
		message = mm_slice(message.ptr + 6, message.len - 6);
	for (size_t i = 0; i < MM_COUNT_OF(done); i++)
		if (begins_with(message, done[i]))
			event->result = MM_LOGS_DONE;
	if (begins_with(message, "proxy(") && mm_slice_present(find(message, "started proxying")))
		event->result = MM_LOGS_DONE;
	if (event->result == MM_LOGS_RESULT_UNKNOWN &&
	    (mm_slice_present(find(message, "auth failed")) || mm_slice_present(find(message, "auth_failed"))))
		event->result = MM_LOGS_FAILED;
	if (event->result == MM_LOGS_RESULT_UNKNOWN)
		return MM_LOGS_IGNORED;
	set_login(reader, service, message, event);
	return MM_LOGS_EVENT;
}

/* "imap(alice)<7><session>: Disconnected: … in=81 out=1234 …": user ends at the first ")<", may hold brackets. */
static enum mm_logs_outcome
read_session(struct mm_logs_reader *reader, struct mm_slice service, struct mm_slice rest, struct mm_logs_event *event)
{
	struct mm_slice behind = find(rest, ")<"), user = mm_slice(rest.ptr, rest.len - behind.len), session;
	struct mm_json_value size = { .type = MM_JSON_NUMBER };
	int64_t bytes;

	if (!mm_slice_present(behind) || !mm_slice_present(find(behind, " out=")))
		return MM_LOGS_IGNORED;
	event->kind = MM_LOGS_LOGOUT;
	session = find(behind, "><");
	mm_logs_set(reader, MM_ROLE_OPERATION, mm_slice_str("Logout"), event);
	mm_logs_set(reader, MM_ROLE_USER, user, event);
	event->mailbox = event->user;
	mm_logs_set(reader, MM_ROLE_PROTOCOL, service, event);
	if (mm_slice_present(session))
		mm_logs_set(reader, MM_ROLE_SESSION, up_to(mm_slice(session.ptr + 2, session.len - 2), ">"), event);
	size.text = up_to(behind_last(behind, " out="), " ,");
	if (mm_walk_integer(size, &bytes) && bytes > 0)
		event->size = (uint64_t)bytes;
	return MM_LOGS_EVENT;
}

/* The service that a line is of, and what stands behind it: "imap-login: " or "imap(". */
static enum mm_logs_outcome
read_message(struct mm_logs_reader *reader, struct mm_slice text, struct mm_logs_event *event)
{
	static const char *const services[] = { "imap", "pop3", "submission", "managesieve", "lmtp" };

	for (size_t i = 0; i < MM_COUNT_OF(services); i++) {
		struct mm_slice service = mm_slice_str(services[i]), found = find(text, services[i]), rest;

		if (!mm_slice_present(found) || (found.ptr > text.ptr && found.ptr[-1] != ' '))
			continue;
		rest = mm_slice(found.ptr + service.len, found.len - service.len);
		if (begins_with(rest, "-login: "))
			return read_login(reader, service, mm_slice(rest.ptr + 8, rest.len - 8), event);
		if (begins_with(rest, "("))
			return read_session(reader, service, mm_slice(rest.ptr + 1, rest.len - 1), event);
	}
	return MM_LOGS_IGNORED;
}

/* The priority that stands before the time where lines were taken from the wire. */
static struct mm_slice
without_priority(struct mm_slice line)
{
	const char *closing = line.len > 0 && line.ptr[0] == '<' ? memchr(line.ptr, '>', line.len) : NULL;

	return closing == NULL ? line : mm_slice(closing + 1, line.len - (size_t)(closing + 1 - line.ptr));
}

static enum mm_logs_outcome
read_line(struct mm_logs_reader *reader, struct mm_slice line, struct mm_logs_event *event)
{
	struct mm_slice text = without_priority(line);
	enum mm_logs_outcome outcome;
	int64_t time_us;
	unsigned notes;
	size_t length;

	if (!mm_moment_begin(text, reader->file_us, &time_us, &notes, &length))
		return MM_LOGS_UNKNOWN;
	text = mm_slice(text.ptr + length, text.len - length);
	outcome = read_message(reader, text, event);
	/* What says nothing more still shows that the log goes on. */
	mm_logs_set_moment(reader, time_us, notes, event);
	if (outcome != MM_LOGS_EVENT)
		return outcome;
	/* A line has no id; one with a session is the same as its repetition, and no other. */
	if (event->session.kind != MM_LOGS_NO_ID)
		reader->record_id = line;
	mm_logs_settle(reader, event);
	return outcome;
}

const struct mm_logs_shape mm_logs_shape_dovecot = {
	.name = "dovecot",
	.title = "Dovecot log",
	.family = MM_LOGS_DOVECOT,
	.read_line = read_line,
};

/* ---- events ---- */

enum { EVENT, FIELDS, END_TIME, START_TIME };

static const struct mm_logs_member members[] = {
	[EVENT] = { "event", MM_ROLE_OPERATION, false },
	[FIELDS] = { "fields", MM_ROLE_OWN, false },
	[END_TIME] = { "end_time", MM_ROLE_TIME, false },
	[START_TIME] = { "start_time", MM_ROLE_TIME, false },
	{ "hostname", MM_ROLE_TARGET, false },
};

static const struct mm_logs_member field_members[] = {
	{ "user", MM_ROLE_USER, false },
	{ "original_user", MM_ROLE_USER, false },
	{ "login_user", MM_ROLE_ACTOR, false },
	{ "master_user", MM_ROLE_ACTOR, false },
	{ "session", MM_ROLE_SESSION, false },
	{ "remote_ip", MM_ROLE_ADDRESS, false },
	{ "mechanism", MM_ROLE_METHOD, false },
	{ "protocol", MM_ROLE_PROTOCOL, false },
	{ "service", MM_ROLE_PROTOCOL, false },
};

static void
read_field(struct mm_slice name, struct mm_json_value value, struct mm_logs_event *event)
{
	bool truth;
	int64_t bytes;

	if (mm_slice_equal(name, mm_slice_str("success"))) {
		truth = mm_slice_equal(value.text, mm_slice_str("yes"));
		if (truth || mm_walk_truth(value, &truth))
			event->result = truth ? MM_LOGS_DONE : MM_LOGS_FAILED;
	} else if (mm_slice_equal(name, mm_slice_str("error"))) {
		if (event->result == MM_LOGS_RESULT_UNKNOWN && value.text.len > 0)
			event->result = MM_LOGS_FAILED;
	} else if (mm_slice_equal(name, mm_slice_str("transport"))) {
		if (!mm_slice_equal(value.text, mm_slice_str("insecure")))
			event->flags |= MM_LOGS_TLS;
	} else if (mm_slice_equal(name, mm_slice_str("net_out_bytes"))) {
		if (mm_walk_integer(value, &bytes) && bytes > 0)
			event->size = (uint64_t)bytes;
	}
}

static void
read_fields(struct mm_logs_reader *reader, struct mm_json_value value, struct mm_logs_event *event)
{
	struct mm_json_value object, member;
	struct mm_slice name;
	size_t position = 0;

	if (mm_logs_nested(reader, value, &object) != MM_WALK_WHOLE)
		reader->tally->troubles[MM_LOGS_TROUBLE_NESTED_BROKEN]++;
	while (mm_walk_next_member(object, &position, &name, &member))
		read_field(name, member, event);
	mm_logs_set_nested(reader, field_members, MM_COUNT_OF(field_members), object, event);
	event->mailbox = event->user;
}

/* An authentication that ended without error and does not say more, succeeded. */
static enum mm_logs_outcome
read_event(struct mm_logs_reader *reader, const struct mm_json_value *values, struct mm_logs_event *event)
{
	struct mm_slice name = mm_logs_text(reader, values[EVENT]);

	if (mm_slice_equal(name, mm_slice_str("auth_request_finished")))
		event->kind = MM_LOGS_LOGIN;
	else if (mm_slice_equal(name, mm_slice_str("mail_user_session_finished")))
		event->kind = MM_LOGS_LOGOUT;
	mm_logs_set_all(reader, members, MM_COUNT_OF(members), values, event);
	if (event->kind != MM_LOGS_OTHER || reader->keep_other)
		read_fields(reader, values[FIELDS], event);
	if (event->kind == MM_LOGS_LOGIN && event->result == MM_LOGS_RESULT_UNKNOWN)
		event->result = MM_LOGS_DONE;
	mm_logs_settle(reader, event);
	return MM_LOGS_EVENT;
}

const struct mm_logs_shape mm_logs_shape_dovecot_event = {
	.name = "dovecot-event",
	.title = "Dovecot event exporter",
	.family = MM_LOGS_DOVECOT,
	.members = members,
	.members_count = MM_COUNT_OF(members),
	.required = 2,
	.read = read_event,
};
