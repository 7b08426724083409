/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The live index of a realm: an entry for each token that has not expired, in the order of their places, for
 * questions and for gates that come anew.
 */
#ifndef MM_DAEMON_LEDGER_LIVE_H
#define MM_DAEMON_LEDGER_LIVE_H

#include "lib/token/token_id.h"

#include <mintmark/version.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Counters that were allotted and lost with a disk that failed stand as void; more than that at once is no such loss.
 */
#define LEDGER_LOST_MAX 1000000

/* Tokens of one signer and minute. */
struct ledger_chunk {
	uint16_t signer;
	uint32_t minute;
	int64_t exp_s; /* of the one that lives longest */
	size_t count, size;
	uint64_t *entries; /* by counter; 0: void */
};

struct ledger_live {
	struct ledger_chunk *chunks;
	size_t count, size;
	uint64_t first; /* number of the first chunk, over all time */
	struct mm_token_place *voids; /* entries that became void after they were there */
	size_t void_count, void_size;
	uint64_t void_first; /* number of the first void, over all time */
};

void ledger_live_clear(struct ledger_live *live);

/* Add the next token's entry. False where memory is short, or the place is none behind the last. */
MM_MUST_USE bool ledger_live_add(struct ledger_live *live, struct mm_token_place place, uint64_t entry, int64_t exp_s);

/* Make an entry void; nothing happens where it is not there any more. */
void ledger_live_void(struct ledger_live *live, struct mm_token_place place);

/* Forget what has expired (exp_s and the clocks' difference before now). */
void ledger_live_forget(struct ledger_live *live, int64_t now_s);

/* The entry at a place; NULL: it is not there. */
const uint64_t *ledger_live_find(const struct ledger_live *live, struct mm_token_place place);

#endif
