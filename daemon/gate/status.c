/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How the gate is: /healthz, /readyz, /metrics.
 */
#include "daemon/gate/exchange.h"
#include "daemon/gate/ledger.h"
#include "daemon/gate/route.h"
#include "lib/trust/trust.h"

#include <microhttpd.h>
#include <time.h>

void
gate_healthz(struct gate_exchange *exchange, struct mm_http_answer *answer)
{
	(void)exchange;
	mm_http_answer_text(answer, MHD_HTTP_OK, "ok");
}

static bool
has_keys(const struct mm_trust *trust, const struct mm_realm *realm)
{
	for (size_t i = 0; i < trust->key_count; i++)
		if (trust->keys[i].realm == realm && trust->keys[i].standing == MM_KEY_USABLE)
			return true;
	return false;
}

/* Whether every mint's tokens are refused that the trust may be too old for. */
static bool
stale_refuses(const struct mm_trust *trust)
{
	for (size_t i = 0; i < trust->realm_count; i++)
		if (trust->realms[i].is_mint && !trust->realms[i].when_stale_marked_only)
			return true;
	return false;
}

/* Why tokens of mints are refused, all of them or those of a realm; NULL: they are not. */
static const char *
fault_of_mints(const struct gate_exchange *exchange)
{
	const struct gate *gate = exchange->gate;
	const struct mm_trust *trust = exchange->view->trust;
	enum mm_freshness freshness = gate->ledger == NULL ? MM_FRESH : gate_ledger_freshness_now(gate);

	for (size_t i = 0; i < trust->realm_count; i++)
		if (trust->realms[i].is_mint && !has_keys(trust, &trust->realms[i]))
			return "a mint's keys have not come from the ledger: tokens of its realm are refused";
	if (freshness == MM_CLOCK_IS_OFF)
		return "the clock is not the ledger's: tokens of mints are refused";
	if (freshness == MM_STALE && stale_refuses(trust))
		return "nothing current is heard of the ledger: tokens of mints are refused";
	return NULL;
}

/* A gate answers only with a snapshot loaded, so that the journal and the ledger are all that can be wanting. */
void
gate_readyz(struct gate_exchange *exchange, struct mm_http_answer *answer)
{
	const struct gate *gate = exchange->gate;
	const char *fault = fault_of_mints(exchange);

	if (atomic_load(&gate->stopping))
		mm_http_answer_text(answer, MHD_HTTP_SERVICE_UNAVAILABLE, "the gate is stopping");
	else if (!mm_journal_ready(gate->journal))
		mm_http_answer_text(answer, MHD_HTTP_SERVICE_UNAVAILABLE, "the journal cannot record an allow");
	else if (fault != NULL)
		mm_http_answer_text(answer, MHD_HTTP_SERVICE_UNAVAILABLE, fault);
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
