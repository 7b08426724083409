/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a gate is told: the day keys of its services, and a stream of the live index with heartbeats
 * (engine/index_batch.h).
 *
 * A stream is three places in what is live, tokens, voids and revocations, not a queue: a gate that is slow is behind,
 * and costs no memory. Revocations go first. A gate that takes nothing for LEDGER_STREAM_STUCK_MS is given up.
 */
#ifndef MM_DAEMON_LEDGER_STREAM_H
#define MM_DAEMON_LEDGER_STREAM_H

#include "daemon/ledger/state.h"
#include "engine/index_batch.h"

/* Batches come no closer together, while there is not more than one full. */
#define LEDGER_BATCH_MS 25
#define LEDGER_BEAT_MS 1000
#define LEDGER_STREAM_STUCK_MS 10000

/* How far a stream is, in one realm: numbers over all time, so that forgetting does not move them. */
struct ledger_cursor {
	uint64_t chunk;
	size_t entry;
	uint64_t voided;
	uint64_t revoked;
	struct mm_token_place high_water;
};

struct ledger_stream {
	struct mm_index_writer writer;
	struct ledger_cursor cursors[MM_MINT_REALMS_MAX];
	bool complete; /* the live tokens from before have all been sent */
	int64_t batch_ms, beat_ms, stuck_ms;
};

/* A gate came: its day keys, and a new stream. */
void ledger_stream_begin(struct ledger *ledger, struct ledger_peer *gate);

/* Send what is due. Returns when it wants to be called again (CLOCK_BOOTTIME). */
int64_t ledger_stream_tick(struct ledger *ledger, int64_t now_ms);

#endif
