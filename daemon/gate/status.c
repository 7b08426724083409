/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How the gate is: /healthz, /readyz, /metrics.
 */
#include "daemon/gate/exchange.h"
#include "daemon/gate/readiness.h"
#include "daemon/gate/route.h"

#include <microhttpd.h>
#include <time.h>

void
gate_healthz(struct gate_exchange *exchange, struct mm_http_answer *answer)
{
	(void)exchange;
	mm_http_answer_text(answer, MHD_HTTP_OK, "ok");
}

/* ---- readiness ---- */

/* Why nothing could be allowed whatever is asked; NULL: it could. */
static const char *
fault_of_all(const struct gate *gate)
{
	if (atomic_load(&gate->stopping))
		return "the gate is stopping";
	return mm_journal_ready(gate->journal) ? NULL : "the journal cannot record an allow";
}

/* The realms of a service, or of any (NULL), whose tokens are refused, each with why. */
static void
add_realms(const struct mm_trust *trust, const struct mm_service *service, const struct gate_heard *heard,
    struct mm_buf *body)
{
	for (size_t i = 0; i < trust->realm_count; i++) {
		const struct mm_realm *realm = &trust->realms[i];
		const char *fault = gate_readiness_fault(trust, realm, heard);

		if (fault != NULL && gate_readiness_concerns(trust, service, realm))
			mm_buf_addf(body, "realm %.*s: %s: its tokens are refused\n", (int)realm->name.len,
			    realm->name.ptr, fault);
	}
}

static void
add_services(const struct mm_trust *trust, const struct gate_heard *heard, struct mm_buf *body)
{
	for (size_t i = 0; i < trust->service_count; i++) {
		struct mm_slice name = trust->services[i].name;

		if (gate_readiness_of_service(trust, &trust->services[i], heard) == GATE_NOT_READY)
			mm_buf_addf(body, "service %.*s: every token is refused\n", (int)name.len, name.ptr);
	}
}

static void
answer_readiness(struct mm_http_answer *answer, enum gate_readiness readiness)
{
	static const char *const lines[] = {
		[GATE_READY] = "ready",
		[GATE_READY_IN_PART] = "ready in part",
		[GATE_NOT_READY] = "every token is refused",
	};

	mm_http_answer_text(answer, readiness == GATE_NOT_READY ? MHD_HTTP_SERVICE_UNAVAILABLE : MHD_HTTP_OK,
	    lines[readiness]);
}

/* A gate answers only with a snapshot loaded: journal, keys and the ledger are all that can be wanting. */
void
gate_readyz(struct gate_exchange *exchange, struct mm_http_answer *answer)
{
	const struct mm_trust *trust = exchange->view->trust;
	struct gate_heard heard = gate_readiness_hear(exchange->gate);
	const char *fault = fault_of_all(exchange->gate);

	if (fault != NULL) {
		mm_http_answer_text(answer, MHD_HTTP_SERVICE_UNAVAILABLE, fault);
		return;
	}
	if (exchange->service != NULL) {
		answer_readiness(answer, gate_readiness_of_service(trust, exchange->service, &heard));
		add_realms(trust, exchange->service, &heard, &answer->body);
		return;
	}
	answer_readiness(answer, gate_readiness_of_all(trust, &heard));
	add_realms(trust, NULL, &heard, &answer->body);
	add_services(trust, &heard, &answer->body);
}

void
gate_metrics_page(struct gate_exchange *exchange, struct mm_http_answer *answer)
{
	answer->status = MHD_HTTP_OK;
	answer->content_type = "text/plain; version=0.0.4; charset=utf-8";
	gate_metrics_write(exchange->gate, exchange->view, (int64_t)time(NULL), &answer->body);
}
