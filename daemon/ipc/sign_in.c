/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing, reading and checking what issuer and verifier say to each other. What each structure has in it that must be
 * checked is a table: one row a field.
 */
#include "daemon/ipc/sign_in.h"

#include "lib/base/array.h"

#include <string.h>

enum field_kind {
	FIELD_TEXT, /* a length of two bytes, and that many of max bytes; zero behind them */
	FIELD_ZERO, /* max bytes, all zero */
	FIELD_BYTE, /* a byte from 0 to max */
	FIELD_PAIR, /* a number of two bytes from 0 to max */
};

struct field {
	size_t at;
	enum field_kind kind;
	size_t max;
};

struct structure {
	size_t size;
	const struct field *fields;
	size_t count;
};

#define SIZE_OF(type, member) sizeof(((struct type *)NULL)->member)
#define TEXT(type, member) { offsetof(struct type, member), FIELD_TEXT, SIZE_OF(type, member.bytes) }
#define ZERO(type, member) { offsetof(struct type, member), FIELD_ZERO, SIZE_OF(type, member) }
#define BYTE(type, member, max) { offsetof(struct type, member), FIELD_BYTE, (max) }
#define PAIR(type, member, max) { offsetof(struct type, member), FIELD_PAIR, (max) }
#define FLAG(type, member) BYTE(type, member, 1)

static const struct field head_fields[] = {
	PAIR(mm_verify_head, request, MM_SIGN_IN_REQUEST_COUNT - 1),
	PAIR(mm_verify_head, client_method, MM_CLIENT_ASSERTION),
	PAIR(mm_verify_head, assertion_len, MM_ASSERTION_LEN_MAX),
	PAIR(mm_verify_head, proof_len, MM_SIGN_IN_PROOF_LEN_MAX),
	PAIR(mm_verify_head, token_len, MM_SIGN_IN_TOKEN_LEN_MAX),
	ZERO(mm_verify_head, zero),
	BYTE(mm_verify_head, proof_count, 2),
	FLAG(mm_verify_head, is_get),
	FLAG(mm_verify_head, has_certificate),
	FLAG(mm_verify_head, certificate_trusted),
	TEXT(mm_verify_head, tenant),
	TEXT(mm_verify_head, client_id),
	TEXT(mm_verify_head, secret),
	TEXT(mm_verify_head, certificate_subject),
	ZERO(mm_verify_head, padding),
};

#define AUTHORIZE_FIELDS(type, in)                          \
	FLAG(type, in.response_type_code),                  \
	BYTE(type, in.challenge_method, MM_CHALLENGE_OTHER), \
	FLAG(type, in.has_redirect_uri),                    \
	FLAG(type, in.has_scope),                           \
	FLAG(type, in.has_resource),                        \
	FLAG(type, in.has_dpop_jkt),                        \
	FLAG(type, in.has_nonce),                           \
	ZERO(type, in.zero),                                \
	TEXT(type, in.redirect_uri),                        \
	TEXT(type, in.scope),                               \
	TEXT(type, in.resource),                            \
	TEXT(type, in.nonce),                               \
	TEXT(type, in.code_challenge),                      \
	ZERO(type, in.padding)

static const struct field mm_ask_authorize_fields[] = {
	AUTHORIZE_FIELDS(mm_ask_authorize, authorize),
	FLAG(mm_ask_authorize, consent),
	ZERO(mm_ask_authorize, zero),
	TEXT(mm_ask_authorize, cookie),
};

static const struct field mm_ask_sign_in_fields[] = {
	AUTHORIZE_FIELDS(mm_ask_sign_in, authorize),
	FLAG(mm_ask_sign_in, for_authorize),
	ZERO(mm_ask_sign_in, zero),
	TEXT(mm_ask_sign_in, username),
	TEXT(mm_ask_sign_in, password),
	TEXT(mm_ask_sign_in, cookie),
	TEXT(mm_ask_sign_in, device),
};

static const struct field mm_ask_session_fields[] = {
	TEXT(mm_ask_session, cookie),
};

static const struct field mm_ask_sign_out_fields[] = {
	TEXT(mm_ask_sign_out, cookie),
	TEXT(mm_ask_sign_out, redirect_uri),
};

static const struct field mm_ask_code_fields[] = {
	FLAG(mm_ask_code, has_redirect_uri),
	FLAG(mm_ask_code, has_resource),
	FLAG(mm_ask_code, has_verifier),
	ZERO(mm_ask_code, zero),
	TEXT(mm_ask_code, code),
	TEXT(mm_ask_code, verifier),
	TEXT(mm_ask_code, redirect_uri),
	TEXT(mm_ask_code, resource),
};

static const struct field mm_ask_refresh_fields[] = {
	FLAG(mm_ask_refresh, has_scope),
	FLAG(mm_ask_refresh, has_resource),
	TEXT(mm_ask_refresh, refresh_token),
	TEXT(mm_ask_refresh, scope),
	TEXT(mm_ask_refresh, resource),
};

static const struct field mm_ask_client_credentials_fields[] = {
	FLAG(mm_ask_client_credentials, has_scope),
	FLAG(mm_ask_client_credentials, has_resource),
	TEXT(mm_ask_client_credentials, scope),
	TEXT(mm_ask_client_credentials, resource),
};

static const struct field mm_ask_device_start_fields[] = {
	FLAG(mm_ask_device_start, has_scope),
	FLAG(mm_ask_device_start, has_resource),
	TEXT(mm_ask_device_start, scope),
	TEXT(mm_ask_device_start, resource),
};

static const struct field mm_ask_device_user_fields[] = {
	BYTE(mm_ask_device_user, decision, MM_DEVICE_DENY),
	ZERO(mm_ask_device_user, zero),
	TEXT(mm_ask_device_user, cookie),
	TEXT(mm_ask_device_user, user_code),
};

static const struct field mm_ask_device_poll_fields[] = {
	FLAG(mm_ask_device_poll, has_resource),
	ZERO(mm_ask_device_poll, zero),
	TEXT(mm_ask_device_poll, device_code),
	TEXT(mm_ask_device_poll, resource),
};

static const struct field mm_ask_exchange_fields[] = {
	BYTE(mm_ask_exchange, subject_type, MM_EXCHANGE_OTHER),
	BYTE(mm_ask_exchange, requested_type, MM_EXCHANGE_OTHER),
	FLAG(mm_ask_exchange, has_actor),
	FLAG(mm_ask_exchange, has_scope),
	FLAG(mm_ask_exchange, has_target),
	ZERO(mm_ask_exchange, zero),
	TEXT(mm_ask_exchange, scope),
	TEXT(mm_ask_exchange, target),
};

static const struct field mm_ask_token_hint_fields[] = {
	PAIR(mm_ask_token_hint, hint, MM_HINT_REFRESH_TOKEN),
};

static const struct field mm_ask_userinfo_fields[] = {
	FLAG(mm_ask_userinfo, is_dpop),
	ZERO(mm_ask_userinfo, zero),
};

static const struct field verified_fields[] = {
	PAIR(mm_verified, status, MM_SIGN_IN_STATUS_COUNT - 1),
	FLAG(mm_verified, may_redirect),
	FLAG(mm_verified, has_access),
	FLAG(mm_verified, has_identity),
	BYTE(mm_verified, sender_key, MM_SENDER_MTLS),
	FLAG(mm_verified, signed_in),
	FLAG(mm_verified, consent),
	FLAG(mm_verified, active),
	FLAG(mm_verified, is_refresh),
	FLAG(mm_verified, done),
	FLAG(mm_verified, cannot_record),
	ZERO(mm_verified, zero2),
	TEXT(mm_verified, description),
	TEXT(mm_verified, client_id),
	TEXT(mm_verified, client_name),
	TEXT(mm_verified, tenant),
	TEXT(mm_verified, subject),
	TEXT(mm_verified, session),
	TEXT(mm_verified, username),
	TEXT(mm_verified, name),
	TEXT(mm_verified, scope),
	TEXT(mm_verified, audience),
	TEXT(mm_verified, token_id),
	TEXT(mm_verified, code),
	TEXT(mm_verified, cookie),
	TEXT(mm_verified, device),
	TEXT(mm_verified, refresh_token),
	TEXT(mm_verified, device_code),
	TEXT(mm_verified, user_code),
	ZERO(mm_verified, padding),
};

static const struct structure head_structure = {
	sizeof(struct mm_verify_head), head_fields, MM_COUNT_OF(head_fields),
};

static const struct structure verified_structure = {
	sizeof(struct mm_verified), verified_fields, MM_COUNT_OF(verified_fields),
};

static const struct {
	struct structure structure;
	const char *path;
	bool authenticates;
} requests[MM_SIGN_IN_REQUEST_COUNT] = {
	[MM_SIGN_IN_NOTHING] = { { 0, NULL, 0 }, "", false },
#define MM_SIGN_IN_REQUEST(name, structure, path, authenticates)                                                      \
	[MM_ASK_##name] = {                                                                                           \
		{ sizeof(struct structure), structure##_fields, MM_COUNT_OF(structure##_fields) },                    \
		path, authenticates,                                                                                  \
	},
#include "daemon/ipc/sign_in_requests.def"
#undef MM_SIGN_IN_REQUEST
};

#define MM_SIGN_IN_REQUEST(name, structure, path, authenticates)                                                      \
	_Static_assert(sizeof(struct structure) <= SIZE_OF(mm_verify, ask), "has no room: " #structure);
#include "daemon/ipc/sign_in_requests.def"
#undef MM_SIGN_IN_REQUEST

static const struct {
	const char *error;
	unsigned http;
} statuses[MM_SIGN_IN_STATUS_COUNT] = {
#define MM_SIGN_IN_STATUS(name, error, http) [MM_SIGN_IN_##name] = { error, http },
#include "daemon/ipc/sign_in_statuses.def"
#undef MM_SIGN_IN_STATUS
};

const char *
mm_sign_in_request_path(enum mm_sign_in_request request)
{
	return (unsigned)request < MM_SIGN_IN_REQUEST_COUNT ? requests[request].path : "";
}

bool
mm_sign_in_request_authenticates(enum mm_sign_in_request request)
{
	return (unsigned)request < MM_SIGN_IN_REQUEST_COUNT && requests[request].authenticates;
}

const char *
mm_sign_in_status_error(enum mm_sign_in_status status)
{
	return (unsigned)status < MM_SIGN_IN_STATUS_COUNT ? statuses[status].error : "server_error";
}

unsigned
mm_sign_in_status_http(enum mm_sign_in_status status)
{
	return (unsigned)status < MM_SIGN_IN_STATUS_COUNT ? statuses[status].http : 500;
}

/* ---- checking ---- */

static bool
field_good(const struct field *field, const char *bytes)
{
	uint16_t number;

	switch (field->kind) {
	case FIELD_TEXT:
		memcpy(&number, bytes, sizeof(number));
		return mm_mint_text_check(number, bytes + sizeof(number), field->max);
	case FIELD_ZERO:
		return mm_mint_text_check(0, bytes, field->max);
	case FIELD_BYTE:
		return (unsigned char)*bytes <= field->max;
	case FIELD_PAIR:
		memcpy(&number, bytes, sizeof(number));
		return number <= field->max;
	}
	return false;
}

static bool
structure_good(const struct structure *structure, const void *bytes)
{
	for (size_t i = 0; i < structure->count; i++)
		if (!field_good(&structure->fields[i], (const char *)bytes + structure->fields[i].at))
			return false;
	return true;
}

/* ---- requests ---- */

static bool
long_text_fits(struct mm_slice text, size_t max, uint16_t *len)
{
	*len = text.len <= max ? (uint16_t)text.len : 0;
	return text.len <= max;
}

static void
room_add(struct mm_verify_room *room, const void *bytes, size_t len)
{
	if (len > 0)
		memcpy(room->bytes + room->len, bytes, len);
	room->len += len;
}

bool
mm_verify_write(struct mm_verify *verify, struct mm_verify_room *room)
{
	struct mm_verify_head *head = &verify->head;

	room->len = 0;
	if (head->request == MM_SIGN_IN_NOTHING || head->request >= MM_SIGN_IN_REQUEST_COUNT ||
	    !long_text_fits(verify->assertion, MM_ASSERTION_LEN_MAX, &head->assertion_len) ||
	    !long_text_fits(verify->proof, MM_SIGN_IN_PROOF_LEN_MAX, &head->proof_len) ||
	    !long_text_fits(verify->token, MM_SIGN_IN_TOKEN_LEN_MAX, &head->token_len))
		return false;
	room_add(room, head, sizeof(*head));
	room_add(room, &verify->ask, requests[head->request].structure.size);
	room_add(room, verify->assertion.ptr, verify->assertion.len);
	room_add(room, verify->proof.ptr, verify->proof.len);
	room_add(room, verify->token.ptr, verify->token.len);
	return true;
}

#define LONG_TEXTS_MAX (MM_ASSERTION_LEN_MAX + MM_SIGN_IN_PROOF_LEN_MAX + MM_SIGN_IN_TOKEN_LEN_MAX)
_Static_assert(sizeof(struct mm_verify) + LONG_TEXTS_MAX <= MM_VERIFY_LEN_MAX, "a request does not fit into its room");

/* The next len bytes of a payload that is long enough; absent: none. */
static struct mm_slice
take_long(struct mm_slice *rest, size_t len)
{
	struct mm_slice taken = len == 0 ? MM_SLICE_ABSENT : mm_slice(rest->ptr, len);

	*rest = mm_slice(rest->ptr + len, rest->len - len);
	return taken;
}

static bool
read_head(struct mm_slice payload, struct mm_verify_head *head)
{
	if (payload.len < sizeof(*head))
		return false;
	memcpy(head, payload.ptr, sizeof(*head));
	return structure_good(&head_structure, head) && head->number != 0 && head->request != MM_SIGN_IN_NOTHING &&
	    (head->has_certificate ||
	        (!head->certificate_trusted && head->certificate_subject.len == 0)) &&
	    (head->proof_len == 0 || head->proof_count > 0);
}

bool
mm_verify_read(struct mm_slice payload, struct mm_verify *verify)
{
	struct mm_verify_head head;
	const struct structure *structure;
	struct mm_slice rest;

	if (!read_head(payload, &head))
		return false;
	structure = &requests[head.request].structure;
	if (payload.len != sizeof(head) + structure->size + head.assertion_len + head.proof_len + head.token_len)
		return false;
	memset(verify, 0, sizeof(*verify));
	verify->head = head;
	memcpy(&verify->ask, payload.ptr + sizeof(head), structure->size);
	rest = mm_slice(payload.ptr + sizeof(head) + structure->size, payload.len - sizeof(head) - structure->size);
	verify->assertion = take_long(&rest, head.assertion_len);
	verify->proof = take_long(&rest, head.proof_len);
	verify->token = take_long(&rest, head.token_len);
	return structure_good(structure, &verify->ask);
}

/* ---- answers ---- */

bool
mm_verified_read(struct mm_slice payload, struct mm_verified *verified)
{
	if (payload.len != sizeof(*verified))
		return false;
	memcpy(verified, payload.ptr, sizeof(*verified));
	return structure_good(&verified_structure, verified) && verified->number != 0;
}
