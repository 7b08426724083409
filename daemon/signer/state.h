/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether the store of keys can be reached, as the ledger and the log are told of it; and when it is looked after next:
 * soon where it is away, with growing pauses.
 */
#ifndef MM_DAEMON_SIGNER_STATE_H
#define MM_DAEMON_SIGNER_STATE_H

#include <mintmark/version.h>

#include <stdbool.h>
#include <stdint.h>

/* How often a store that is there is looked after; how soon one that is away, at first and at last. */
#define SIGNER_LOOK_MS 5000
#define SIGNER_LOOK_SOON_MS 200
#define SIGNER_LOOK_LATE_MS 5000

struct signer_state {
	bool known; /* it was looked after once */
	bool away;
	bool looking;
	int64_t look_at_ms;
	int64_t looking_since_ms;
	int64_t pause_ms;
	char text[255];
};

/* The store was met away, or reached. Returns whether that is another state than before. */
MM_MUST_USE bool signer_state_away(struct signer_state *state, const char *why);
MM_MUST_USE bool signer_state_reached(struct signer_state *state);

/* Looking after it has ended, and one of the above was called for it. */
void signer_state_looked(struct signer_state *state, int64_t now_ms);

/* Whether it is time to look after it; then it counts as being looked after until signer_state_looked(). */
MM_MUST_USE bool signer_state_look_now(struct signer_state *state, int64_t now_ms);

/* Whether it has been looked after for this long without an answer. */
MM_MUST_USE bool signer_state_hangs(const struct signer_state *state, int64_t now_ms, int64_t limit_ms);

#endif
