/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Auditing a ledger: all of its records, in order. Memory does not grow with the number of records.
 */
#ifndef MM_ENGINE_LEDGER_AUDIT_H
#define MM_ENGINE_LEDGER_AUDIT_H

#include "engine/ledger_anchor.h"
#include "engine/ledger_reader.h"

#include <mintmark/version.h>

#include <stdbool.h>
#include <stdint.h>

/* What was found. The first fault ends an audit. */
struct mm_ledger_audit {
	const char *fault; /* a constant sentence; NULL: none */
	struct mm_ledger_at at; /* of the fault; else where the ledger ends */

	uint64_t records, bytes;
	uint64_t kinds[MM_LEDGER_KIND_END];
	uint64_t released;       /* tokens that stand in RELEASED records */
	uint64_t heads_verified; /* signatures of heads that hold */
	uint64_t term; /* the last one */
	uint64_t first_sequence, last_sequence;
	int64_t first_us, last_us;
	size_t realm_count;
	struct mm_ledger_realm_sum realms[MM_LEDGER_REALMS_MAX];

	/* What is not kept any more, by the anchor; anchor_segment 0: all is kept. */
	uint64_t anchor_segment;  /* the last one that is not */
	uint64_t anchor_sequence; /* its last record's */
	int64_t anchor_first_us, anchor_last_us;
	int64_t latest_us; /* the latest time of any record that was read */
};

/* Told now and then: bytes done and in all. */
typedef void mm_ledger_progress(void *ctx, uint64_t done, uint64_t total, uint64_t records);

/*
 * Audit the ledger of a folder, from its anchor on where it has one, else from its first record. CRC and chain of every
 * record; that the rare ones lead to each other; that places are unique and in order in each realm; that heads count
 * what is there and are signed by the key-state key of their term, which root certifies (root NULL: signatures are not
 * looked at). Returns false where a file cannot be read or memory is short (errno); a fault of the ledger is in *audit.
 */
MM_MUST_USE bool mm_ledger_audit(int dir_fd, const uint8_t *root, mm_ledger_progress *progress, void *ctx,
    struct mm_ledger_audit *audit);

/* Told each record that is whole and in order. False ends the audit, with a fault. */
typedef bool mm_ledger_visit(void *ctx, const struct mm_ledger_item *item, unsigned kind);

/*
 * Audit the segments before one alone, without looking at signatures, and have each record visited. As above. Not for
 * two threads at once.
 */
MM_MUST_USE bool mm_ledger_audit_before(int dir_fd, uint64_t segment, mm_ledger_visit *visit, void *ctx,
    struct mm_ledger_audit *audit);

#endif
