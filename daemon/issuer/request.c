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
	mm_http_body_begin(&exchange->body, connection, ISSUER_BODY_LEN_MAX);
	mm_buf_init(&exchange->query, ISSUER_BODY_LEN_MAX);
	atomic_fetch_add(&issuer->in_flight, 1);
	return exchange;
}

static void
close_exchange(struct issuer_exchange *exchange)
{
	issuer_exchange_forget(exchange);
	mm_http_body_clear(&exchange->body);
	mm_http_wipe(&exchange->query);
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
	/* Answered before the body is read, so that the library closes the connection behind the answer. */
	return exchange->body.framing == MM_HTTP_FRAMING_FIT ? MHD_YES : issuer_reply(exchange);
}

enum MHD_Result
issuer_request_continues(void *ctx, struct MHD_Connection *connection, const char *path, const char *method,
    const char *version, const char *upload, size_t *upload_len, void **request_ctx)
{
	struct issuer_exchange *exchange;

	(void)version;
	if (*request_ctx == NULL)
		return begin_exchange(ctx, connection, path, method, request_ctx);
	exchange = *request_ctx;
	if (*upload_len > 0) {
		size_t len = *upload_len;

		*upload_len = 0;
		return mm_http_body_take(&exchange->body, exchange->route->takes_body, upload, len) ? MHD_YES : MHD_NO;
	}
	return issuer_reply(exchange);
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
