/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Authorization requests.
 */
#include "daemon/issuer/authorization.h"

#include "daemon/issuer/error.h"
#include "daemon/issuer/issuer.h"
#include "daemon/issuer/page.h"
#include "lib/base/array.h"
#include "lib/codec/base64url.h"

#include <string.h>

const enum issuer_parameter issuer_carried[] = {
	ISSUER_P_RESPONSE_TYPE, ISSUER_P_CLIENT_ID, ISSUER_P_REDIRECT_URI, ISSUER_P_SCOPE, ISSUER_P_STATE,
	ISSUER_P_NONCE,
	ISSUER_P_CODE_CHALLENGE, ISSUER_P_CODE_CHALLENGE_METHOD, ISSUER_P_RESOURCE, ISSUER_P_DPOP_JKT, ISSUER_P_MAX_AGE,
	ISSUER_P_PROMPT, ISSUER_P_RESPONSE_MODE, ISSUER_P_LOGIN_HINT,
};

const size_t issuer_carried_count = MM_COUNT_OF(issuer_carried);

/* Longer ones are kept at the client and named by a short one. */
#define STATE_LEN_MAX 2048

/* An address of a redirect: the client's own, and what is added to it, each character escaped. */
#define ADDRESS_LEN_MAX ((size_t)16 * 1024)

/* ---- reading ---- */

/* The first fault is told. */
static void
note(struct issuer_exchange *exchange, enum mm_sign_in_status status, const char *error, const char *text)
{
	if (exchange->own_fault != MM_SIGN_IN_OK)
		return;
	exchange->own_fault = status;
	exchange->own_error = error;
	exchange->own_fault_text = text;
}

static bool
read_max_age(struct mm_slice text, int64_t *seconds)
{
	*seconds = -1;
	if (!mm_slice_present(text))
		return true;
	if (text.len > 9)
		return false;
	*seconds = 0;
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] < '0' || text.ptr[i] > '9')
			return false;
		*seconds = *seconds * 10 + (text.ptr[i] - '0');
	}
	return true;
}

static bool
read_thumbprint(struct mm_slice text, uint8_t digest[MM_DIGEST_LEN])
{
	uint8_t bytes[MM_BASE64URL_DECODED_MAX(MM_BASE64URL_ENCODED_LEN(MM_DIGEST_LEN))];
	size_t len;

	if (text.len != MM_BASE64URL_ENCODED_LEN(MM_DIGEST_LEN) || mm_base64url_decode(text, bytes, &len) != MM_OK)
		return false;
	memcpy(digest, bytes, MM_DIGEST_LEN);
	return true;
}

static uint8_t
challenge_method(const struct issuer_exchange *exchange)
{
	if (!mm_slice_present(issuer_exchange_parameter(exchange, ISSUER_P_CODE_CHALLENGE)))
		return MM_CHALLENGE_ABSENT;
	return mm_slice_equal(issuer_exchange_parameter(exchange, ISSUER_P_CODE_CHALLENGE_METHOD),
	           mm_slice_str("S256")) ?
	    MM_CHALLENGE_S256 :
	    MM_CHALLENGE_OTHER;
}

#define set(exchange, parameter, text) \
	mm_mint_text_set(text, issuer_exchange_parameter(exchange, parameter))

#define has(exchange, parameter) mm_slice_present(issuer_exchange_parameter(exchange, parameter))

static void
read_texts(struct issuer_exchange *exchange, struct mm_authorize *authorize)
{
	authorize->has_scope = has(exchange, ISSUER_P_SCOPE);
	authorize->has_resource = has(exchange, ISSUER_P_RESOURCE);
	authorize->has_nonce = has(exchange, ISSUER_P_NONCE);
	if (!set(exchange, ISSUER_P_SCOPE, &authorize->scope) ||
	    !set(exchange, ISSUER_P_RESOURCE, &authorize->resource) ||
	    !set(exchange, ISSUER_P_NONCE, &authorize->nonce) ||
	    !set(exchange, ISSUER_P_CODE_CHALLENGE, &authorize->code_challenge))
		note(exchange, MM_SIGN_IN_INVALID_REQUEST, NULL, "a parameter is too long");
}

/* What is wrong with the rest, which the verifier is not told. */
static void
check_others(struct issuer_exchange *exchange)
{
	struct mm_slice mode = issuer_exchange_parameter(exchange, ISSUER_P_RESPONSE_MODE);

	if (has(exchange, ISSUER_P_REQUEST))
		note(exchange, MM_SIGN_IN_INVALID_REQUEST, "request_not_supported", "request is not supported");
	if (has(exchange, ISSUER_P_REQUEST_URI))
		note(exchange, MM_SIGN_IN_INVALID_REQUEST, "request_uri_not_supported", "request_uri is not supported");
	if (!has(exchange, ISSUER_P_RESPONSE_TYPE))
		note(exchange, MM_SIGN_IN_INVALID_REQUEST, NULL, "response_type is missing");
	if (mm_slice_present(mode) && !mm_slice_equal(mode, mm_slice_str("query")))
		note(exchange, MM_SIGN_IN_INVALID_REQUEST, NULL, "response_mode is another than query");
	if (issuer_exchange_parameter(exchange, ISSUER_P_STATE).len > STATE_LEN_MAX) {
		note(exchange, MM_SIGN_IN_INVALID_REQUEST, NULL, "state is too long");
		exchange->parameters.values[ISSUER_P_STATE] = MM_SLICE_ABSENT;
	}
}

/*
 * RFC 6749 section 4.1.2.1: where client or redirect URI are wrong, the server "MUST NOT automatically redirect the
 * user-agent to the invalid redirection URI". Of a parameter that stands there twice none is the right one.
 */
static bool
read_where(const struct issuer_exchange *exchange, struct mm_verify_head *head, struct mm_authorize *authorize)
{
	const bool *repeated = exchange->parameters.repeated;

	if (repeated[ISSUER_P_CLIENT_ID] || repeated[ISSUER_P_REDIRECT_URI])
		return false;
	authorize->has_redirect_uri = has(exchange, ISSUER_P_REDIRECT_URI);
	return has(exchange, ISSUER_P_CLIENT_ID) && set(exchange, ISSUER_P_CLIENT_ID, &head->client_id) &&
	    set(exchange, ISSUER_P_REDIRECT_URI, &authorize->redirect_uri);
}

bool
issuer_authorization_read(struct issuer_exchange *exchange, struct mm_verify_head *head,
    struct mm_authorize *authorize)
{
	const struct issuer_parameters *parameters = &exchange->parameters;

	if (!read_where(exchange, head, authorize))
		return false;
	if (parameters->repeated[ISSUER_P_STATE])
		exchange->parameters.values[ISSUER_P_STATE] = MM_SLICE_ABSENT;
	if (issuer_parameters_find_repeated(parameters, ISSUER_P_RESOURCE, ISSUER_P_RESOURCE) != NULL)
		note(exchange, MM_SIGN_IN_INVALID_REQUEST, NULL, "a parameter stands there more than once");
	if (parameters->repeated[ISSUER_P_RESOURCE])
		note(exchange, MM_SIGN_IN_INVALID_TARGET, NULL, "a token is for one resource");
	check_others(exchange);
	read_texts(exchange, authorize);
	authorize->response_type_code =
	    mm_slice_equal(issuer_exchange_parameter(exchange, ISSUER_P_RESPONSE_TYPE), mm_slice_str("code"));
	authorize->challenge_method = challenge_method(exchange);
	if (!read_max_age(issuer_exchange_parameter(exchange, ISSUER_P_MAX_AGE), &authorize->max_age_s)) {
		authorize->max_age_s = -1;
		note(exchange, MM_SIGN_IN_INVALID_REQUEST, NULL, "max_age is no number of seconds");
	}
	authorize->has_dpop_jkt = has(exchange, ISSUER_P_DPOP_JKT);
	if (authorize->has_dpop_jkt &&
	    !read_thumbprint(issuer_exchange_parameter(exchange, ISSUER_P_DPOP_JKT), authorize->dpop_jkt)) {
		authorize->has_dpop_jkt = 0;
		note(exchange, MM_SIGN_IN_INVALID_REQUEST, NULL, "dpop_jkt is no thumbprint");
	}
	return true;
}

/* ---- leading back ---- */

static void
add_encoded(struct mm_buf *buf, struct mm_slice value)
{
	static const char digits[] = "0123456789ABCDEF";

	for (size_t i = 0; i < value.len; i++) {
		unsigned char c = (unsigned char)value.ptr[i];

		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
		    c == '.' || c == '_' || c == '~') {
			mm_buf_add(buf, &value.ptr[i], 1);
		} else {
			const char escaped[] = { '%', digits[c >> 4], digits[c & 15] };

			mm_buf_add(buf, escaped, sizeof(escaped));
		}
	}
}

/*
 * RFC 6749 section 3.1.2: "The endpoint URI MAY include an "application/x-www-form-urlencoded" formatted query
 * component, which MUST be retained when adding additional query parameters."
 */
void
issuer_address_add(struct mm_buf *address, const char *name, struct mm_slice value)
{
	bool has_query = address->len > 0 && memchr(address->data, '?', address->len) != NULL;

	if (!mm_slice_present(value))
		return;
	mm_buf_addf(address, "%s%s=", has_query ? "&" : "?", name);
	add_encoded(address, value);
}

/* 303 behind a form, so that the browser does not send it on (RFC 9700 section 4.12). */
void
issuer_redirect(const struct issuer_exchange *exchange, struct mm_http_answer *answer, struct mm_slice address)
{
	struct mm_buf line;

	answer->status = issuer_exchange_is(exchange, "POST") ? MHD_HTTP_SEE_OTHER : MHD_HTTP_FOUND;
	mm_buf_init(&line, 3 * ADDRESS_LEN_MAX);
	for (size_t i = 0; i < address.len; i++) {
		unsigned char c = (unsigned char)address.ptr[i];

		if (c > 0x20 && c < 0x7f)
			mm_buf_add(&line, &address.ptr[i], 1);
		else
			add_encoded(&line, mm_slice(&address.ptr[i], 1));
	}
	mm_buf_add(&line, "", 1);
	if (mm_buf_ok(&line))
		mm_http_answer_add_header(answer, "Location", line.data);
	else
		answer->failed = true;
	mm_http_answer_add_header(answer, "Referrer-Policy", "no-referrer");
	mm_buf_clear(&line);
}

/* The realm's issuer, with the tenant where one is known: of a user, else of the address. */
static void
add_issuer(const struct issuer_exchange *exchange, struct mm_buf *address)
{
	const struct mm_verified *verified = issuer_exchange_verified(exchange);
	struct mm_buf text;

	mm_buf_init(&text, 2 * MM_MINT_ISSUER_LEN_MAX);
	issuer_realm_add_address(&exchange->issuer->realm,
	    verified->tenant.len > 0 ? mm_mint_text_get(&verified->tenant) : exchange->tenant, &text);
	issuer_address_add(address, "iss", mm_slice(text.data, text.len));
	mm_buf_clear(&text);
}

static enum issuer_turn
lead_back(const struct issuer_exchange *exchange, struct mm_http_answer *answer, struct mm_buf *address)
{
	issuer_address_add(address, "state", issuer_exchange_parameter(exchange, ISSUER_P_STATE));
	add_issuer(exchange, address);
	if (mm_buf_ok(address))
		issuer_redirect(exchange, answer, mm_slice(address->data, address->len));
	else
		answer->failed = true;
	mm_buf_clear(address);
	return ISSUER_ANSWERED;
}

/*
 * A request without a redirect URI, of a client that has one alone, is led by the verifier's word to it; the issuer
 * does not know it, and so demands it.
 */
enum issuer_turn
issuer_authorization_answer_code(const struct issuer_exchange *exchange, struct mm_http_answer *answer)
{
	struct mm_buf address;

	mm_buf_init(&address, ADDRESS_LEN_MAX);
	mm_buf_add_slice(&address, issuer_exchange_parameter(exchange, ISSUER_P_REDIRECT_URI));
	issuer_address_add(&address, "code", mm_mint_text_get(&issuer_exchange_verified(exchange)->code));
	return lead_back(exchange, answer, &address);
}

enum issuer_turn
issuer_authorization_answer_error(const struct issuer_exchange *exchange, struct mm_http_answer *answer,
    const char *error, struct mm_slice description)
{
	struct mm_buf address;

	mm_buf_init(&address, ADDRESS_LEN_MAX);
	mm_buf_add_slice(&address, issuer_exchange_parameter(exchange, ISSUER_P_REDIRECT_URI));
	issuer_address_add(&address, "error", mm_slice_str(error));
	if (description.len > 0)
		issuer_address_add(&address, "error_description", description);
	return lead_back(exchange, answer, &address);
}

enum issuer_turn
issuer_authorization_answer_refusal(const struct issuer_exchange *exchange, struct mm_http_answer *answer)
{
	const struct mm_verified *verified = issuer_exchange_verified(exchange);
	enum mm_sign_in_status status = (enum mm_sign_in_status)verified->status;
	struct mm_slice text = mm_mint_text_get(&verified->description);

	if (verified->may_redirect)
		return issuer_authorization_answer_error(exchange, answer, mm_sign_in_status_error(status), text);
	if (status == MM_SIGN_IN_TEMPORARILY_UNAVAILABLE || status == MM_SIGN_IN_SERVER_ERROR)
		return issuer_page_not_now(exchange, answer, status);
	if (status == MM_SIGN_IN_UNKNOWN_TENANT)
		return issuer_error_tenant(exchange, answer, status);
	return issuer_page_message(exchange, answer, MHD_HTTP_BAD_REQUEST, "This link does not work",
	    text.len > 0 ? text : mm_slice_str("The application that led you here made a request that is not good."));
}
