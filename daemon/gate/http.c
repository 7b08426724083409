/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The gate's HTTP through daemon/http/server.h. Where each thread waits for the disk there are as many as may be, for
 * one sync serves them all.
 */
#include "daemon/gate/http.h"

#include "daemon/gate/connection.h"
#include "daemon/gate/ledger.h"
#include "daemon/gate/request.h"

_Static_assert(MM_LISTENS_MAX * MM_HTTP_THREADS_MAX + 2 <= GATE_VIEWS_MAX,
    "each thread, the current one and the autopsy's");

void
gate_http_prepare(struct gate *gate)
{
	mm_http_server_prepare(&gate->server, gate->journal_mode == MM_JOURNAL_DURABLE);
}

bool
gate_http_start(struct gate *gate)
{
	const struct mm_http_calls calls = {
		.request_continues = gate_request_continues,
		.request_ended = gate_request_ended,
		.connection_changed = gate_connection_changed,
		.ctx = gate,
		.connection_bytes = GATE_CONNECTION_BYTES,
		.suspends = gate->ledger != NULL,
	};

	return mm_http_server_start(&gate->server, &calls, "mintmark-gate");
}

void
gate_http_abort(struct gate *gate)
{
	gate_ledger_let_go(gate);
	mm_http_server_stop(&gate->server);
}

void
gate_http_stop(struct gate *gate)
{
	atomic_store(&gate->stopping, true);
	mm_http_server_drain(&gate->server, &gate->in_flight, MM_HTTP_DRAIN_MAX_MS);
	gate_http_abort(gate);
}
