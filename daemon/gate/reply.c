/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From an exchange to its answer.
 */
#include "daemon/gate/reply.h"

#include "daemon/gate/ledger.h"
#include "daemon/gate/response.h"
#include "daemon/gate/route.h"

/* What is wrong with the request before any handler looks at it; false: nothing. */
static bool
answer_unfit(struct gate_exchange *exchange, struct mm_http_answer *answer)
{
	const struct gate_route *route = exchange->route;

	if (mm_http_body_refuse(&exchange->body, answer))
		return true;
	if (route->handler == NULL) {
		mm_http_answer_text(answer, MHD_HTTP_NOT_FOUND, "there is nothing here");
	} else if (route->names_service && exchange->service == NULL) {
		atomic_fetch_add_explicit(&exchange->gate->metrics.unknown_services, 1, memory_order_relaxed);
		mm_http_answer_text(answer, MHD_HTTP_NOT_FOUND, "there is no such service");
	} else if (!exchange->method_allowed) {
		mm_http_answer_add_header(answer, "Allow", route->methods);
		mm_http_answer_text(answer, MHD_HTTP_METHOD_NOT_ALLOWED, "this endpoint does not take this method");
	} else {
		return false;
	}
	return true;
}

/* Send; MHD_NO, which ends the connection, where anything of it cannot be sent. */
static enum MHD_Result
send_answer(const struct gate_exchange *exchange, struct mm_http_answer *answer)
{
	struct gate_metrics *metrics = &exchange->gate->metrics;
	unsigned class = answer->status / 100;
	enum MHD_Result result = mm_http_answer_ok(answer) ? gate_response_send(exchange, answer) : MHD_NO;

	if (result == MHD_YES)
		atomic_fetch_add_explicit(&metrics->answers[gate_route_number(exchange->route)][class], 1,
		    memory_order_relaxed);
	return result;
}

/*
 * From here on the request is another thread's, until that lets it go on and the library asks for its answer again.
 * MHD_suspend_connection() comes first: who lets it go on must find it suspended.
 */
static void
suspend(struct gate_exchange *exchange)
{
	struct gate_ledger *ledger = exchange->gate->ledger;
	struct MHD_Connection *connection = exchange->connection;

	MHD_suspend_connection(connection);
	gate_waits_link(gate_ledger_waits(ledger), exchange->wait, connection);
	gate_ledger_wake(ledger);
}

/*
 * The view is taken now that the whole request is here, and given back when the library has the answer: so no client
 * that is slow to send or to read holds an old view back.
 */
enum MHD_Result
gate_reply(struct gate_exchange *exchange)
{
	struct gate_views *views = &exchange->gate->views;
	struct mm_http_answer answer;
	enum MHD_Result result;

	mm_http_answer_init(&answer);
	exchange->view = gate_views_take(views);
	if (exchange->route->names_service)
		exchange->service = mm_trust_find_service(exchange->view->trust, exchange->service_name);
	if (!answer_unfit(exchange, &answer))
		exchange->route->handler(exchange, &answer);
	result = exchange->wait->suspends ? MHD_YES : send_answer(exchange, &answer);
	gate_views_give_back(views, exchange->view);
	exchange->view = NULL;
	exchange->service = NULL;
	exchange->caller = NULL;
	mm_http_answer_clear(&answer);
	if (exchange->wait->suspends)
		suspend(exchange);
	return result;
}
