/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Connections: counting them, what the gate keeps of each, and which may stay open behind their answers.
 */
#ifndef MM_DAEMON_GATE_CONNECTION_H
#define MM_DAEMON_GATE_CONNECTION_H

#include "daemon/gate/exchange.h"
#include "daemon/gate/wait.h"

#include <microhttpd.h>
#include <stdbool.h>

/* A token of 64 KiB in a field fits, so that it gets an answer of ours. */
#define GATE_CONNECTION_BYTES ((size_t)80 * 1024)

/* From its beginning to its end; it belongs to the thread that serves it. */
struct gate_connection {
	bool answered;                    /* once at least: it counts among those that are kept */
	char source[GATE_SOURCE_LEN_MAX]; /* empty: the peer has no address */
	struct gate_exchange exchange;    /* the request that is served: one at a time */
	struct gate_wait wait;            /* its own */
};

/* NULL: memory was too short for it. */
struct gate_connection *gate_connection_of(struct MHD_Connection *http);

/* Called by the library when a connection begins and when it ends; ctx is the gate. */
void gate_connection_changed(void *ctx, struct MHD_Connection *http, void **connection_ctx,
    enum MHD_ConnectionNotificationCode what);

/* Whether the exchange's connection may stay open behind the answer that is being made. */
bool gate_connection_may_stay(const struct gate_exchange *exchange);

#endif
