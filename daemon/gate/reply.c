/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From an exchange to its answer.
 */
#include "daemon/gate/reply.h"

#include "daemon/gate/connection.h"
#include "daemon/gate/route.h"

/* What is wrong with the request before any handler looks at it; false: nothing. */
static bool
answer_unfit(struct gate_exchange *exchange, struct gate_answer *answer)
{
	const struct gate_route *route = exchange->route;

	if (exchange->framing == GATE_FRAMING_AMBIGUOUS) {
		gate_answer_text(answer, MHD_HTTP_BAD_REQUEST, "the end of the request is not clear");
	} else if (exchange->framing == GATE_FRAMING_TOO_LARGE) {
		gate_answer_text(answer, MHD_HTTP_CONTENT_TOO_LARGE, "the body is too large");
	} else if (route->handler == NULL) {
		gate_answer_text(answer, MHD_HTTP_NOT_FOUND, "there is nothing here");
	} else if (route->names_service && exchange->service == NULL) {
		atomic_fetch_add_explicit(&exchange->gate->metrics.unknown_services, 1, memory_order_relaxed);
		gate_answer_text(answer, MHD_HTTP_NOT_FOUND, "there is no such service");
	} else if (!exchange->method_allowed) {
		gate_answer_add_header(answer, "Allow", route->methods);
		gate_answer_text(answer, MHD_HTTP_METHOD_NOT_ALLOWED, "this endpoint does not take this method");
	} else {
		return false;
	}
	return true;
}

static bool
add_headers(struct MHD_Response *response, const struct gate_exchange *exchange, const struct gate_answer *answer)
{
	bool added = MHD_add_response_header(response, "Cache-Control", "no-store") == MHD_YES;

	if (answer->body.len > 0)
		added = added && MHD_add_response_header(response, "Content-Type", answer->content_type) == MHD_YES;
	if (!gate_connection_may_stay(exchange))
		added = added && MHD_add_response_header(response, "Connection", "close") == MHD_YES;
	for (size_t i = 0; i < answer->header_count; i++)
		added = added && MHD_add_response_header(response, answer->headers[i].name,
		    gate_answer_value(answer, i)) == MHD_YES;
	return added;
}

/* Send; MHD_NO, which ends the connection, where anything of it cannot be sent. */
static enum MHD_Result
send_answer(const struct gate_exchange *exchange, const struct gate_answer *answer)
{
	struct gate_metrics *metrics = &exchange->gate->metrics;
	struct MHD_Response *response;
	enum MHD_Result result = MHD_NO;

	if (!gate_answer_ok(answer))
		return MHD_NO;
	response = MHD_create_response_from_buffer(answer->body.len, answer->body.data, MHD_RESPMEM_MUST_COPY);
	if (response == NULL)
		return MHD_NO;
	if (add_headers(response, exchange, answer))
		result = MHD_queue_response(exchange->connection, answer->status, response);
	MHD_destroy_response(response);
	if (result == MHD_YES)
		atomic_fetch_add_explicit(&metrics->answers[gate_route_number(exchange->route)][answer->status / 100], 1,
		    memory_order_relaxed);
	return result;
}

/*
 * The view is taken now that the whole request is here, and given back when the library has the answer: so no client
 * that is slow to send or to read holds an old view back.
 */
enum MHD_Result
gate_reply(struct gate_exchange *exchange)
{
	struct gate_views *views = &exchange->gate->views;
	struct gate_answer answer;
	enum MHD_Result result;

	gate_answer_init(&answer);
	exchange->view = gate_views_take(views);
	if (exchange->route->names_service)
		exchange->service = mm_trust_find_service(exchange->view->trust, exchange->service_name);
	if (!answer_unfit(exchange, &answer))
		exchange->route->handler(exchange, &answer);
	result = send_answer(exchange, &answer);
	gate_views_give_back(views, exchange->view);
	exchange->view = NULL;
	exchange->service = NULL;
	exchange->caller = NULL;
	gate_answer_clear(&answer);
	return result;
}
