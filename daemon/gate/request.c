/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests as they come in.
 */
#include "daemon/gate/request.h"

#include "daemon/gate/connection.h"
#include "daemon/gate/exchange.h"
#include "daemon/gate/reply.h"
#include "daemon/gate/route.h"
#include "lib/crypto/digest.h"

#include <stdlib.h>
#include <string.h>

/* A body above GATE_BODY_LEN_MAX is read on to here, so that its sender sees the 413; then the line is cut. */
#define BODY_SKIPPED_MAX ((size_t)1024 * 1024)

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
	mm_buf_init(&exchange->body, GATE_BODY_LEN_MAX);
	mm_buf_init(&exchange->form, GATE_BODY_LEN_MAX);
	atomic_fetch_add(&gate->in_flight, 1);
	return exchange;
}

static void
wipe(struct mm_buf *buf)
{
	mm_secret_wipe(buf->data, buf->len);
	mm_buf_clear(buf);
}

static void
close_exchange(struct gate_exchange *exchange)
{
	wipe(&exchange->body);
	wipe(&exchange->form);
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
	exchange->framing = mm_http_read_framing(connection, GATE_BODY_LEN_MAX);
	/* Answered before the body is read, so that the library closes the connection behind the answer. */
	return exchange->framing == MM_HTTP_FRAMING_FIT ? MHD_YES : gate_reply(exchange);
}

static enum MHD_Result
take_body(struct gate_exchange *exchange, const char *bytes, size_t len)
{
	exchange->body_seen += len;
	if (exchange->body_seen > BODY_SKIPPED_MAX)
		return MHD_NO;
	if (exchange->body_seen > GATE_BODY_LEN_MAX)
		exchange->framing = MM_HTTP_FRAMING_TOO_LARGE;
	else if (exchange->route->takes_body)
		mm_buf_add(&exchange->body, bytes, len);
	/* A form whose end memory was too short for would ask another question, without its mailbox perhaps. */
	return mm_buf_ok(&exchange->body) ? MHD_YES : MHD_NO;
}

enum MHD_Result
gate_request_continues(void *ctx, struct MHD_Connection *connection, const char *path, const char *method,
    const char *version, const char *upload, size_t *upload_len, void **request_ctx)
{
	(void)version;
	if (*request_ctx == NULL)
		return begin_exchange(ctx, connection, path, method, request_ctx);
	if (*upload_len > 0) {
		size_t len = *upload_len;

		*upload_len = 0;
		return take_body(*request_ctx, upload, len);
	}
	return gate_reply(*request_ctx);
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
