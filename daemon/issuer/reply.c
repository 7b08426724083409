/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answering.
 */
#include "daemon/issuer/reply.h"

#include "daemon/issuer/connection.h"
#include "daemon/issuer/error.h"
#include "daemon/issuer/issuer.h"
#include "daemon/issuer/route.h"
#include "lib/crypto/digest.h"

/* Whether the address is that of a tenant which is not there, or is not known yet; else MM_SIGN_IN_OK. */
static enum mm_sign_in_status
check_tenant(const struct issuer_exchange *exchange)
{
	if (exchange->tenant.len == 0 || mm_slice_equal(exchange->tenant, mm_slice_str(MM_TENANT_ANY)))
		return MM_SIGN_IN_OK;
	switch (issuer_tenants_find(&exchange->issuer->tenants, exchange->tenant)) {
	case ISSUER_TENANT_LISTED:
		return MM_SIGN_IN_OK;
	case ISSUER_TENANT_UNLISTED:
		return MM_SIGN_IN_UNKNOWN_TENANT;
	case ISSUER_TENANT_NOT_YET:
		break;
	}
	return MM_SIGN_IN_TEMPORARILY_UNAVAILABLE;
}

/* What is wrong with the request before any handler looks at it; false: nothing. */
static bool
answer_unfit(const struct issuer_exchange *exchange, struct mm_http_answer *answer)
{
	const struct issuer_route *route = exchange->route;
	enum mm_sign_in_status tenant = check_tenant(exchange);

	if (mm_http_body_refuse(&exchange->body, answer))
		return true;
	if (route->handler == NULL) {
		mm_http_answer_text(answer, MHD_HTTP_NOT_FOUND, "there is nothing here");
	} else if (tenant != MM_SIGN_IN_OK) {
		(void)issuer_error_tenant(exchange, answer, tenant);
	} else if (!exchange->method_allowed) {
		mm_http_answer_add_header(answer, "Allow", route->methods);
		mm_http_answer_text(answer, MHD_HTTP_METHOD_NOT_ALLOWED, "this endpoint does not take this method");
	} else {
		return false;
	}
	return true;
}

static bool
sets_cache_control(const struct mm_http_answer *answer)
{
	for (size_t i = 0; i < answer->header_count; i++)
		if (strcmp(answer->headers[i].name, "Cache-Control") == 0)
			return true;
	return false;
}

/*
 * RFC 6749 section 5.1: "The authorization server MUST include the HTTP "Cache-Control" response header field with a
 * value of "no-store" in any response containing tokens, credentials, or other sensitive information": so have all but
 * those that say otherwise.
 */
static bool
add_headers(struct MHD_Response *response, const struct mm_http_answer *answer, bool closes)
{
	bool added = MHD_add_response_header(response, "X-Content-Type-Options", "nosniff") == MHD_YES;

	if (!sets_cache_control(answer))
		added = added && MHD_add_response_header(response, "Cache-Control", "no-store") == MHD_YES;
	if (answer->body.len > 0)
		added = added && MHD_add_response_header(response, "Content-Type", answer->content_type) == MHD_YES;
	if (closes)
		added = added && MHD_add_response_header(response, "Connection", "close") == MHD_YES;
	for (size_t i = 0; i < answer->header_count; i++)
		added = added && MHD_add_response_header(response, answer->headers[i].name,
		    mm_http_answer_value(answer, i)) == MHD_YES;
	return added;
}

/* Send; MHD_NO, which ends the connection, where anything of it cannot be sent. */
static enum MHD_Result
send_answer(const struct issuer_exchange *exchange, const struct mm_http_answer *answer)
{
	struct issuer *issuer = exchange->issuer;
	bool closes = !issuer_connection_may_stay(issuer, issuer_connection_of(exchange->connection));
	struct MHD_Response *response;
	enum MHD_Result result = MHD_NO;

	if (!mm_http_answer_ok(answer))
		return MHD_NO;
	response = MHD_create_response_from_buffer(answer->body.len, answer->body.data, MHD_RESPMEM_MUST_COPY);
	if (response == NULL)
		return MHD_NO;
	if (add_headers(response, answer, closes))
		result = MHD_queue_response(exchange->connection, answer->status, response);
	MHD_destroy_response(response);
	if (result == MHD_YES)
		issuer_metrics_count(&issuer->metrics, issuer_route_number(exchange->route), answer->status);
	return result;
}

/* RFC 9449 section 8.2: with whatever is answered. */
static void
add_nonce(const struct issuer_exchange *exchange, struct mm_http_answer *answer)
{
	if (exchange->question != NULL)
		mm_http_answer_add_fact(answer, "DPoP-Nonce",
		    mm_mint_text_get(&issuer_exchange_verified(exchange)->dpop_nonce));
}

static void
wipe_answer(struct mm_http_answer *answer)
{
	mm_http_wipe(&answer->body);
	mm_http_wipe(&answer->values);
	mm_http_answer_clear(answer);
}

enum MHD_Result
issuer_reply(struct issuer_exchange *exchange)
{
	issuer_handler *handler = exchange->after != NULL ? exchange->after : exchange->route->handler;
	struct mm_http_answer answer;
	enum issuer_turn turn = ISSUER_ANSWERED;
	enum MHD_Result result = MHD_YES;

	mm_http_answer_init(&answer);
	exchange->after = NULL;
	if (!answer_unfit(exchange, &answer))
		turn = handler(exchange, &answer);
	if (turn == ISSUER_ANSWERED) {
		add_nonce(exchange, &answer);
		result = send_answer(exchange, &answer);
	}
	wipe_answer(&answer);
	return result;
}
