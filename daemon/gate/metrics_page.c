/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The text of /metrics: one function a family, and the list of them at the end.
 */
#include "daemon/gate/autopsy.h"
#include "daemon/gate/gate.h"
#include "daemon/gate/ledger.h"
#include "daemon/gate/metrics.h"
#include "daemon/gate/readiness.h"
#include "daemon/gate/route.h"
#include "lib/base/array.h"
#include "lib/trust/trust.h"

#include <inttypes.h>

/* What it is written of, and into. */
struct page {
	struct gate *gate;
	const struct gate_view *view;
	int64_t now_s;
	struct mm_buf *out;
};

static uint64_t
get(const _Atomic uint64_t *counter)
{
	return atomic_load_explicit(counter, memory_order_relaxed);
}

static void
begin_family(const struct page *page, const char *name, const char *type, const char *help)
{
	mm_buf_addf(page->out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

/* A label value; the format wants backslash, quote and line feed escaped. Other control characters become '?'. */
static void
add_label_value(struct mm_buf *out, struct mm_slice value)
{
	for (size_t i = 0; i < value.len; i++) {
		unsigned char c = (unsigned char)value.ptr[i];

		if (c == '\n')
			mm_buf_add_str(out, "\\n");
		else if (c == '\\' || c == '"')
			mm_buf_addf(out, "\\%c", c);
		else
			mm_buf_add_u8(out, c < 0x20 || c == 0x7f ? (uint8_t)'?' : c);
	}
}

static void
add_label(struct mm_buf *out, const char *name, struct mm_slice value)
{
	mm_buf_addf(out, "%s=\"", name);
	add_label_value(out, value);
	mm_buf_add_str(out, "\"");
}

static void
add_plain(const struct page *page, const char *name, const char *type, const char *help, uint64_t value)
{
	begin_family(page, name, type, help);
	mm_buf_addf(page->out, "%s %" PRIu64 "\n", name, value);
}

static void
write_build(const struct page *page)
{
	begin_family(page, "mintmark_build_info", "gauge", "Version of this gate.");
	mm_buf_addf(page->out, "mintmark_build_info{version=\"%s\"} 1\n", mm_version());
}

/* Fifty reasons times all services, nearly all zero: only the allows are always there. */
static void
write_by_reason(const struct page *page, const char *name, struct mm_slice service, const _Atomic uint64_t *decisions)
{
	for (unsigned reason = 0; reason < MM_REASON_COUNT; reason++) {
		uint64_t count = get(&decisions[reason]);

		if (count == 0 && reason != MM_OK)
			continue;
		mm_buf_addf(page->out, "%s{", name);
		add_label(page->out, "service", service);
		mm_buf_addf(page->out, ",verdict=\"%s\",reason=\"%s\"} %" PRIu64 "\n",
		    reason == MM_OK ? "allow" : "deny", mm_reason_code(reason), count);
	}
}

static void
write_decisions(const struct page *page)
{
	static const char name[] = "mintmark_decisions_total";

	begin_family(page, name, "counter", "Decisions by service, verdict and reason.");
	for (size_t i = 0; i < page->view->trust->service_count; i++)
		write_by_reason(page, name, page->view->trust->services[i].name, page->view->services[i]->decisions);
}

static void
write_shadow_decisions(const struct page *page)
{
	static const char name[] = "mintmark_shadow_decisions_total";

	begin_family(page, name, "counter", "What would have been decided, where the gate was only told.");
	for (size_t i = 0; i < page->view->trust->service_count; i++)
		write_by_reason(page, name, page->view->trust->services[i].name,
		    page->view->services[i]->shadow_decisions);
}

static void
write_service_latency(const struct gate_service_metrics *service, struct mm_slice name, struct mm_buf *out)
{
	uint64_t below = 0;

	for (size_t bucket = 0; bucket <= GATE_LATENCY_BUCKET_COUNT; bucket++) {
		below += get(&service->latency[bucket]);
		mm_buf_add_str(out, "mintmark_decision_seconds_bucket{");
		add_label(out, "service", name);
		if (bucket < GATE_LATENCY_BUCKET_COUNT)
			mm_buf_addf(out, ",le=\"%g\"} %" PRIu64 "\n", (double)gate_latency_bounds_us[bucket] / 1e6,
			    below);
		else
			mm_buf_addf(out, ",le=\"+Inf\"} %" PRIu64 "\n", below);
	}
	mm_buf_add_str(out, "mintmark_decision_seconds_sum{");
	add_label(out, "service", name);
	mm_buf_addf(out, "} %.9f\n", (double)get(&service->latency_sum_ns) / 1e9);
	mm_buf_add_str(out, "mintmark_decision_seconds_count{");
	add_label(out, "service", name);
	mm_buf_addf(out, "} %" PRIu64 "\n", below);
}

static void
write_latency(const struct page *page)
{
	begin_family(page, "mintmark_decision_seconds", "histogram", "Time to decide and to record the decision.");
	for (size_t i = 0; i < page->view->trust->service_count; i++)
		write_service_latency(page->view->services[i], page->view->trust->services[i].name, page->out);
}

static void
write_proof(const struct page *page)
{
	begin_family(page, "mintmark_proof_total", "counter", "Decisions on mints' tokens, by proof of issuance.");
	for (size_t i = 0; i < page->view->trust->service_count; i++)
		for (int issuance = MM_ISSUANCE_NONE + 1; issuance < MM_ISSUANCE_COUNT; issuance++) {
			uint64_t count = get(&page->view->services[i]->proofs[issuance]);

			if (count == 0)
				continue;
			mm_buf_add_str(page->out, "mintmark_proof_total{");
			add_label(page->out, "service", page->view->trust->services[i].name);
			mm_buf_addf(page->out, ",result=\"%s\"} %" PRIu64 "\n",
			    mm_issuance_name((enum mm_issuance)issuance), count);
		}
}

static void
write_callers_refused(const struct page *page)
{
	begin_family(page, "mintmark_caller_refused_total", "counter", "Requests of strangers as callers.");
	for (size_t i = 0; i < page->view->trust->service_count; i++) {
		mm_buf_add_str(page->out, "mintmark_caller_refused_total{");
		add_label(page->out, "service", page->view->trust->services[i].name);
		mm_buf_addf(page->out, "} %" PRIu64 "\n", get(&page->view->services[i]->callers_refused));
	}
}

static void
add_key_labels(struct mm_buf *out, const struct mm_key *key)
{
	add_label(out, "realm", key->realm->name);
	mm_buf_add_str(out, ",");
	add_label(out, "kid", key->kid);
}

static void
write_key_ages(const struct page *page)
{
	begin_family(page, "mintmark_key_age_seconds", "gauge", "Time since a key may sign, where it says so.");
	for (size_t i = 0; i < page->view->trust->key_count; i++) {
		const struct mm_key *key = &page->view->trust->keys[i];

		if (key->signs_from_s == INT64_MIN)
			continue;
		mm_buf_add_str(page->out, "mintmark_key_age_seconds{");
		add_key_labels(page->out, key);
		mm_buf_addf(page->out, "} %" PRId64 "\n", page->now_s - key->signs_from_s);
	}
}

static void
write_key_states(const struct page *page)
{
	begin_family(page, "mintmark_key_state", "gauge", "The state that each known key is in: 1.");
	for (size_t i = 0; i < page->view->trust->key_count; i++) {
		const struct mm_key *key = &page->view->trust->keys[i];

		mm_buf_add_str(page->out, "mintmark_key_state{");
		add_key_labels(page->out, key);
		mm_buf_addf(page->out, ",state=\"%s\"} 1\n", mm_key_state_name(mm_key_state_at(key, page->now_s)));
	}
}

static void
write_findings(const struct page *page)
{
	begin_family(page, "mintmark_findings_total", "counter", "Findings by kind; each is in the journal too.");
	for (unsigned i = 0; i < GATE_FINDING_COUNT; i++)
		mm_buf_addf(page->out, "mintmark_findings_total{kind=\"%s\"} %" PRIu64 "\n", gate_finding_name(i),
		    get(&page->gate->metrics.findings[i]));
}

static void
write_autopsies(const struct page *page)
{
	struct gate_autopsy_counts counts;

	gate_autopsies_get_counts(page->gate->autopsies, &counts);
	add_plain(page, "mintmark_autopsies_total", "counter", "Refused tokens whose signature was looked at.",
	    counts.examined);
	add_plain(page, "mintmark_autopsies_repeated_total", "counter",
	    "Refused tokens that were waiting already, or found lately.", counts.repeated);
	add_plain(page, "mintmark_autopsies_folded_total", "counter", "Findings of autopsies that were only counted.",
	    counts.folded);
	add_plain(page, "mintmark_autopsy_gaps_total", "counter", "Refused tokens that were not examined.",
	    counts.dropped);
	add_plain(page, "mintmark_autopsies_waiting", "gauge", "Refused tokens that wait to be examined.",
	    counts.queued);
}

static void
write_cache(const struct page *page)
{
	struct mm_cache_stats stats = { 0 };

	if (page->gate->token_cache != NULL)
		mm_cache_get_stats(page->gate->token_cache, &stats);
	begin_family(page, "mintmark_token_cache_lookups_total", "counter", "Look-ups of verified tokens.");
	mm_buf_addf(page->out, "mintmark_token_cache_lookups_total{outcome=\"hit\"} %" PRIu64 "\n", stats.hits);
	mm_buf_addf(page->out, "mintmark_token_cache_lookups_total{outcome=\"miss\"} %" PRIu64 "\n", stats.misses);
	add_plain(page, "mintmark_token_cache_evicted_total", "counter", "Verified tokens forgotten for want of room.",
	    stats.evicted);
	add_plain(page, "mintmark_token_cache_entries", "gauge",
	    "Verified tokens that are remembered, of older epochs too.", stats.entries);
	add_plain(page, "mintmark_token_cache_bytes", "gauge", "Memory of the cache of verified tokens.", stats.bytes);
}

static void
write_journal(const struct page *page)
{
	struct mm_journal_stats stats;

	mm_journal_stats(page->gate->journal, &stats);
	add_plain(page, "mintmark_journal_records_total", "counter", "Records written.", stats.records);
	add_plain(page, "mintmark_journal_folded_total", "counter", "Denials only counted.", stats.folded);
	add_plain(page, "mintmark_journal_bytes_total", "counter", "Bytes written.", stats.bytes);
	add_plain(page, "mintmark_journal_syncs_total", "counter", "Calls of fdatasync.", stats.syncs);
	add_plain(page, "mintmark_journal_failures_total", "counter", "Records that could not be kept.",
	    stats.failures);
	add_plain(page, "mintmark_journal_ready", "gauge", "Whether an allow could be recorded now.",
	    mm_journal_ready(page->gate->journal));
}

static void
write_proofs(const struct page *page)
{
	struct mm_replay_stats stats;

	mm_replay_store_get_stats(page->gate->replay_store, &stats);
	begin_family(page, "mintmark_proofs_total", "counter", "DPoP proofs that nothing else was wrong with.");
	mm_buf_addf(page->out, "mintmark_proofs_total{outcome=\"entered\"} %" PRIu64 "\n", stats.entered);
	mm_buf_addf(page->out, "mintmark_proofs_total{outcome=\"used\"} %" PRIu64 "\n", stats.used);
	mm_buf_addf(page->out, "mintmark_proofs_total{outcome=\"without_room\"} %" PRIu64 "\n", stats.without_room);
	add_plain(page, "mintmark_proofs_kept", "gauge", "Used DPoP proofs that are remembered now.", stats.kept);
	add_plain(page, "mintmark_proofs_room", "gauge", "Used DPoP proofs that can be remembered.", stats.room);
}

/* What the gate hears of the ledger, where a realm is a mint. */
static void
write_ledger(const struct page *page)
{
	struct gate_ledger_stats stats;

	if (page->gate->ledger == NULL)
		return;
	gate_ledger_get_stats(page->gate->ledger, &stats);
	add_plain(page, "mintmark_ledger_connected", "gauge", "Whether the ledger's stream comes.", stats.connected);
	add_plain(page, "mintmark_ledger_stale", "gauge", "Whether what it says of the trust is too old to rely on.",
	    gate_ledger_freshness_now(page->gate) != MM_FRESH);
	if (stats.age_ms != INT64_MAX)
		add_plain(page, "mintmark_ledger_age_milliseconds", "gauge",
		    "Age of its newest signed word behind which no revocation is left to be heard.",
		    (uint64_t)(stats.age_ms < 0 ? 0 : stats.age_ms));
	add_plain(page, "mintmark_ledger_streams_total", "counter", "Streams that were begun.", stats.streams);
	add_plain(page, "mintmark_ledger_streams_broken_total", "counter", "Streams that could not be believed.",
	    stats.broken);
	add_plain(page, "mintmark_revocations", "gauge", "Revocations of mints that are kept.", stats.revoked);
	add_plain(page, "mintmark_revocations_bytes", "gauge", "Memory of them.", stats.revoked_bytes);
	add_plain(page, "mintmark_revocations_heard_total", "counter",
	    "Revocations that came from the ledger, again with each stream.", stats.revoked_heard);
	add_plain(page, "mintmark_index_tokens", "gauge", "Tokens in the index of issued ones.", stats.index_tokens);
	add_plain(page, "mintmark_index_bytes", "gauge", "Memory of that index.", stats.index_bytes);
	add_plain(page, "mintmark_ledger_waiting", "gauge", "Requests that wait for the ledger.", stats.waiting);
	add_plain(page, "mintmark_ledger_waited_total", "counter", "Times that a request waited for it.",
	    stats.waited);
	add_plain(page, "mintmark_ledger_questions_total", "counter", "Questions that it was asked.", stats.asked);
	add_plain(page, "mintmark_ledger_answers_total", "counter", "Answers of it.", stats.answered);
}

/* As /readyz has it, and each realm by itself. */
static void
write_readiness(const struct page *page)
{
	const struct mm_trust *trust = page->view->trust;
	struct gate_heard heard = gate_readiness_hear(page->gate);
	bool ready = mm_journal_ready(page->gate->journal) && !atomic_load(&page->gate->stopping) &&
	    gate_readiness_of_all(trust, &heard) != GATE_NOT_READY;

	add_plain(page, "mintmark_ready", "gauge", "Whether any token could be allowed now.", ready);
	begin_family(page, "mintmark_realm_ready", "gauge", "Whether tokens of a realm could be allowed now.");
	for (size_t i = 0; i < trust->realm_count; i++) {
		mm_buf_add_str(page->out, "mintmark_realm_ready{");
		add_label(page->out, "realm", trust->realms[i].name);
		mm_buf_addf(page->out, "} %d\n", gate_readiness_fault(trust, &trust->realms[i], &heard) == NULL);
	}
}

static void
write_answers(const struct page *page)
{
	begin_family(page, "mintmark_http_answers_total", "counter", "HTTP answers by endpoint and class of status.");
	for (size_t route = 0; route < gate_route_count(); route++)
		for (unsigned class = 2; class < GATE_STATUS_CLASS_COUNT; class++) {
			uint64_t answers = get(&page->gate->metrics.answers[route][class]);

			if (answers == 0)
				continue;
			mm_buf_addf(page->out, "mintmark_http_answers_total{endpoint=\"%s\",status=\"%uxx\"} %" PRIu64
			    "\n", gate_route_name(route), class, answers);
		}
}

static void
write_process(const struct page *page)
{
	add_plain(page, "mintmark_trust_epoch", "gauge", "Number of the trust state.",
	    mm_trust_epoch(page->view->trust));
	add_plain(page, "mintmark_connections", "gauge", "Open client connections.",
	    atomic_load(&page->gate->connections));
	add_plain(page, "mintmark_unknown_service_total", "counter", "Requests that name no known service.",
	    get(&page->gate->metrics.unknown_services));
	add_plain(page, "mintmark_alarms_untold_total", "counter",
	    "Alarms that mintmarkd could not be told of at once.", get(&page->gate->metrics.alarms_untold));
}

void
gate_metrics_write(struct gate *gate, const struct gate_view *view, int64_t now_s, struct mm_buf *out)
{
	static void (*const families[])(const struct page *) = {
		write_build, write_decisions, write_shadow_decisions, write_proof, write_latency, write_callers_refused,
		write_key_ages, write_key_states, write_findings, write_autopsies, write_cache, write_journal,
		write_proofs, write_ledger, write_readiness, write_answers, write_process,
	};
	const struct page page = { gate, view, now_s, out };

	for (size_t i = 0; i < MM_COUNT_OF(families); i++)
		families[i](&page);
}
