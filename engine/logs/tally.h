/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tally: how often each step of normalising was done, and each thing went wrong.
 */
#ifndef MM_ENGINE_LOGS_TALLY_H
#define MM_ENGINE_LOGS_TALLY_H

#include <stdint.h>

enum mm_logs_step {
#define MM_STEP(id, name, text) MM_LOGS_STEP_##id,
#include "engine/logs/steps.def"
#undef MM_STEP
	MM_LOGS_STEPS
};

enum mm_logs_trouble_kind {
#define MM_TROUBLE(id, name, text) MM_LOGS_TROUBLE_##id,
#include "engine/logs/troubles.def"
#undef MM_TROUBLE
	MM_LOGS_TROUBLES
};

struct mm_logs_tally {
	uint64_t steps[MM_LOGS_STEPS];
	uint64_t troubles[MM_LOGS_TROUBLES];
};

void mm_logs_tally_add(struct mm_logs_tally *tally, const struct mm_logs_tally *more);

/* How many things went wrong altogether. */
uint64_t mm_logs_tally_troubles(const struct mm_logs_tally *tally);

/* The name for JSON, and the sentence for people. */
const char *mm_logs_step_name(enum mm_logs_step step);
const char *mm_logs_step_text(enum mm_logs_step step);
const char *mm_logs_trouble_name(enum mm_logs_trouble_kind kind);
const char *mm_logs_trouble_text(enum mm_logs_trouble_kind kind);

#endif
