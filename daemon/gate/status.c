/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How the gate is: /healthz, /readyz, /metrics.
 */
#include "daemon/gate/exchange.h"
#include "daemon/gate/route.h"

#include <microhttpd.h>
#include <time.h>

void
gate_healthz(struct gate_exchange *exchange, struct mm_http_answer *answer)
{
	(void)exchange;
	mm_http_answer_text(answer, MHD_HTTP_OK, "ok");
}

/* A gate answers only with a snapshot loaded, so that the journal is all that can be wanting. */
void
gate_readyz(struct gate_exchange *exchange, struct mm_http_answer *answer)
{
	const struct gate *gate = exchange->gate;

	if (atomic_load(&gate->stopping))
		mm_http_answer_text(answer, MHD_HTTP_SERVICE_UNAVAILABLE, "the gate is stopping");
	else if (!mm_journal_ready(gate->journal))
		mm_http_answer_text(answer, MHD_HTTP_SERVICE_UNAVAILABLE, "the journal cannot record an allow");
	else
		mm_http_answer_text(answer, MHD_HTTP_OK, "ready");
}

void
gate_metrics_page(struct gate_exchange *exchange, struct mm_http_answer *answer)
{
	answer->status = MHD_HTTP_OK;
	answer->content_type = "text/plain; version=0.0.4; charset=utf-8";
	gate_metrics_write(exchange->gate, exchange->view, (int64_t)time(NULL), &answer->body);
}
