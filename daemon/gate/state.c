/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The gate's state as JSON.
 */
#include "daemon/gate/state.h"

#include "daemon/gate/autopsy.h"
#include "daemon/gate/ledger.h"
#include "daemon/gate/readiness.h"
#include "engine/json_writer.h"

static void
write_decisions(struct gate *gate, struct mm_json_writer *writer)
{
	uint64_t allowed = 0, denied = 0;

	for (const struct gate_service_metrics *service = gate->metrics.services; service != NULL;
	     service = service->next) {
		allowed += atomic_load_explicit(&service->decisions[MM_OK], memory_order_relaxed);
		for (int reason = MM_OK + 1; reason < MM_REASON_COUNT; reason++)
			denied += atomic_load_explicit(&service->decisions[reason], memory_order_relaxed);
	}
	mm_json_begin_object(writer, "decisions");
	mm_json_add_int(writer, "allowed", (int64_t)allowed);
	mm_json_add_int(writer, "denied", (int64_t)denied);
	mm_json_end_object(writer);
}

static void
write_cache(const struct gate *gate, struct mm_json_writer *writer)
{
	struct mm_cache_stats stats;

	if (gate->token_cache == NULL)
		return;
	mm_cache_get_stats(gate->token_cache, &stats);
	mm_json_begin_object(writer, "cache");
	mm_json_add_int(writer, "entries", (int64_t)stats.entries);
	mm_json_add_int(writer, "bytes", (int64_t)stats.bytes);
	mm_json_add_int(writer, "hits", (int64_t)stats.hits);
	mm_json_add_int(writer, "misses", (int64_t)stats.misses);
	mm_json_end_object(writer);
}

static void
write_autopsies(const struct gate *gate, struct mm_json_writer *writer)
{
	struct gate_autopsy_counts counts;

	gate_autopsies_get_counts(gate->autopsies, &counts);
	mm_json_begin_object(writer, "autopsies");
	mm_json_add_int(writer, "queued", (int64_t)counts.queued);
	mm_json_add_int(writer, "examined", (int64_t)counts.examined);
	mm_json_add_int(writer, "proofs", (int64_t)counts.proofs);
	mm_json_add_int(writer, "leads", (int64_t)counts.leads);
	mm_json_add_int(writer, "dropped", (int64_t)counts.dropped);
	mm_json_end_object(writer);
}

static void
write_journal(const struct gate *gate, struct mm_json_writer *writer)
{
	struct mm_journal_stats stats;

	mm_journal_stats(gate->journal, &stats);
	mm_json_begin_object(writer, "journal");
	mm_json_add_bool(writer, "ready", mm_journal_ready(gate->journal));
	mm_json_add_int(writer, "records", (int64_t)stats.records);
	mm_json_add_int(writer, "folded", (int64_t)stats.folded);
	mm_json_add_int(writer, "failures", (int64_t)stats.failures);
	mm_json_end_object(writer);
}

static void
write_ledger(const struct gate *gate, struct mm_json_writer *writer)
{
	static const char *const words[] = {
		[MM_FRESH] = "fresh", [MM_STALE] = "stale", [MM_CLOCK_IS_OFF] = "clock",
	};
	struct gate_ledger_stats stats;

	if (gate->ledger == NULL)
		return;
	gate_ledger_get_stats(gate->ledger, &stats);
	mm_json_begin_object(writer, "ledger");
	mm_json_add_bool(writer, "connected", stats.connected);
	mm_json_add_str(writer, "trust", words[gate_ledger_freshness_now(gate)]);
	if (stats.age_ms != INT64_MAX)
		mm_json_add_int(writer, "age", stats.age_ms);
	mm_json_add_int(writer, "clock_off", stats.clock_off_ms / 1000);
	mm_json_add_int(writer, "tokens", (int64_t)stats.index_tokens);
	mm_json_add_int(writer, "bytes", (int64_t)stats.index_bytes);
	mm_json_add_int(writer, "revoked", (int64_t)stats.revoked);
	mm_json_add_int(writer, "streams", (int64_t)stats.streams);
	mm_json_add_int(writer, "broken", (int64_t)stats.broken);
	mm_json_add_int(writer, "waiting", (int64_t)stats.waiting);
	mm_json_add_int(writer, "waited", (int64_t)stats.waited);
	mm_json_add_int(writer, "asked", (int64_t)stats.asked);
	mm_json_add_int(writer, "answered", (int64_t)stats.answered);
	mm_json_end_object(writer);
}

/* Realms whose tokens are refused; more than a few have one cause. */
#define REFUSED_MAX 16

static void
write_refused(struct gate *gate, struct mm_json_writer *writer)
{
	const struct mm_trust *trust = gate_views_newest(&gate->views)->trust;
	struct gate_heard heard = gate_readiness_hear(gate);
	size_t told = 0;

	mm_json_begin_array(writer, "refused");
	for (size_t i = 0; i < trust->realm_count && told < REFUSED_MAX; i++) {
		const char *fault = gate_readiness_fault(trust, &trust->realms[i], &heard);

		if (fault == NULL || !gate_readiness_concerns(trust, NULL, &trust->realms[i]))
			continue;
		mm_json_begin_object(writer, NULL);
		mm_json_add_slice(writer, "realm", trust->realms[i].name);
		mm_json_add_str(writer, "why", fault);
		mm_json_end_object(writer);
		told++;
	}
	mm_json_end_array(writer);
}

void
gate_state_write(struct gate *gate, struct mm_buf *out)
{
	struct mm_json_writer writer;

	mm_json_writer_init(&writer, out);
	mm_json_begin_object(&writer, NULL);
	write_decisions(gate, &writer);
	write_cache(gate, &writer);
	write_autopsies(gate, &writer);
	write_journal(gate, &writer);
	write_ledger(gate, &writer);
	write_refused(gate, &writer);
	mm_json_end_object(&writer);
}
