/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Recording: what waits for the disk, what is told of releases and voids, the signed heads, and what happens when the
 * disk fails.
 */
#ifndef MM_DAEMON_LEDGER_RECORDS_H
#define MM_DAEMON_LEDGER_RECORDS_H

#include "daemon/ledger/state.h"

/* Releases are recorded at least so often while there are any. */
#define LEDGER_RELEASED_MS 500

/* How often recording is tried again after a failure. */
#define LEDGER_RETRY_MS 1000

/* Append a record; its sequence number, 0 where nothing can be recorded. done as for ledger_append(). */
MM_MUST_USE uint64_t ledger_record(struct ledger *ledger, const struct mm_ledger_record *record,
    ledger_durable_function *done, void *ctx);

/* Whether another token can be recorded now. */
bool ledger_can_record(struct ledger *ledger);

/* A token was handed on. */
void ledger_record_released(struct ledger *ledger, uint64_t sequence);

/* A token's record is void: at once in the index, and on record as soon as it can be. */
void ledger_record_void(struct ledger *ledger, struct ledger_realm *realm, const struct ledger_unresolved *of,
    enum mm_mint_status status, bool at_start);

/* The writer has news. */
void ledger_records_go_on(struct ledger *ledger);

/* What is due by time: releases, heads, another try. Returns when it wants to be called again (CLOCK_BOOTTIME). */
int64_t ledger_records_tick(struct ledger *ledger, int64_t now_ms);

/* The end is near: record what is owed, so that the next start need not guess. */
void ledger_records_end(struct ledger *ledger);

/* Forget who waits; what they would have done is left to the next start. */
void ledger_records_clear(struct ledger *ledger);

/* Record a head of the counts as they are now. */
void ledger_record_head(struct ledger *ledger);

/* A name among all realms of the ledger's time; NULL where there are too many. */
struct ledger_known_realm *ledger_known_realm(struct ledger *ledger, struct mm_slice name);

#endif
