/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Connections: counting them, and which may stay open behind their answers.
 */
#ifndef MM_DAEMON_ISSUER_CONNECTION_H
#define MM_DAEMON_ISSUER_CONNECTION_H

#include "daemon/issuer/exchange.h"

#include <microhttpd.h>
#include <stdbool.h>

/* The longest token, proof and certificate in fields of one request fit, and as much again as the last of them. */
#define ISSUER_CONNECTION_BYTES ((size_t)56 * 1024)

/* From its beginning to its end; it belongs to the thread that serves it. */
struct issuer_connection {
	bool answered; /* once at least: it counts among those that are kept */
	struct issuer_exchange exchange; /* the request that is served: one at a time */
};

/* NULL: memory was too short for it. */
struct issuer_connection *issuer_connection_of(struct MHD_Connection *http);

/* Called by the library when a connection begins and when it ends; ctx is the issuer. */
void issuer_connection_changed(void *ctx, struct MHD_Connection *http, void **connection_ctx,
    enum MHD_ConnectionNotificationCode what);

/* Whether a connection may stay open behind the answer that is being made. */
bool issuer_connection_may_stay(struct issuer *issuer, struct issuer_connection *connection);

#endif
