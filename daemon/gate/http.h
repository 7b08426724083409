/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The gate's HTTP: its listening sockets and threads. What they do with a request: request.h, route.h, reply.h.
 */
#ifndef MM_DAEMON_GATE_HTTP_H
#define MM_DAEMON_GATE_HTTP_H

#include "daemon/gate/exchange.h"
#include "daemon/gate/route.h"

#include <mintmark/version.h>

#include <stdbool.h>

/* What needs files, before the sandbox closes: how many processors there are. */
void gate_http_prepare(struct gate *gate);

/* Make the threads of every listener and answer. False, told on standard error, where one cannot be had. */
MM_MUST_USE bool gate_http_start(struct gate *gate);

/*
 * Accept no more connections, answer what is in flight, close the rest. Takes MM_HTTP_DRAIN_MAX_MS at most: what a
 * slow client has not sent or taken by then is cut off.
 */
void gate_http_stop(struct gate *gate);

/* End all connections at once, unanswered. */
void gate_http_abort(struct gate *gate);

#endif
