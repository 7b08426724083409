/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The gate's HTTP: listening sockets, the table of its endpoints, the life of a request.
 */
#ifndef MM_DAEMON_GATE_HTTP_H
#define MM_DAEMON_GATE_HTTP_H

#include "daemon/gate/exchange.h"

#include <mintmark/version.h>

#include <stdbool.h>
#include <stddef.h>

/* Makes the answer to a request whose head and body are there. */
typedef void gate_handler(struct gate_exchange *exchange, struct gate_answer *answer);

gate_handler gate_introspect;
gate_handler gate_forward_auth;
gate_handler gate_healthz;
gate_handler gate_readyz;
gate_handler gate_metrics_page;

/* What needs files, before the sandbox closes: how many processors there are. */
void gate_http_prepare(struct gate *gate);

/* Make the threads of every listener and answer. False, told on standard error, where one cannot be had. */
MM_MUST_USE bool gate_http_start(struct gate *gate);

/*
 * Accept no more connections, answer what is in flight, close the rest. Takes GATE_DRAIN_MAX_MS at most: what a
 * slow client has not sent or taken by then is cut off.
 */
void gate_http_stop(struct gate *gate);

/* End all connections at once, unanswered. */
void gate_http_abort(struct gate *gate);

/* The table's rows, for counting; the last one stands for what matches no other. */
size_t gate_http_route_count(void);
const char *gate_http_route_name(size_t route);

#endif
