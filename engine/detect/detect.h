/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A run of all detections over events in the order of their time.
 *
 *   mm_detect_new(), mm_detect_run(), then the findings; mm_detect_concerns() for whatever goes through the events
 *   again; mm_detect_free().
 *
 * Two passes: the first learns what sign-in logs know (engine/detect/known.h), since a sign-in may stand behind the use
 * of its token; the second is the detections'.
 */
#ifndef MM_ENGINE_DETECT_DETECT_H
#define MM_ENGINE_DETECT_DETECT_H

#include "engine/detect/finding.h"
#include "engine/logs/hours.h"
#include "engine/logs/names.h"
#include "engine/logs/store.h"

#include <mintmark/version.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Findings that are kept of one detection: of strong ones and proofs, and of leads and gaps. */
#define MM_FINDINGS_STRONG_MAX 65536
#define MM_FINDINGS_LEADS_MAX 16384

/* What is looked at. Borrowed while the run exists. */
struct mm_detect_source {
	struct mm_logs_store *store;
	const struct mm_names *names;
	const struct mm_logs_hour *hours; /* where logs have records: mm_logs_reading_hours() */
	size_t hours_count;
	int64_t since_us, until_us; /* what is asked; INT64_MIN and INT64_MAX: all */
	uint32_t tenant;            /* only this one; 0: all. Events that name none are looked at in any case */
	bool has_sign_ins;          /* whether any input is a sign-in log */
	/* Told now and then: events done, of how many, both passes together. May be NULL. */
	void (*progress)(void *ctx, uint64_t done, uint64_t all);
	void *ctx;
};

struct mm_detect;

/* NULL where memory is short. source is copied. */
struct mm_detect *mm_detect_new(const struct mm_detect_source *source);
void mm_detect_free(struct mm_detect **detect);

/* Run all detections. Returns 0, or -1 with errno. Once. */
MM_MUST_USE int mm_detect_run(struct mm_detect *detect);

/* ---- what came of it; borrowed until it is freed ---- */

/* Surest first; then in the order of detections, tenants and first times. */
size_t mm_detect_count(const struct mm_detect *detect);
const struct mm_finding *mm_detect_finding(const struct mm_detect *detect, size_t number);

/* How many findings of a detection found no room, and events that it could not judge for want of it. */
uint64_t mm_detect_dropped(const struct mm_detect *detect, const struct mm_detection *detection);

/* Whether an event is one of those that a finding is about: subject, tenant, time and the detection's own rule. */
bool mm_detect_concerns(const struct mm_detect *detect, const struct mm_finding *finding,
    const struct mm_logs_event *event);

#endif
