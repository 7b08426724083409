/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The token endpoint (RFC 6749 section 3.2) and the device authorization endpoint (RFC 8628 section 3.1).
 */
#include "daemon/issuer/error.h"
#include "daemon/issuer/issuer.h"
#include "daemon/issuer/route.h"
#include "engine/json_writer.h"
#include "lib/base/array.h"

#include <stdio.h>

#define TOO_LONG ((struct issuer_fault){ MM_SIGN_IN_INVALID_REQUEST, "a parameter is too long" })
#define MISSING(name) ((struct issuer_fault){ MM_SIGN_IN_INVALID_REQUEST, name " is missing" })

static bool
has(const struct issuer_exchange *exchange, enum issuer_parameter parameter)
{
	return mm_slice_present(issuer_exchange_parameter(exchange, parameter));
}

/* ---- what each grant asks; a row of grants below each ---- */

/* RFC 6749 section 4.1.3, RFC 7636 section 4.5. A code too long is none of ours. */
static struct issuer_fault
ask_code(const struct issuer_exchange *exchange, struct mm_verify *verify)
{
	struct mm_ask_code *ask = &verify->ask.code;

	if (!has(exchange, ISSUER_P_CODE))
		return MISSING("code");
	if (!issuer_set_text(exchange, ISSUER_P_CODE, &ask->code))
		return (struct issuer_fault){ MM_SIGN_IN_INVALID_GRANT, "the code is not good" };
	ask->has_redirect_uri = has(exchange, ISSUER_P_REDIRECT_URI);
	ask->has_resource = has(exchange, ISSUER_P_RESOURCE);
	ask->has_verifier = has(exchange, ISSUER_P_CODE_VERIFIER);
	if (!issuer_set_text(exchange, ISSUER_P_REDIRECT_URI, &ask->redirect_uri) ||
	    !issuer_set_text(exchange, ISSUER_P_RESOURCE, &ask->resource) ||
	    !issuer_set_text(exchange, ISSUER_P_CODE_VERIFIER, &ask->verifier))
		return TOO_LONG;
	return ISSUER_NO_FAULT;
}

/* RFC 6749 section 6 */
static struct issuer_fault
ask_refresh(const struct issuer_exchange *exchange, struct mm_verify *verify)
{
	struct mm_ask_refresh *ask = &verify->ask.refresh;

	if (!has(exchange, ISSUER_P_REFRESH_TOKEN))
		return MISSING("refresh_token");
	if (!issuer_set_text(exchange, ISSUER_P_REFRESH_TOKEN, &ask->refresh_token))
		return (struct issuer_fault){ MM_SIGN_IN_INVALID_GRANT, "the refresh token is not good" };
	ask->has_scope = has(exchange, ISSUER_P_SCOPE);
	ask->has_resource = has(exchange, ISSUER_P_RESOURCE);
	return issuer_set_text(exchange, ISSUER_P_SCOPE, &ask->scope) &&
	        issuer_set_text(exchange, ISSUER_P_RESOURCE, &ask->resource) ?
	    ISSUER_NO_FAULT :
	    TOO_LONG;
}

/* RFC 6749 section 4.4 */
static struct issuer_fault
ask_client_credentials(const struct issuer_exchange *exchange, struct mm_verify *verify)
{
	struct mm_ask_client_credentials *ask = &verify->ask.client_credentials;

	ask->has_scope = has(exchange, ISSUER_P_SCOPE);
	ask->has_resource = has(exchange, ISSUER_P_RESOURCE);
	return issuer_set_text(exchange, ISSUER_P_SCOPE, &ask->scope) &&
	        issuer_set_text(exchange, ISSUER_P_RESOURCE, &ask->resource) ?
	    ISSUER_NO_FAULT :
	    TOO_LONG;
}

/* RFC 8628 section 3.4 */
static struct issuer_fault
ask_device_poll(const struct issuer_exchange *exchange, struct mm_verify *verify)
{
	struct mm_ask_device_poll *ask = &verify->ask.device_poll;

	if (!has(exchange, ISSUER_P_DEVICE_CODE))
		return MISSING("device_code");
	if (!issuer_set_text(exchange, ISSUER_P_DEVICE_CODE, &ask->device_code))
		return (struct issuer_fault){ MM_SIGN_IN_INVALID_GRANT, "the device code is not good" };
	ask->has_resource = has(exchange, ISSUER_P_RESOURCE);
	return issuer_set_text(exchange, ISSUER_P_RESOURCE, &ask->resource) ? ISSUER_NO_FAULT : TOO_LONG;
}

/* RFC 8693 section 3 */
static uint8_t
exchange_type(struct mm_slice type)
{
	if (!mm_slice_present(type))
		return MM_EXCHANGE_ABSENT;
	if (mm_slice_equal(type, mm_slice_str("urn:ietf:params:oauth:token-type:access_token")))
		return MM_EXCHANGE_ACCESS_TOKEN;
	if (mm_slice_equal(type, mm_slice_str("urn:ietf:params:oauth:token-type:jwt")))
		return MM_EXCHANGE_JWT;
	return MM_EXCHANGE_OTHER;
}

/* RFC 8693 section 2.1. What a token is for is named by 'resource' or by 'audience'; by both where they are equal. */
static struct issuer_fault
ask_exchange(const struct issuer_exchange *exchange, struct mm_verify *verify)
{
	struct mm_ask_exchange *ask = &verify->ask.exchange;
	struct mm_slice resource = issuer_exchange_parameter(exchange, ISSUER_P_RESOURCE);
	struct mm_slice audience = issuer_exchange_parameter(exchange, ISSUER_P_AUDIENCE);
	struct mm_slice target = mm_slice_present(resource) ? resource : audience;

	if (!has(exchange, ISSUER_P_SUBJECT_TOKEN))
		return MISSING("subject_token");
	if (!has(exchange, ISSUER_P_SUBJECT_TOKEN_TYPE))
		return MISSING("subject_token_type");
	if (mm_slice_present(resource) && mm_slice_present(audience) && !mm_slice_equal(resource, audience))
		return (struct issuer_fault){ MM_SIGN_IN_INVALID_TARGET, "a token is for one resource" };
	verify->token = issuer_exchange_parameter(exchange, ISSUER_P_SUBJECT_TOKEN);
	ask->subject_type = exchange_type(issuer_exchange_parameter(exchange, ISSUER_P_SUBJECT_TOKEN_TYPE));
	ask->requested_type = exchange_type(issuer_exchange_parameter(exchange, ISSUER_P_REQUESTED_TOKEN_TYPE));
	ask->has_actor = has(exchange, ISSUER_P_ACTOR_TOKEN);
	ask->has_scope = has(exchange, ISSUER_P_SCOPE);
	ask->has_target = mm_slice_present(target);
	if (verify->token.len > MM_SIGN_IN_TOKEN_LEN_MAX || !issuer_set_text(exchange, ISSUER_P_SCOPE, &ask->scope) ||
	    (mm_slice_present(target) && !mm_mint_text_set(&ask->target, target)))
		return TOO_LONG;
	return ISSUER_NO_FAULT;
}

static const struct grant {
	const char *type;
	enum mm_sign_in_request request;
	struct issuer_fault (*ask)(const struct issuer_exchange *exchange, struct mm_verify *verify);
} grants[] = {
	{ "authorization_code", MM_ASK_CODE, ask_code },
	{ "refresh_token", MM_ASK_REFRESH, ask_refresh },
	{ "client_credentials", MM_ASK_CLIENT_CREDENTIALS, ask_client_credentials },
	{ "urn:ietf:params:oauth:grant-type:device_code", MM_ASK_DEVICE_POLL, ask_device_poll },
	{ "urn:ietf:params:oauth:grant-type:token-exchange", MM_ASK_EXCHANGE, ask_exchange },
};

static const struct grant *
find_grant(struct mm_slice type)
{
	for (size_t i = 0; i < MM_COUNT_OF(grants); i++)
		if (mm_slice_equal(type, mm_slice_str(grants[i].type)))
			return &grants[i];
	return NULL;
}

/* ---- the answer (RFC 6749 section 5.1, RFC 8693 section 2.2.1) ---- */

static enum issuer_turn
answer_tokens(struct issuer_exchange *exchange, struct mm_http_answer *answer)
{
	const struct mm_verified *verified = issuer_exchange_verified(exchange);
	const char *access = exchange->question->tokens[ISSUER_TOKEN_ACCESS];
	const char *identity = exchange->question->tokens[ISSUER_TOKEN_IDENTITY];
	const struct grant *grant = find_grant(issuer_exchange_parameter(exchange, ISSUER_P_GRANT_TYPE));
	struct mm_json_writer writer;

	if (verified->status != MM_SIGN_IN_OK)
		return issuer_error_verified(exchange, answer);
	if (access == NULL || grant == NULL) {
		issuer_error_answer(exchange, answer, MM_SIGN_IN_SERVER_ERROR, mm_slice_str("there is no token"));
		return ISSUER_ANSWERED;
	}
	answer->status = MHD_HTTP_OK;
	answer->content_type = "application/json";
	mm_http_answer_add_header(answer, "Pragma", "no-cache");
	mm_json_writer_init(&writer, &answer->body);
	mm_json_begin_object(&writer, NULL);
	mm_json_add_str(&writer, "access_token", access);
	if (grant->request == MM_ASK_EXCHANGE)
		mm_json_add_str(&writer, "issued_token_type", "urn:ietf:params:oauth:token-type:access_token");
	mm_json_add_str(&writer, "token_type", verified->sender_key == MM_SENDER_DPOP ? "DPoP" : "Bearer");
	mm_json_add_int(&writer, "expires_in", verified->expires_in_s);
	if (verified->scope.len > 0)
		mm_json_add_slice(&writer, "scope", mm_mint_text_get(&verified->scope));
	if (verified->refresh_token.len > 0)
		mm_json_add_slice(&writer, "refresh_token", mm_mint_text_get(&verified->refresh_token));
	mm_json_add_str(&writer, "id_token", identity);
	mm_json_end_object(&writer);
	return ISSUER_ANSWERED;
}

enum issuer_turn
issuer_token_endpoint(struct issuer_exchange *exchange, struct mm_http_answer *answer)
{
	struct mm_http_field authorization = issuer_exchange_field(exchange, MHD_HTTP_HEADER_AUTHORIZATION);
	struct issuer_fault fault = issuer_check_form(exchange, issuer_exchange_read_form(exchange));
	const struct grant *grant = find_grant(issuer_exchange_parameter(exchange, ISSUER_P_GRANT_TYPE));
	struct mm_verify verify;

	if (fault.status == MM_SIGN_IN_OK && !has(exchange, ISSUER_P_GRANT_TYPE))
		fault = MISSING("grant_type");
	if (fault.status == MM_SIGN_IN_OK && grant == NULL)
		fault = (struct issuer_fault){ MM_SIGN_IN_UNSUPPORTED_GRANT_TYPE, "there is no such grant here" };
	if (fault.status != MM_SIGN_IN_OK)
		return issuer_error_fault(exchange, answer, fault);
	issuer_exchange_begin(exchange, grant->request, &verify);
	fault = issuer_client_read(authorization.value, authorization.count, &exchange->parameters, &verify);
	if (fault.status == MM_SIGN_IN_OK)
		fault = grant->ask(exchange, &verify);
	if (fault.status != MM_SIGN_IN_OK)
		return issuer_error_fault(exchange, answer, fault);
	return issuer_exchange_ask(exchange, answer, &verify, answer_tokens);
}

/* ---- devices ---- */

/* RFC 8628 section 3.2 */
static enum issuer_turn
answer_device(struct issuer_exchange *exchange, struct mm_http_answer *answer)
{
	const struct mm_verified *verified = issuer_exchange_verified(exchange);
	struct mm_json_writer writer;
	struct mm_buf address;

	if (verified->status != MM_SIGN_IN_OK)
		return issuer_error_verified(exchange, answer);
	mm_buf_init(&address, 2 * MM_MINT_ISSUER_LEN_MAX);
	mm_buf_add_slice(&address, exchange->issuer->realm.origin);
	issuer_realm_add_path(&exchange->issuer->realm, exchange->tenant, &address);
	mm_buf_add_str(&address, "/device");
	answer->status = MHD_HTTP_OK;
	answer->content_type = "application/json";
	mm_json_writer_init(&writer, &answer->body);
	mm_json_begin_object(&writer, NULL);
	mm_json_add_slice(&writer, "device_code", mm_mint_text_get(&verified->device_code));
	mm_json_add_slice(&writer, "user_code", mm_mint_text_get(&verified->user_code));
	mm_json_add_slice(&writer, "verification_uri", mm_slice(address.data, address.len));
	mm_buf_add_str(&address, "?user_code=");
	mm_buf_add_slice(&address, mm_mint_text_get(&verified->user_code)); /* letters and a hyphen */
	mm_json_add_slice(&writer, "verification_uri_complete", mm_slice(address.data, address.len));
	mm_json_add_int(&writer, "expires_in", verified->expires_in_s);
	mm_json_add_int(&writer, "interval", verified->interval_s);
	mm_json_end_object(&writer);
	answer->failed = answer->failed || !mm_buf_ok(&address);
	mm_buf_clear(&address);
	return ISSUER_ANSWERED;
}

enum issuer_turn
issuer_device_authorization(struct issuer_exchange *exchange, struct mm_http_answer *answer)
{
	struct mm_http_field authorization = issuer_exchange_field(exchange, MHD_HTTP_HEADER_AUTHORIZATION);
	struct issuer_fault fault = issuer_check_form(exchange, issuer_exchange_read_form(exchange));
	struct mm_ask_device_start *ask;
	struct mm_verify verify;

	if (fault.status != MM_SIGN_IN_OK)
		return issuer_error_fault(exchange, answer, fault);
	issuer_exchange_begin(exchange, MM_ASK_DEVICE_START, &verify);
	ask = &verify.ask.device_start;
	ask->has_scope = has(exchange, ISSUER_P_SCOPE);
	ask->has_resource = has(exchange, ISSUER_P_RESOURCE);
	fault = issuer_client_read(authorization.value, authorization.count, &exchange->parameters, &verify);
	if (fault.status == MM_SIGN_IN_OK && (!issuer_set_text(exchange, ISSUER_P_SCOPE, &ask->scope) ||
	                                         !issuer_set_text(exchange, ISSUER_P_RESOURCE, &ask->resource)))
		fault = TOO_LONG;
	if (fault.status != MM_SIGN_IN_OK)
		return issuer_error_fault(exchange, answer, fault);
	return issuer_exchange_ask(exchange, answer, &verify, answer_device);
}
