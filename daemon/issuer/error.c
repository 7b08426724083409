/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Telling programs what is wrong.
 */
#include "daemon/issuer/error.h"

#include "daemon/issuer/issuer.h"
#include "daemon/issuer/page.h"
#include "daemon/issuer/route.h"
#include "engine/json_writer.h"

#include <stdio.h>

/*
 * RFC 6749 section 5.2: "If the client attempted to authenticate via the "Authorization" request header field, the
 * authorization server MUST respond with an HTTP 401 (Unauthorized) status code and include the "WWW-Authenticate"
 * response header field matching the authentication scheme used by the client." Each 401 has one (RFC 9110 section
 * 15.5.2).
 */
static void
add_challenge(const struct issuer_exchange *exchange, struct mm_http_answer *answer)
{
	char line[MM_NAME_LEN_MAX + 40];

	snprintf(line, sizeof(line), "Basic realm=\"%s\", charset=\"UTF-8\"", exchange->issuer->realm.name);
	mm_http_answer_add_header(answer, "WWW-Authenticate", line);
}

static void
add_retry_after(struct mm_http_answer *answer, unsigned seconds)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", seconds);
	mm_http_answer_add_header(answer, "Retry-After", text);
}

void
issuer_error_answer(const struct issuer_exchange *exchange, struct mm_http_answer *answer,
    enum mm_sign_in_status status, struct mm_slice text)
{
	struct mm_json_writer writer;

	answer->status = mm_sign_in_status_http(status);
	answer->content_type = "application/json";
	if (answer->status == MHD_HTTP_UNAUTHORIZED)
		add_challenge(exchange, answer);
	if (answer->status == MHD_HTTP_SERVICE_UNAVAILABLE || answer->status == MHD_HTTP_TOO_MANY_REQUESTS) {
		unsigned seconds = exchange->question == NULL ? 0 :
		                                               issuer_exchange_verified(exchange)->retry_after_s;

		add_retry_after(answer, seconds > 0 ? seconds : 1);
	}
	mm_json_writer_init(&writer, &answer->body);
	mm_json_begin_object(&writer, NULL);
	mm_json_add_str(&writer, "error", mm_sign_in_status_error(status));
	if (text.len > 0)
		mm_json_add_slice(&writer, "error_description", text);
	mm_json_end_object(&writer);
}

enum issuer_turn
issuer_error_fault(const struct issuer_exchange *exchange, struct mm_http_answer *answer, struct issuer_fault fault)
{
	issuer_error_answer(exchange, answer, fault.status, mm_slice_str(fault.text));
	return ISSUER_ANSWERED;
}

enum issuer_turn
issuer_error_verified(const struct issuer_exchange *exchange, struct mm_http_answer *answer)
{
	const struct mm_verified *verified = issuer_exchange_verified(exchange);

	issuer_error_answer(exchange, answer, (enum mm_sign_in_status)verified->status,
	    mm_mint_text_get(&verified->description));
	return ISSUER_ANSWERED;
}

enum issuer_turn
issuer_error_tenant(const struct issuer_exchange *exchange, struct mm_http_answer *answer,
    enum mm_sign_in_status status)
{
	bool not_yet = status == MM_SIGN_IN_TEMPORARILY_UNAVAILABLE;

	if (exchange->route->readers == ISSUER_FOR_PROGRAMS) {
		issuer_error_answer(exchange, answer, status,
		    not_yet ? mm_slice_str("the realm's tenants have not come yet") :
		              mm_slice_str("the address names a tenant that this issuer does not have, or no more"));
		return ISSUER_ANSWERED;
	}
	if (not_yet)
		return issuer_page_not_now(exchange, answer, status);
	return issuer_page_message(exchange, answer, mm_sign_in_status_http(status), "This address does not work",
	    mm_slice_str("There is no organisation at this address, or not any more. "
	                 "Please ask those who gave it to you."));
}

/* RFC 8707 section 2: "Multiple resource parameters MAY be used": a token here is for one. */
struct issuer_fault
issuer_check_form(const struct issuer_exchange *exchange, const char *form_fault)
{
	const struct issuer_parameters *parameters = &exchange->parameters;
	bool two_targets = parameters->repeated[ISSUER_P_RESOURCE] || parameters->repeated[ISSUER_P_AUDIENCE];

	if (form_fault != NULL)
		return (struct issuer_fault){ MM_SIGN_IN_INVALID_REQUEST, form_fault };
	if (issuer_parameters_find_repeated(parameters, ISSUER_P_RESOURCE, ISSUER_P_AUDIENCE) != NULL)
		return (struct issuer_fault){ MM_SIGN_IN_INVALID_REQUEST, "a parameter stands there more than once" };
	if (two_targets)
		return (struct issuer_fault){ MM_SIGN_IN_INVALID_TARGET, "a token is for one resource" };
	return ISSUER_NO_FAULT;
}
