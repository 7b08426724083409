/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests as they come in.
 */
#include "daemon/gate/request.h"

#include "daemon/gate/connection.h"
#include "daemon/gate/exchange.h"
#include "daemon/gate/reply.h"
#include "daemon/gate/route.h"

#include <stdlib.h>
#include <string.h>

/* NULL where memory was too short for the connection. */
static struct gate_exchange *
open_exchange(struct gate *gate, struct MHD_Connection *connection, const char *path, const char *method)
{
	struct gate_connection *from = gate_connection_of(connection);
	struct gate_exchange *exchange;

	if (from == NULL)
		return NULL;
	exchange = &from->exchange;
	from->wait = (struct gate_wait){ .stage = GATE_WAIT_NONE };
	*exchange = (struct gate_exchange){
		.gate = gate,
		.connection = connection,
		.from = from,
		.wait = &from->wait,
		.method = mm_slice_str(method),
		.path = mm_slice_str(path),
	};
	exchange->route = gate_route_find(path, &exchange->service_name);
	exchange->method_allowed = gate_route_allows(exchange->route, method);
	mm_http_body_begin(&exchange->body, connection, GATE_BODY_LEN_MAX);
	mm_buf_init(&exchange->form, GATE_BODY_LEN_MAX);
	atomic_fetch_add(&gate->in_flight, 1);
	return exchange;
}

static void
close_exchange(struct gate_exchange *exchange)
{
	mm_http_body_clear(&exchange->body);
	mm_http_wipe(&exchange->form);
	atomic_fetch_sub(&exchange->gate->in_flight, 1);
}

static enum MHD_Result
begin_exchange(struct gate *gate, struct MHD_Connection *connection, const char *path, const char *method,
    void **request_ctx)
{
	struct gate_exchange *exchange = open_exchange(gate, connection, path, method);

	*request_ctx = exchange;
	if (exchange == NULL)
		return MHD_NO;
	/* Answered before the body is read, so that the library closes the connection behind the answer. */
	return exchange->body.framing == MM_HTTP_FRAMING_FIT ? MHD_YES : gate_reply(exchange);
}

enum MHD_Result
gate_request_continues(void *ctx, struct MHD_Connection *connection, const char *path, const char *method,
    const char *version, const char *upload, size_t *upload_len, void **request_ctx)
{
	struct gate_exchange *exchange;

	(void)version;
	if (*request_ctx == NULL)
		return begin_exchange(ctx, connection, path, method, request_ctx);
	exchange = *request_ctx;
	if (*upload_len > 0) {
		size_t len = *upload_len;

		*upload_len = 0;
		return mm_http_body_take(&exchange->body, exchange->route->takes_body, upload, len) ? MHD_YES : MHD_NO;
	}
	return gate_reply(exchange);
}

void
gate_request_ended(void *ctx, struct MHD_Connection *connection, void **request_ctx,
    enum MHD_RequestTerminationCode how)
{
	(void)ctx;
	(void)connection;
	(void)how;
	if (*request_ctx != NULL)
		close_exchange(*request_ctx);
	*request_ctx = NULL;
}
