/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From an autopsy to journal, metrics and log.
 */
#include "daemon/gate/autopsy_finding.h"

#include "daemon/gate/autopsy.h"
#include "daemon/gate/control.h"
#include "daemon/gate/evidence.h"
#include "daemon/gate/record.h"
#include "lib/base/array.h"
#include "lib/trust/trust.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* The log hears of a key and what is wrong with its use at once, and then this seldom, however often it comes. */
#define ALARM_EVERY_S 60

/* What was not examined is written down this often at most, with its number. */
#define GAP_EVERY_S 60

static int64_t
now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

/* ---- alarms ---- */

/* Whether the log should hear of it now; *untold gets how often it did not since the last time. */
static bool
is_to_be_told(struct gate_autopsy_alarms *alarms, const struct mm_autopsy *autopsy, uint64_t *untold)
{
	struct gate_autopsy_alarm *alarm = NULL;

	for (size_t i = 0; i < alarms->count && alarm == NULL; i++)
		if (alarms->items[i].fault == autopsy->fault &&
		    memcmp(alarms->items[i].material_id, autopsy->key->material_id, MM_DIGEST_LEN) == 0)
			alarm = &alarms->items[i];
	if (alarm != NULL && now_s() - alarm->told_s < ALARM_EVERY_S) {
		alarm->untold++;
		return false;
	}
	if (alarm == NULL) {
		/* More keys than these are told each time. */
		if (alarms->count == MM_COUNT_OF(alarms->items))
			alarms->count = 0;
		alarm = &alarms->items[alarms->count++];
		*alarm = (struct gate_autopsy_alarm){ .fault = autopsy->fault };
		memcpy(alarm->material_id, autopsy->key->material_id, MM_DIGEST_LEN);
	}
	*untold = alarm->untold;
	alarm->untold = 0;
	alarm->told_s = now_s();
	return true;
}

static const char *
fault_text(enum mm_autopsy_fault fault)
{
	switch (fault) {
	case MM_AUTOPSY_FAULT_ISSUER: return "a token whose issuer is another realm's";
	case MM_AUTOPSY_FAULT_WINDOW: return "a token that was issued outside its signing window";
	case MM_AUTOPSY_FAULT_REVOKED: return "a token that was issued after it was revoked";
	case MM_AUTOPSY_FAULT_NONE: break;
	}
	return "a token that was refused, and that it could have signed";
}

static void
tell_alarm(struct gate *gate, const struct mm_autopsy *autopsy)
{
	uint64_t untold = 0;
	char text[512];
	int len;

	if (!is_to_be_told(&gate->autopsy_alarms, autopsy, &untold))
		return;
	len = snprintf(text, sizeof(text),
	    "proof: somebody holds key '%.*s' of realm %.*s: it signed %s; see 'mintmark autopsies'",
	    (int)autopsy->key->kid.len, autopsy->key->kid.ptr, (int)autopsy->key->realm->name.len,
	    autopsy->key->realm->name.ptr, fault_text(autopsy->fault));
	if (untold > 0 && len > 0 && (size_t)len < sizeof(text))
		snprintf(text + len, sizeof(text) - (size_t)len, " (%" PRIu64 " more since this was last told)",
		    untold);
	gate_control_alarm(gate, text);
}

/* ---- findings ---- */

static void
tell(void *ctx, const struct gate_view *view, const struct gate_autopsy_place *place, const struct mm_autopsy *autopsy)
{
	struct gate *gate = ctx;
	bool is_proof = autopsy->class == MM_AUTOPSY_PROOF;

	atomic_fetch_add_explicit(&gate->metrics.findings[is_proof ? GATE_FINDING_AUTOPSY_PROOF :
	    GATE_FINDING_AUTOPSY_LEAD], 1, memory_order_relaxed);
	if (!gate_record_autopsy(gate, mm_trust_epoch(view->trust), place, autopsy, fault_text(autopsy->fault)))
		gate_control_alarm(gate, "the finding of an autopsy could not be recorded");
	if (is_proof)
		tell_alarm(gate, autopsy);
}

void
gate_autopsy_consider(const struct gate_exchange *exchange, struct mm_slice token, const struct mm_decision *decision)
{
	const struct mm_key *key;

	if (mm_autopsy_wanted(decision, &key))
		gate_autopsies_offer(exchange->gate->autopsies, token, key, exchange->service->name,
		    gate_evidence_client_address(exchange));
}

/*
 * Record by how much a count grew since it was last told. Returns whether it was: what cannot be recorded now is told
 * the next time.
 */
static bool
record_growth(struct gate *gate, uint64_t count, uint64_t *told, const char *what)
{
	char text[160];

	if (count == *told)
		return false;
	snprintf(text, sizeof(text), "%s: %" PRIu64, what, count - *told);
	if (!gate_record_event(gate, mm_trust_epoch(gate_views_newest(&gate->views)->trust), text))
		return false;
	*told = count;
	return true;
}

static void
record_gaps(struct gate *gate)
{
	struct gate_autopsy_counts counts;
	bool dropped, folded;

	gate_autopsies_get_counts(gate->autopsies, &counts);
	dropped = record_growth(gate, counts.dropped, &gate->autopsy_gaps.dropped,
	    "evidence gap: refused tokens that were not examined");
	folded = record_growth(gate, counts.folded, &gate->autopsy_gaps.folded,
	    "findings of autopsies that were only counted, of sources that had too many");
	if (dropped || folded)
		gate->autopsy_gaps.told_s = now_s();
}

void
gate_autopsy_tick(struct gate *gate)
{
	if (now_s() - gate->autopsy_gaps.told_s >= GAP_EVERY_S)
		record_gaps(gate);
}

bool
gate_autopsy_begin(struct gate *gate)
{
	gate->autopsies = gate_autopsies_new(&gate->views, tell, gate);
	if (gate->autopsies == NULL)
		fprintf(stderr, "mintmark-gate: no memory or threads for autopsies\n");
	return gate->autopsies != NULL;
}

void
gate_autopsy_end(struct gate *gate)
{
	if (gate->autopsies == NULL)
		return;
	gate_autopsies_stop(gate->autopsies);
	record_gaps(gate);
	gate_autopsies_free(&gate->autopsies);
}
