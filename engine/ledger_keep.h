/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Letting go of a ledger's oldest segments: they are read once more, whole; what must stay known of them is signed and
 * kept as the anchor; only then are they removed.
 */
#ifndef MM_ENGINE_LEDGER_KEEP_H
#define MM_ENGINE_LEDGER_KEEP_H

#include "engine/ledger_anchor.h"

#include <mintmark/version.h>

#include <stdatomic.h>
#include <stdint.h>

struct mm_ledger_keep {
	int dir_fd;
	int64_t until_us, now_us; /* no record of until_us or later is let go */
	const struct mm_ed25519 *key;
	const uint8_t *certificate;
	const atomic_bool *stop; /* ends it early, with nothing changed */
};

struct mm_ledger_let_go {
	uint64_t segments; /* how many; 0: none, and nothing else is set */
	struct mm_ledger_at end;
	uint64_t sequence;
	bool more; /* there are others: call again */
};

/*
 * Let go of whole segments. The newest two stay in any case, and what stays has a head, from which counts go on. Where
 * a backup reads the folder, nothing is let go. A process that dies here leaves what is removed the next time. Returns
 * NULL, or a constant sentence of why it cannot be; nothing was let go then, or all of it but for files that the next
 * call removes. Not for two threads at once.
 */
MM_MUST_USE const char *mm_ledger_keep(const struct mm_ledger_keep *keep, struct mm_ledger_let_go *gone);

#endif
