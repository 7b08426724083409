/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ids, families of clients, and a function for each role. What is counted is counted where it is done.
 */
#include "engine/logs/normalise.h"

#include "engine/logs/address.h"
#include "engine/logs/moment.h"
#include "lib/base/array.h"
#include "lib/codec/ascii.h"

#define DAY_US (INT64_C(86400) * 1000000)

/* ---- texts ---- */

static bool
is_zero_guid(struct mm_slice text)
{
	return text.len == 36 && memcmp(text.ptr, "00000000-0000-0000-0000-000000000000", 36) == 0;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct mm_slice
trim(struct mm_slice text)
{
	while (text.len > 0 && is_blank(text.ptr[text.len - 1]))
		text.len--;
	while (text.len > 0 && is_blank(text.ptr[0])) {
		text.ptr++;
		text.len--;
	}
	return text;
}

struct mm_slice
mm_logs_text(struct mm_logs_reader *reader, struct mm_json_value value)
{
	struct mm_slice text = value.text;

	switch (value.type) {
	case MM_JSON_ABSENT:
		return MM_SLICE_ABSENT;
	case MM_JSON_NUMBER:
	case MM_JSON_BOOLEAN:
		return text;
	case MM_JSON_STRING:
		if (value.escaped && !mm_walk_string(value, &reader->scratch, &text))
			reader->tally->troubles[MM_LOGS_TROUBLE_NESTED_BROKEN]++;
		text = trim(text);
		if (text.len > 0 && !is_zero_guid(text) && !mm_slice_equal(text, mm_slice_str("null")))
			return text;
		break;
	case MM_JSON_NULL:
	case MM_JSON_ARRAY:
	case MM_JSON_OBJECT:
		break;
	}
	mm_logs_count(reader, MM_LOGS_STEP_EMPTY_FIELD);
	return MM_SLICE_ABSENT;
}

enum mm_walk_end
mm_logs_nested(struct mm_logs_reader *reader, struct mm_json_value value, struct mm_json_value *nested)
{
	struct mm_slice text;
	size_t length;

	*nested = value;
	if (value.type == MM_JSON_OBJECT || value.type == MM_JSON_ARRAY)
		return MM_WALK_WHOLE;
	*nested = (struct mm_json_value){ .type = MM_JSON_ABSENT };
	if (value.type != MM_JSON_STRING)
		return MM_WALK_WHOLE;
	text = mm_logs_text(reader, value);
	if (text.len == 0 || (text.ptr[0] != '{' && text.ptr[0] != '['))
		return MM_WALK_WHOLE;
	mm_logs_count(reader, MM_LOGS_STEP_NESTED_JSON);
	return mm_walk_value(text, nested, &length);
}

/* ---- ids ---- */

/* GUIDs lie in memory with their first three fields little-endian; ours are in the order of their text. */
static void
swap_fields(const uint8_t from[16], uint8_t to[16])
{
	static const uint8_t order[16] = { 3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15 };

	for (size_t i = 0; i < 16; i++)
		to[i] = from[order[i]];
}

/* A digit's value in the lower bits; the upper ones tell a capital letter, and what is no digit. */
#define CAPITAL 0x10
#define NO_DIGIT 0x80

static const uint8_t digits[256] = {
	0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
	0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
	0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
	0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
	0x80, 0x1a, 0x1b, 0x1c, 0x1d, 0x1e, 0x1f, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
	0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
	0x80, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
	0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
	0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
	0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
	0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
	0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
	0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
	0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
	0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
	0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
};

/* All digits are read before anything is decided: most that have the length of a GUID are one. */
static bool
parse_guid(struct mm_slice text, uint8_t bytes[16], bool *changed)
{
	static const uint8_t places[16] = { 0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34 };
	const char *at = text.ptr;
	uint8_t seen = 0;

	if (text.len == 38 && text.ptr[0] == '{' && text.ptr[37] == '}')
		at++;
	else if (text.len != 36)
		return false;
	if (at[8] != '-' || at[13] != '-' || at[18] != '-' || at[23] != '-')
		return false;
	for (size_t i = 0; i < 16; i++) {
		uint8_t high = digits[(uint8_t)at[places[i]]], low = digits[(uint8_t)at[places[i] + 1]];

		seen |= high | low;
		bytes[i] = (uint8_t)(high << 4 | (low & 15));
	}
	*changed = text.len == 38 || (seen & CAPITAL) != 0;
	return (seen & NO_DIGIT) == 0;
}

static int
base64_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '-' || c == '+')
		return 62;
	return c == '_' || c == '/' ? 63 : -1;
}

/* 22 characters of either alphabet, two '=' behind them or not. */
static bool
parse_base64(struct mm_slice text, uint8_t bytes[16])
{
	uint8_t lying[18];
	uint32_t bits = 0;

	if (text.len == 24 && text.ptr[22] == '=' && text.ptr[23] == '=')
		text.len = 22;
	if (text.len != 22)
		return false;
	for (size_t i = 0; i < 24; i++) {
		int value = i < 22 ? base64_value(text.ptr[i]) : 0;

		if (value < 0)
			return false;
		bits = bits << 6 | (uint32_t)value;
		if (i % 4 != 3)
			continue;
		lying[i / 4 * 3] = (uint8_t)(bits >> 16);
		lying[i / 4 * 3 + 1] = (uint8_t)(bits >> 8);
		lying[i / 4 * 3 + 2] = (uint8_t)bits;
		bits = 0;
	}
	swap_fields(lying, bytes);
	return lying[16] == 0;
}

void
mm_logs_id_parse(struct mm_names *names, struct mm_slice text, bool of_token, struct mm_logs_id *id, bool *changed)
{
	bool otherwise = false;
	uint32_t name;

	memset(id, 0, sizeof(*id));
	if (text.len == 0)
		return;
	if (parse_guid(text, id->bytes, &otherwise) || (of_token && parse_base64(text, id->bytes))) {
		id->kind = MM_LOGS_GUID;
	} else if (text.len <= sizeof(id->bytes) && memchr(text.ptr, '\0', text.len) == NULL) {
		memset(id->bytes, 0, sizeof(id->bytes));
		memcpy(id->bytes, text.ptr, text.len);
		id->kind = MM_LOGS_SHORT;
	} else {
		name = mm_names_add(names, text);
		memset(id->bytes, 0, sizeof(id->bytes));
		memcpy(id->bytes, &name, sizeof(name));
		id->kind = MM_LOGS_NAMED;
	}
	if (changed != NULL)
		*changed = otherwise && id->kind == MM_LOGS_GUID;
}

/* ---- families of clients ---- */

/* Append the letters, in lower case, that name a program: up to a digit that follows a delimiter, or its end. */
static size_t
add_word(struct mm_slice word, char *out, size_t len, size_t room)
{
	for (size_t i = 0; i < word.len && len < room; i++) {
		char c = mm_ascii_lower(word.ptr[i]);

		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_'))
			break;
		out[len++] = c;
	}
	return len;
}

/* What stands behind a mark in a text, up to ';' or ']'; absent where there is none. */
static struct mm_slice
behind(struct mm_slice text, const char *sign)
{
	const char *at = mm_logs_find(text, sign), *end = text.ptr + text.len, *stop;

	if (at == NULL)
		return MM_SLICE_ABSENT;
	at += strlen(sign);
	for (stop = at; stop < end && *stop != ';' && *stop != ']' && *stop != '['; stop++)
		;
	return mm_slice(at, (size_t)(stop - at));
}

/* The last program of several that are one behind the other: "…/EXCH/15.20.7249.024/python-requests/2.25.1". */
static struct mm_slice
last_program(struct mm_slice text)
{
	struct mm_slice program = MM_SLICE_ABSENT;
	const char *at = text.ptr, *end = text.ptr + text.len;

	while (at < end) {
		const char *slash = memchr(at, '/', (size_t)(end - at));
		const char *stop = slash == NULL ? end : slash;

		/* A version begins with a digit. */
		if (stop > at && !(*at >= '0' && *at <= '9'))
			program = mm_slice(at, (size_t)(stop - at));
		at = stop + 1;
	}
	return program;
}

/* The program behind the first part of ClientInfoString; absent where settings stand there ("Action=ViaProxy"). */
static struct mm_slice
second_part(struct mm_slice info)
{
	struct mm_slice part = behind(info, ";");

	if (part.len == 0 || memchr(part.ptr, '=', part.len) != NULL)
		return MM_SLICE_ABSENT;
	return last_program(part);
}

/* What every browser says that it is, too. */
static bool
is_said_by_all(struct mm_slice program)
{
	static const char *const names[] = { "Mozilla", "AppleWebKit", "Gecko", "Safari", "Version", "Mobile" };

	for (size_t i = 0; i < MM_COUNT_OF(names); i++)
		if (mm_logs_is_called(program, names[i]))
			return true;
	return false;
}

/* The last program of a user agent that says something of its own; else the first. */
static struct mm_slice
program_of_agent(struct mm_slice agent)
{
	const char *at = agent.ptr, *end = agent.ptr + agent.len;
	struct mm_slice program = agent;

	while (at < end && (at = memchr(at, '/', (size_t)(end - at))) != NULL) {
		const char *begin = at++;
		struct mm_slice word;

		while (begin > agent.ptr && begin[-1] != ' ' && begin[-1] != '(' && begin[-1] != ';')
			begin--;
		word = mm_slice(begin, (size_t)(at - 1 - begin));
		if (word.len > 0 && !is_said_by_all(word))
			program = word;
	}
	return program;
}

size_t
mm_logs_client_family(struct mm_slice info, char *out, size_t room)
{
	struct mm_slice client = behind(info, "Client="), agent = behind(info, "UserAgent=[");
	size_t len;

	if (!mm_slice_present(client))
		return add_word(program_of_agent(info), out, 0, room);
	len = add_word(client, out, 0, room);
	if (!mm_slice_present(agent))
		agent = second_part(info);
	else
		agent = program_of_agent(agent);
	if (agent.len == 0 || len + 1 >= room)
		return len;
	out[len] = ' ';
	return add_word(agent, out, len + 1, room);
}

/* ---- fields ---- */

static void
set_name(struct mm_logs_reader *reader, struct mm_slice text, uint32_t *name)
{
	if (*name == 0)
		*name = mm_names_add(reader->names, text);
}

static void
set_lower(struct mm_logs_reader *reader, struct mm_slice text, uint32_t *name)
{
	bool changed = false;

	if (*name != 0)
		return;
	*name = mm_names_add_lower(reader->names, text, &changed);
	if (changed)
		mm_logs_count(reader, MM_LOGS_STEP_CASE);
}

static void
set_id(struct mm_logs_reader *reader, struct mm_slice text, bool of_token, struct mm_logs_id *id)
{
	bool changed = false;

	if (id->kind != MM_LOGS_NO_ID)
		return;
	mm_logs_id_parse(reader->names, text, of_token, id, &changed);
	if (changed)
		mm_logs_count(reader, MM_LOGS_STEP_CASE);
}

/* A record's id is kept whole for finding repetitions; in the event only where it is a GUID. */
static void
set_record(struct mm_logs_reader *reader, struct mm_slice text, struct mm_logs_event *event)
{
	uint8_t bytes[16];
	bool changed = false;

	if (mm_slice_present(reader->record_id))
		return;
	reader->record_id = text;
	if (!parse_guid(text, bytes, &changed))
		return;
	memcpy(event->record.bytes, bytes, sizeof(bytes));
	event->record.kind = MM_LOGS_GUID;
}

static void
count_address(struct mm_logs_reader *reader, unsigned notes)
{
	if (notes & MM_ADDRESS_PORT)
		mm_logs_count(reader, MM_LOGS_STEP_ADDRESS_PORT);
	if (notes & MM_ADDRESS_BRACKETS)
		mm_logs_count(reader, MM_LOGS_STEP_ADDRESS_BRACKETS);
	if (notes & MM_ADDRESS_MAPPED)
		mm_logs_count(reader, MM_LOGS_STEP_ADDRESS_MAPPED);
	if (notes & MM_ADDRESS_LIST)
		mm_logs_count(reader, MM_LOGS_STEP_ADDRESS_LIST);
}

/* One that cannot be read gives way to another that can. */
static void
set_address(struct mm_logs_reader *reader, struct mm_slice text, struct mm_logs_event *event)
{
	struct mm_logs_address address;
	unsigned notes;

	if (event->address.network > MM_LOGS_UNREADABLE)
		return;
	if (mm_logs_address_parse(text, &address, &notes)) {
		count_address(reader, notes);
		event->address = address;
		event->address_text = 0;
		return;
	}
	mm_logs_count(reader, MM_LOGS_STEP_ADDRESS_UNREADABLE);
	event->address.network = MM_LOGS_UNREADABLE;
	set_name(reader, text, &event->address_text);
}

static void
count_moment(struct mm_logs_reader *reader, unsigned notes)
{
	static const struct {
		enum mm_moment_note note;
		enum mm_logs_step step;
	} rows[] = {
		{ MM_MOMENT_NO_ZONE, MM_LOGS_STEP_TIME_NO_ZONE },
		{ MM_MOMENT_ZONE, MM_LOGS_STEP_TIME_ZONE },
		{ MM_MOMENT_AMERICAN, MM_LOGS_STEP_TIME_AMERICAN },
		{ MM_MOMENT_AMBIGUOUS, MM_LOGS_STEP_TIME_AMBIGUOUS },
		{ MM_MOMENT_CALL, MM_LOGS_STEP_TIME_CALL },
		{ MM_MOMENT_NO_YEAR, MM_LOGS_STEP_TIME_NO_YEAR },
		{ MM_MOMENT_IMPOSSIBLE, MM_LOGS_STEP_TIME_IMPOSSIBLE },
	};

	for (size_t i = 0; i < MM_COUNT_OF(rows); i++)
		if (notes & rows[i].note)
			mm_logs_count(reader, rows[i].step);
}

static void
set_time(struct mm_logs_reader *reader, struct mm_slice text, struct mm_logs_event *event)
{
	unsigned notes;

	if (event->time_us != MM_LOGS_NO_TIME || !mm_moment_parse(text, reader->file_us, &event->time_us, &notes))
		return;
	mm_logs_set_moment(reader, event->time_us, notes, event);
}

void
mm_logs_set_moment(struct mm_logs_reader *reader, int64_t time_us, unsigned notes, struct mm_logs_event *event)
{
	event->time_us = time_us;
	if (notes & MM_MOMENT_NO_ZONE)
		event->flags |= MM_LOGS_TIME_NO_ZONE;
	if (notes & (MM_MOMENT_IMPOSSIBLE | MM_MOMENT_AMBIGUOUS))
		event->flags |= MM_LOGS_TIME_DOUBTFUL;
	count_moment(reader, notes);
}

/* A token's time of issue without a zone is UTC as well, but not counted again: it is not the record's. */
static void
set_issued(struct mm_logs_reader *reader, struct mm_slice text, struct mm_logs_event *event)
{
	unsigned notes;

	if (event->issued_us == MM_LOGS_NO_TIME &&
	    !mm_moment_parse(text, reader->file_us, &event->issued_us, &notes))
		event->issued_us = MM_LOGS_NO_TIME;
}

static void
set_number(struct mm_slice text, uint32_t *number)
{
	struct mm_json_value value = { .text = text, .type = MM_JSON_NUMBER };
	int64_t read;

	if (*number == 0 && mm_walk_integer(value, &read) && read > 0)
		*number = read > UINT32_MAX ? UINT32_MAX : (uint32_t)read;
}

static void
set_flag(struct mm_slice text, enum mm_logs_flag flag, struct mm_logs_event *event)
{
	struct mm_json_value value = { .text = text, .type = MM_JSON_STRING };
	bool truth;

	if (mm_walk_truth(value, &truth) && truth)
		event->flags |= (uint16_t)flag;
}

/* Exchange's numbers and words for who opens a mailbox. */
static void
set_logon(struct mm_slice text, struct mm_logs_event *event)
{
	static const struct {
		const char *text;
		enum mm_logs_logon logon;
	} rows[] = {
		{ "0", MM_LOGS_OWNER }, { "1", MM_LOGS_ADMIN }, { "2", MM_LOGS_DELEGATE },
		{ "Owner", MM_LOGS_OWNER }, { "Admin", MM_LOGS_ADMIN }, { "Delegated", MM_LOGS_DELEGATE },
		{ "Delegate", MM_LOGS_DELEGATE }, { "DelegatedAdmin", MM_LOGS_ADMIN }, { "6", MM_LOGS_ADMIN },
	};

	if (event->logon != MM_LOGS_LOGON_UNKNOWN)
		return;
	event->logon = MM_LOGS_LOGON_OTHER;
	for (size_t i = 0; i < MM_COUNT_OF(rows); i++)
		if (mm_logs_is_word(text, rows[i].text))
			event->logon = (uint8_t)rows[i].logon;
}

static void
set_client_info(struct mm_logs_reader *reader, struct mm_slice text, struct mm_logs_event *event)
{
	char family[64];

	if (event->client_info != 0)
		return;
	event->client_info = mm_names_add(reader->names, text);
	event->client_family = mm_names_add(reader->names,
	    mm_slice(family, mm_logs_client_family(text, family, sizeof(family))));
}

/* The end of a sentence and blanks, which one export writes and another does not. */
static struct mm_slice
without_full_stop(struct mm_slice text)
{
	while (text.len > 0 && (text.ptr[text.len - 1] == '.' || is_blank(text.ptr[text.len - 1])))
		text.len--;
	return text;
}

/* Roles whose fields are names: how it is written, and where. */
static bool
set_named(struct mm_logs_reader *reader, enum mm_logs_role role, struct mm_slice text, struct mm_logs_event *event)
{
	switch (role) {
	case MM_ROLE_OPERATION: set_name(reader, without_full_stop(text), &event->operation); break;
	case MM_ROLE_TENANT: set_lower(reader, text, &event->tenant); break;
	case MM_ROLE_ORGANISATION: set_lower(reader, text, &event->organisation); break;
	case MM_ROLE_USER: set_lower(reader, text, &event->user); break;
	case MM_ROLE_USER_KEY: set_lower(reader, text, &event->user_key); break;
	case MM_ROLE_MAILBOX: set_lower(reader, text, &event->mailbox); break;
	case MM_ROLE_MAILBOX_ID: set_lower(reader, text, &event->mailbox_id); break;
	case MM_ROLE_CLIENT: set_lower(reader, text, &event->client); break;
	case MM_ROLE_APPLICATION: set_lower(reader, text, &event->application); break;
	case MM_ROLE_API: set_lower(reader, text, &event->api); break;
	case MM_ROLE_APPLICATION_NAME: set_name(reader, text, &event->application_name); break;
	case MM_ROLE_ACTOR: set_name(reader, text, &event->actor); break;
	case MM_ROLE_TOKEN_TENANT: set_lower(reader, text, &event->token_tenant); break;
	case MM_ROLE_TOKEN_USER: set_lower(reader, text, &event->token_user); break;
	case MM_ROLE_RESOURCE: set_lower(reader, text, &event->resource); break;
	case MM_ROLE_HOME_TENANT: set_lower(reader, text, &event->home_tenant); break;
	case MM_ROLE_TOKEN_ISSUER: set_name(reader, text, &event->token_issuer); break;
	case MM_ROLE_PROTOCOL: set_lower(reader, text, &event->protocol); break;
	case MM_ROLE_METHOD: set_name(reader, text, &event->method); break;
	case MM_ROLE_TARGET: set_name(reader, text, &event->target); break;
	case MM_ROLE_TARGET_ID: set_lower(reader, text, &event->target_id); break;
	default: return false;
	}
	return true;
}

void
mm_logs_set(struct mm_logs_reader *reader, enum mm_logs_role role, struct mm_slice text, struct mm_logs_event *event)
{
	if (!mm_slice_present(text) || set_named(reader, role, text, event))
		return;
	switch (role) {
	case MM_ROLE_TIME: set_time(reader, text, event); break;
	case MM_ROLE_ISSUED: set_issued(reader, text, event); break;
	case MM_ROLE_RECORD: set_record(reader, text, event); break;
	case MM_ROLE_CLIENT_INFO: set_client_info(reader, text, event); break;
	case MM_ROLE_TOKEN: set_id(reader, text, true, &event->token); break;
	case MM_ROLE_TOKEN_OF_REQUEST:
		if (event->token.kind != MM_LOGS_NO_ID)
			break;
		set_id(reader, text, true, &event->token);
		event->flags |= MM_LOGS_TOKEN_DERIVED;
		mm_logs_count(reader, MM_LOGS_STEP_TOKEN_FROM_REQUEST);
		break;
	case MM_ROLE_SESSION: set_id(reader, text, false, &event->session); break;
	case MM_ROLE_CORRELATION: set_id(reader, text, false, &event->correlation); break;
	case MM_ROLE_ADDRESS: set_address(reader, text, event); break;
	case MM_ROLE_COUNT: set_number(text, &event->count); break;
	case MM_ROLE_ERROR: set_number(text, &event->error); break;
	case MM_ROLE_LOGON: set_logon(text, event); break;
	case MM_ROLE_EXTERNAL: set_flag(text, MM_LOGS_EXTERNAL, event); break;
	case MM_ROLE_THROTTLED: set_flag(text, MM_LOGS_THROTTLED, event); break;
	default: break;
	}
}

/* Fields that events of kind MM_LOGS_OTHER have in any case. */
static bool
is_of_all(enum mm_logs_role role)
{
	return role == MM_ROLE_TIME || role == MM_ROLE_RECORD || role == MM_ROLE_TENANT || role == MM_ROLE_OPERATION;
}

/* Count it where it says what nothing else has said. */
static void
set_moved(struct mm_logs_reader *reader, enum mm_logs_role role, struct mm_slice text, struct mm_logs_event *event)
{
	struct mm_logs_event before = *event;

	mm_logs_set(reader, role, text, event);
	if (memcmp(&before, event, sizeof(before)) != 0)
		mm_logs_count(reader, MM_LOGS_STEP_MOVED);
}

void
mm_logs_set_all(struct mm_logs_reader *reader, const struct mm_logs_member *members, size_t count,
    const struct mm_json_value *values, struct mm_logs_event *event)
{
	bool all = event->kind != MM_LOGS_OTHER || reader->keep_other;

	for (size_t i = 0; i < count; i++) {
		struct mm_slice text;

		if (members[i].role == MM_ROLE_OWN || values[i].type == MM_JSON_ABSENT ||
		    (!all && !is_of_all(members[i].role)))
			continue;
		text = mm_logs_text(reader, values[i]);
		if (mm_slice_present(text) && members[i].moved)
			set_moved(reader, members[i].role, text, event);
		else
			mm_logs_set(reader, members[i].role, text, event);
	}
}

void
mm_logs_set_nested(struct mm_logs_reader *reader, const struct mm_logs_member *members, size_t count,
    struct mm_json_value value, struct mm_logs_event *event)
{
	struct mm_json_value object, member;
	struct mm_slice name;
	size_t position = 0;

	if (mm_logs_nested(reader, value, &object) != MM_WALK_WHOLE)
		reader->tally->troubles[MM_LOGS_TROUBLE_NESTED_BROKEN]++;
	while (mm_walk_next_member(object, &position, &name, &member))
		for (size_t i = 0; i < count; i++)
			if (mm_logs_is_called(name, members[i].name))
				mm_logs_set_all(reader, &members[i], 1, &member, event);
}

/* ---- settling ---- */

/* An application id in the text of the client: "[AppId=47629505-c2b6-4a80-adb1-9b3a3d233b7b]". */
static void
settle_client(struct mm_logs_reader *reader, struct mm_logs_event *event)
{
	struct mm_slice id;

	if (event->client != 0 || event->client_info == 0)
		return;
	id = behind(mm_names_text(reader->names, event->client_info), "[AppId=");
	if (id.len != 36 || is_zero_guid(id))
		return;
	set_lower(reader, id, &event->client);
	mm_logs_count(reader, MM_LOGS_STEP_CLIENT_FROM_INFO);
}

static void
settle_mailbox(struct mm_logs_reader *reader, struct mm_logs_event *event)
{
	bool of_mail = event->kind == MM_LOGS_MAIL_ACCESS || event->kind == MM_LOGS_MAIL_ACTION;

	if (!of_mail || event->mailbox != 0 || event->mailbox_id != 0 || event->user == 0)
		return;
	event->mailbox = event->user;
	mm_logs_count(reader, MM_LOGS_STEP_MAILBOX_FROM_USER);
}

static void
settle_time(struct mm_logs_reader *reader, struct mm_logs_event *event)
{
	if (event->time_us == MM_LOGS_NO_TIME) {
		mm_logs_count(reader, MM_LOGS_STEP_TIME_MISSING);
		return;
	}
	if (event->time_us > reader->now_us + DAY_US) {
		event->flags |= MM_LOGS_TIME_FUTURE;
		mm_logs_count(reader, MM_LOGS_STEP_TIME_FUTURE);
	}
	if (event->time_us < MM_LOGS_EARLIEST_US) {
		event->flags |= MM_LOGS_TIME_DOUBTFUL;
		mm_logs_count(reader, MM_LOGS_STEP_TIME_EARLY);
	}
}

void
mm_logs_settle(struct mm_logs_reader *reader, struct mm_logs_event *event)
{
	settle_time(reader, event);
	if (!mm_slice_present(reader->record_id))
		mm_logs_count(reader, MM_LOGS_STEP_NO_ID);
	settle_client(reader, event);
	settle_mailbox(reader, event);
}
