/* SPDX-License-Identifier: Apache-2.0 */
/*
 * /v1/dovecot-policy/SERVICE: Dovecot's authentication policy calls. Before it asks whether a token is good, Dovecot
 * tells who logs in, from where and by which protocol, and asks whether that may be; it may, always: the token decides.
 */
#include "daemon/gate/exchange.h"
#include "daemon/gate/logins.h"
#include "daemon/gate/route.h"
#include "daemon/http/credentials.h"
#include "lib/base/array.h"
#include "lib/codec/json.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <string.h>
#include <time.h>

/* Dovecot sends a dozen members, and values of one line. */
#define MEMBERS_MAX 32
#define BODY_LEN_MAX 4096

/* What Dovecot calls its services (%s), and Postfix's when it asks through Dovecot. */
static const char *const protocols[] = { "imap", "pop3", "sieve", "submission", "smtp", "lmtp", "http" };

/* A told login, as it comes: the values are borrowed. */
struct told {
	struct mm_slice name, remote, protocol, session; /* absent: not told, or no text */
};

/* The caller, by the one way that Dovecot has. */
static const struct gate_caller *
find_caller(const struct gate_exchange *exchange)
{
	struct mm_http_field field = gate_exchange_field(exchange, MHD_HTTP_HEADER_AUTHORIZATION);

	return field.count == 1 ?
	    gate_exchange_basic_caller(exchange, mm_http_credentials_find(field.value, "Basic")) : NULL;
}

static bool
read_told(struct mm_slice body, struct mm_scratch *scratch, struct told *told)
{
	struct mm_json_names names;
	struct mm_json_member members[MEMBERS_MAX];
	struct mm_json_index index = { members, 0, MEMBERS_MAX };
	const struct {
		const char *name;
		struct mm_slice *value;
	} texts[] = {
		{ "login", &told->name },
		{ "remote", &told->remote },
		{ "protocol", &told->protocol },
		{ "session_id", &told->session },
	};

	*told = (struct told){ MM_SLICE_ABSENT, MM_SLICE_ABSENT, MM_SLICE_ABSENT, MM_SLICE_ABSENT };
	if (body.len > BODY_LEN_MAX || mm_json_scan(body, &names, &index, NULL) != MM_OK)
		return false;
	for (size_t i = 0; i < MM_COUNT_OF(texts); i++)
		if (!mm_json_string(mm_json_find(&index, texts[i].name), scratch, texts[i].value))
			*texts[i].value = MM_SLICE_ABSENT;
	return mm_slice_present(told->name);
}

/* An address as the journal writes all of them. */
static bool
set_source(struct gate_login *login, struct mm_slice remote)
{
	struct in6_addr address;
	char text[INET6_ADDRSTRLEN];
	int family = AF_INET;

	if (remote.len == 0 || remote.len >= sizeof(text))
		return false;
	memcpy(text, remote.ptr, remote.len);
	text[remote.len] = '\0';
	if (inet_pton(family, text, &address) != 1) {
		family = AF_INET6;
		if (inet_pton(family, text, &address) != 1)
			return false;
	}
	return inet_ntop(family, &address, login->source, sizeof(login->source)) != NULL;
}

/* In the journal it says that address and session are a caller's word, so it must be none of the gate's own. */
static bool
set_protocol(struct gate_login *login, struct mm_slice protocol)
{
	for (size_t i = 0; i < MM_COUNT_OF(protocols); i++)
		if (mm_slice_equal(protocol, mm_slice_str(protocols[i])))
			login->protocol = protocols[i];
	return login->protocol != NULL;
}

static void
set_session(struct gate_login *login, struct mm_slice session)
{
	if (!mm_slice_present(session) || session.len > GATE_LOGIN_SESSION_LEN_MAX)
		return;
	for (size_t i = 0; i < session.len; i++)
		if (session.ptr[i] <= ' ' || session.ptr[i] > '~')
			return;
	memcpy(login->session, session.ptr, session.len);
}

/* "allow" comes before the token is asked about; "report", behind it, tells nothing new. */
static bool
comes_before(const struct gate_exchange *exchange)
{
	const char *command = MHD_lookup_connection_value(exchange->connection, MHD_GET_ARGUMENT_KIND, "command");

	return command != NULL && strcmp(command, "allow") == 0;
}

/* What cannot be read, or is not of the form that such a value has, is not kept. */
static void
note_login(const struct gate_exchange *exchange)
{
	char room[BODY_LEN_MAX];
	struct mm_scratch scratch;
	struct gate_login login = { .protocol = NULL };
	struct told told;

	mm_scratch_init(&scratch, room, sizeof(room));
	if (!read_told(mm_slice(exchange->body.bytes.data, exchange->body.bytes.len), &scratch, &told) ||
	    !set_source(&login, told.remote) || !set_protocol(&login, told.protocol))
		return;
	set_session(&login, told.session);
	gate_logins_note(exchange->gate->logins, &(const struct gate_login_key){ exchange->service->name,
	    mm_slice_str(exchange->caller->name), told.name }, &login, time(NULL));
}

void
gate_dovecot_policy(struct gate_exchange *exchange, struct mm_http_answer *answer)
{
	exchange->caller = find_caller(exchange);
	if (exchange->caller == NULL) {
		gate_exchange_count_refused_caller(exchange);
		mm_http_answer_refuse_caller(answer, exchange->service->name);
		return;
	}
	if (comes_before(exchange))
		note_login(exchange);
	answer->status = MHD_HTTP_OK;
	answer->content_type = "application/json";
	/* 0 of all statuses is the one that lets Dovecot go on. */
	mm_buf_add_str(&answer->body, "{\"status\":0,\"msg\":\"\"}");
}
