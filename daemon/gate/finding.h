/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Telling what compiling a snapshot found: once each into the journal, the metrics and mintmarkd's log, however many
 * later snapshots have it again.
 */
#ifndef MM_DAEMON_GATE_FINDING_H
#define MM_DAEMON_GATE_FINDING_H

#include "lib/base/limits.h"

#include <stddef.h>
#include <stdint.h>

struct gate;
struct mm_trust;

/* Findings that were told, by digest. */
struct gate_findings {
	uint8_t (*told)[MM_DIGEST_LEN];
	size_t count;
};

/* Tell the findings of a trust that were not told yet. One thread alone. */
void gate_findings_tell(struct gate *gate, const struct mm_trust *trust);
void gate_findings_clear(struct gate_findings *findings);

#endif
