/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests as they come in.
 */
#include "daemon/issuer/request.h"

#include "daemon/issuer/connection.h"
#include "daemon/issuer/exchange.h"
#include "daemon/issuer/issuer.h"
#include "daemon/issuer/reply.h"
#include "daemon/issuer/route.h"
#include "lib/crypto/digest.h"

#include <stdlib.h>
#include <string.h>

/* A body above ISSUER_BODY_LEN_MAX is read on to here, so that its sender sees the 413; then the line is cut. */
#define BODY_SKIPPED_MAX ((size_t)1024 * 1024)

/* NULL where memory was too short for the connection. */
static struct issuer_exchange *
open_exchange(struct issuer *issuer, struct MHD_Connection *connection, const char *path, const char *method)
{
	struct issuer_connection *from = issuer_connection_of(connection);
	struct issuer_exchange *exchange;

	if (from == NULL)
		return NULL;
	exchange = &from->exchange;
	*exchange = (struct issuer_exchange){
		.issuer = issuer,
		.connection = connection,
		.method = mm_slice_str(method),
		.path = mm_slice_str(path),
	};
	exchange->route = issuer_route_find(&issuer->realm, exchange->path, &exchange->tenant);
	exchange->method_allowed = issuer_route_allows(exchange->route, method);
	exchange->has_query = MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND, NULL, NULL) > 0;
	mm_buf_init(&exchange->body, ISSUER_BODY_LEN_MAX);
	mm_buf_init(&exchange->query, ISSUER_BODY_LEN_MAX);
	atomic_fetch_add(&issuer->in_flight, 1);
	return exchange;
}

static void
wipe(struct mm_buf *buf)
{
	if (buf->data != NULL)
		mm_secret_wipe(buf->data, buf->len);
	mm_buf_clear(buf);
}

static void
close_exchange(struct issuer_exchange *exchange)
{
	issuer_exchange_forget(exchange);
	wipe(&exchange->body);
	wipe(&exchange->query);
	mm_secret_wipe(exchange->cookies, sizeof(exchange->cookies));
	atomic_fetch_sub(&exchange->issuer->in_flight, 1);
}

static enum MHD_Result
begin_exchange(struct issuer *issuer, struct MHD_Connection *connection, const char *path, const char *method,
    void **request_ctx)
{
	struct issuer_exchange *exchange = open_exchange(issuer, connection, path, method);

	*request_ctx = exchange;
	if (exchange == NULL)
		return MHD_NO;
	exchange->framing = mm_http_read_framing(connection, ISSUER_BODY_LEN_MAX);
	/* Answered before the body is read, so that the library closes the connection behind the answer. */
	return exchange->framing == MM_HTTP_FRAMING_FIT ? MHD_YES : issuer_reply(exchange);
}

static enum MHD_Result
take_body(struct issuer_exchange *exchange, const char *bytes, size_t len)
{
	exchange->body_seen += len;
	if (exchange->body_seen > BODY_SKIPPED_MAX)
		return MHD_NO;
	if (exchange->body_seen > ISSUER_BODY_LEN_MAX)
		exchange->framing = MM_HTTP_FRAMING_TOO_LARGE;
	else if (exchange->route->takes_body)
		mm_buf_add(&exchange->body, bytes, len);
	/* A form whose end memory was too short for would ask for something else. */
	return mm_buf_ok(&exchange->body) ? MHD_YES : MHD_NO;
}

enum MHD_Result
issuer_request_continues(void *ctx, struct MHD_Connection *connection, const char *path, const char *method,
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
	return issuer_reply(*request_ctx);
}

void
issuer_request_ended(void *ctx, struct MHD_Connection *connection, void **request_ctx,
    enum MHD_RequestTerminationCode how)
{
	(void)ctx;
	(void)connection;
	(void)how;
	if (*request_ctx != NULL)
		close_exchange(*request_ctx);
	*request_ctx = NULL;
}
