/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ledger's stream: day keys, index batches with revocations, and heartbeats, checked and made into what decisions
 * prove by.
 *
 * A stream fills a proof of its own. The gate decides by the one of the stream before until this one has every live
 * token, so that a ledger or a pair that was started anew makes no genuine token unknown.
 * One thread alone; no sockets and no clock, so that it can be tested with neither.
 */
#ifndef MM_DAEMON_GATE_STREAM_H
#define MM_DAEMON_GATE_STREAM_H

#include "daemon/gate/mint_keys.h"
#include "daemon/ipc/message.h"
#include "engine/index_batch.h"
#include "lib/token/proof.h"

#include <mintmark/proof.h>
#include <mintmark/version.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* When a message came, by this host's clocks. */
struct gate_stream_time {
	int64_t now_s;   /* of day */
	int64_t now_us;  /* the same */
	int64_t boot_ms; /* CLOCK_BOOTTIME */
};

struct gate_stream {
	struct mm_index_reader reader;
	struct mm_proof *proof; /* that it fills; NULL: it was given away */
	bool settled;           /* every live token from before it has come */
	struct mm_index_head head; /* of the newest message */
	bool has_head;
	int64_t clock_off_ms;   /* how far the ledger's clock is ahead of ours, by that message */
	uint64_t batches, tokens, day_keys;
	size_t revoked; /* revocations in the newest message */
	struct mm_index_batch batch;
};

/* A new stream under a pinned root. False where memory is short. */
MM_MUST_USE bool gate_stream_init(struct gate_stream *stream, const uint8_t root[MM_ED25519_PUBLIC_LEN]);
void gate_stream_clear(struct gate_stream *stream);

/*
 * Take a message of the ledger: day keys, a batch or a heartbeat, of mints by these names (by number; NULL: none of
 * this number). Returns NULL, or why it cannot be believed: the stream is of no use any more.
 */
MM_MUST_USE const char *gate_stream_take(struct gate_stream *stream, const struct mm_message *message,
    const char *const names[MM_MINT_REALMS_MAX], const struct gate_stream_time *time);

/*
 * Put the revocations of the message that was taken last into the realms' sets (by number; NULL: none is needed), while
 * nobody decides. They outlive the stream: one that is begun anew takes none back. Returns whether all are kept apart.
 */
bool gate_stream_revoke(struct gate_stream *stream, struct mm_revoked *const sets[MM_MINT_REALMS_MAX],
    const struct gate_stream_time *time);

#endif
