/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is asked about a token: revocation (RFC 7009), introspection (RFC 7662), userinfo (OpenID Connect Core 1.0
 * section 5.3).
 */
#include "daemon/http/credentials.h"
#include "daemon/issuer/error.h"
#include "daemon/issuer/issuer.h"
#include "daemon/issuer/route.h"
#include "engine/json_writer.h"
#include "lib/codec/base64url.h"

/* ---- revocation and introspection ---- */

static uint16_t
hint_of(struct mm_slice hint)
{
	if (mm_slice_equal(hint, mm_slice_str("access_token")))
		return MM_HINT_ACCESS_TOKEN;
	return mm_slice_equal(hint, mm_slice_str("refresh_token")) ? MM_HINT_REFRESH_TOKEN : MM_HINT_NONE;
}

static enum issuer_turn
ask_about_token(struct issuer_exchange *exchange, struct mm_http_answer *answer, enum mm_sign_in_request request,
    issuer_handler *after)
{
	struct mm_http_field authorization = issuer_exchange_field(exchange, MHD_HTTP_HEADER_AUTHORIZATION);
	struct issuer_fault fault = issuer_check_form(exchange, issuer_exchange_read_form(exchange));
	struct mm_verify verify;

	if (fault.status != MM_SIGN_IN_OK)
		return issuer_error_fault(exchange, answer, fault);
	issuer_exchange_begin(exchange, request, &verify);
	fault = issuer_client_read(authorization.value, authorization.count, &exchange->parameters, &verify);
	verify.token = issuer_exchange_parameter(exchange, ISSUER_P_TOKEN);
	verify.ask.token_hint.hint = hint_of(issuer_exchange_parameter(exchange, ISSUER_P_TOKEN_TYPE_HINT));
	if (fault.status == MM_SIGN_IN_OK && !mm_slice_present(verify.token))
		fault = (struct issuer_fault){ MM_SIGN_IN_INVALID_REQUEST, "token is missing" };
	/* Longer than any of ours: as unknown as another that is not ours, once the client is known. */
	if (verify.token.len > MM_SIGN_IN_TOKEN_LEN_MAX)
		verify.token = mm_slice(verify.token.ptr, MM_SIGN_IN_TOKEN_LEN_MAX);
	if (fault.status != MM_SIGN_IN_OK)
		return issuer_error_fault(exchange, answer, fault);
	return issuer_exchange_ask(exchange, answer, &verify, after);
}

static enum issuer_turn
answer_revoked(struct issuer_exchange *exchange, struct mm_http_answer *answer)
{
	if (issuer_exchange_verified(exchange)->status != MM_SIGN_IN_OK)
		return issuer_error_verified(exchange, answer);
	answer->status = MHD_HTTP_OK;
	return ISSUER_ANSWERED;
}

enum issuer_turn
issuer_revoke(struct issuer_exchange *exchange, struct mm_http_answer *answer)
{
	return ask_about_token(exchange, answer, MM_ASK_REVOKE, answer_revoked);
}

/* A text that is there. */
#define add_text(writer, name, text)                                             \
	do {                                                                     \
		if ((text)->len > 0)                                             \
			mm_json_add_slice((writer), (name), mm_mint_text_get(text)); \
	} while (0)

static void
write_confirmation(const struct mm_verified *verified, struct mm_json_writer *writer)
{
	char thumbprint[MM_BASE64URL_ENCODED_LEN(MM_DIGEST_LEN)];

	if (verified->sender_key == MM_SENDER_NONE)
		return;
	mm_base64url_encode(mm_slice(verified->sender_thumbprint, MM_DIGEST_LEN), thumbprint);
	mm_json_begin_object(writer, "cnf");
	mm_json_add_slice(writer, verified->sender_key == MM_SENDER_DPOP ? "jkt" : "x5t#S256",
	    mm_slice(thumbprint, sizeof(thumbprint)));
	mm_json_end_object(writer);
}

static void
write_active(const struct issuer_exchange *exchange, const struct mm_verified *verified,
    struct mm_json_writer *writer)
{
	const struct issuer_realm *realm = &exchange->issuer->realm;
	struct mm_buf address;

	mm_buf_init(&address, 2 * MM_MINT_ISSUER_LEN_MAX);
	issuer_realm_add_address(realm,
	    verified->tenant.len > 0 ? mm_mint_text_get(&verified->tenant) : exchange->tenant, &address);
	add_text(writer, "scope", &verified->scope);
	add_text(writer, "client_id", &verified->client_id);
	add_text(writer, "username", &verified->username);
	if (!verified->is_refresh)
		mm_json_add_str(writer, "token_type", verified->sender_key == MM_SENDER_DPOP ? "DPoP" : "Bearer");
	mm_json_add_int(writer, "exp", verified->exp_s);
	mm_json_add_int(writer, "iat", verified->iat_s);
	add_text(writer, "sub", &verified->subject);
	add_text(writer, "aud", &verified->audience);
	if (mm_buf_ok(&address))
		mm_json_add_slice(writer, "iss", mm_slice(address.data, address.len));
	add_text(writer, "jti", &verified->token_id);
	add_text(writer, "tid", &verified->tenant);
	add_text(writer, "sid", &verified->session);
	write_confirmation(verified, writer);
	mm_buf_clear(&address);
}

/* RFC 7662 section 2.2: of a token that is not active nothing else is told. */
static enum issuer_turn
answer_introspection(struct issuer_exchange *exchange, struct mm_http_answer *answer)
{
	const struct mm_verified *verified = issuer_exchange_verified(exchange);
	struct mm_json_writer writer;

	if (verified->status != MM_SIGN_IN_OK)
		return issuer_error_verified(exchange, answer);
	answer->status = MHD_HTTP_OK;
	answer->content_type = "application/json";
	mm_json_writer_init(&writer, &answer->body);
	mm_json_begin_object(&writer, NULL);
	mm_json_add_bool(&writer, "active", verified->active);
	if (verified->active)
		write_active(exchange, verified, &writer);
	mm_json_end_object(&writer);
	return ISSUER_ANSWERED;
}

enum issuer_turn
issuer_introspect(struct issuer_exchange *exchange, struct mm_http_answer *answer)
{
	return ask_about_token(exchange, answer, MM_ASK_INTROSPECT, answer_introspection);
}

/* ---- userinfo ---- */

/* RFC 6750 section 3: without a token there is no error in the challenge. */
static enum issuer_turn
answer_challenge(const struct issuer_exchange *exchange, struct mm_http_answer *answer, unsigned status,
    const char *error)
{
	struct mm_slice realm = mm_slice_str(exchange->issuer->realm.name);

	answer->status = status;
	if (exchange->as_dpop)
		mm_http_answer_add_dpop_challenge(answer, realm, error, NULL);
	else
		mm_http_answer_add_challenge(answer, realm, error, NULL);
	return ISSUER_ANSWERED;
}

/* OpenID Connect Core 1.0 section 5.1. The user's name is his mailbox, which an operator gave him. */
static void
add_mailbox(struct mm_json_writer *writer, const struct mm_verified *verified)
{
	add_text(writer, "preferred_username", &verified->username);
	if (verified->username.len == 0 || !issuer_list_has(mm_mint_text_get(&verified->scope), "email"))
		return;
	add_text(writer, "email", &verified->username);
	mm_json_add_bool(writer, "email_verified", true);
}

static enum issuer_turn
answer_userinfo(struct issuer_exchange *exchange, struct mm_http_answer *answer)
{
	const struct mm_verified *verified = issuer_exchange_verified(exchange);
	unsigned status = mm_sign_in_status_http((enum mm_sign_in_status)verified->status);
	struct mm_json_writer writer;

	if (verified->status == MM_SIGN_IN_INVALID_DPOP_PROOF || verified->status == MM_SIGN_IN_USE_DPOP_NONCE)
		status = MHD_HTTP_UNAUTHORIZED; /* RFC 9449 sections 7.1 and 9 */
	if (status == MHD_HTTP_SERVICE_UNAVAILABLE || status == MHD_HTTP_INTERNAL_SERVER_ERROR)
		return issuer_error_verified(exchange, answer);
	if (verified->status != MM_SIGN_IN_OK)
		return answer_challenge(exchange, answer, status,
		    mm_sign_in_status_error((enum mm_sign_in_status)verified->status));
	answer->status = MHD_HTTP_OK;
	answer->content_type = "application/json";
	mm_json_writer_init(&writer, &answer->body);
	mm_json_begin_object(&writer, NULL);
	add_text(&writer, "sub", &verified->subject);
	add_text(&writer, "tid", &verified->tenant);
	add_mailbox(&writer, verified);
	add_text(&writer, "name", &verified->name);
	mm_json_end_object(&writer);
	return ISSUER_ANSWERED;
}

/*
 * The token in the field Authorization alone (RFC 6750 section 2.1, RFC 9449 section 7.1): in a body or an address it
 * would end up in logs.
 */
enum issuer_turn
issuer_userinfo(struct issuer_exchange *exchange, struct mm_http_answer *answer)
{
	struct mm_http_field field = issuer_exchange_field(exchange, MHD_HTTP_HEADER_AUTHORIZATION);
	struct mm_slice bearer = mm_http_credentials_find(field.value, "Bearer");
	struct mm_slice bound = mm_http_credentials_find(field.value, "DPoP");
	struct mm_verify verify;

	exchange->as_dpop = mm_slice_present(bound);
	if (field.count > 1)
		return answer_challenge(exchange, answer, MHD_HTTP_BAD_REQUEST, "invalid_request");
	if (field.count == 0 || (!mm_slice_present(bearer) && !exchange->as_dpop))
		return answer_challenge(exchange, answer, MHD_HTTP_UNAUTHORIZED, NULL);
	issuer_exchange_begin(exchange, MM_ASK_USERINFO, &verify);
	verify.ask.userinfo.is_dpop = exchange->as_dpop;
	verify.token = exchange->as_dpop ? bound : bearer;
	if (verify.token.len == 0 || verify.token.len > MM_SIGN_IN_TOKEN_LEN_MAX)
		return answer_challenge(exchange, answer, MHD_HTTP_UNAUTHORIZED, "invalid_token");
	return issuer_exchange_ask(exchange, answer, &verify, answer_userinfo);
}
