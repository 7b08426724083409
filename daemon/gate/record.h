/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the gate writes into its journal: decisions, findings, its own start and stop.
 */
#ifndef MM_DAEMON_GATE_RECORD_H
#define MM_DAEMON_GATE_RECORD_H

#include "daemon/gate/autopsy.h"
#include "daemon/gate/decide.h"

struct gate_record_times {
	int64_t time_us; /* since 1970 */
	uint64_t latency_ns;
};

/* Record a decision with all its facts. False where the journal could not keep it. */
MM_MUST_USE bool gate_record_decision(const struct gate_exchange *exchange, const struct gate_question *question,
    const struct gate_outcome *outcome, const struct gate_record_times *times);

/*
 * Record a finding of class strong, what an autopsy found (what says what the key signed), or an event of the gate's
 * own life, made under an epoch.
 */
MM_MUST_USE bool gate_record_finding(struct gate *gate, uint64_t epoch, const struct mm_trust_finding *finding);
MM_MUST_USE bool gate_record_autopsy(struct gate *gate, uint64_t epoch, const struct gate_autopsy_place *place,
    const struct mm_autopsy *autopsy, const char *what);
MM_MUST_USE bool gate_record_event(struct gate *gate, uint64_t epoch, const char *text);

#endif
