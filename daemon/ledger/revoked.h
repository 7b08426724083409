/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What of a realm is revoked and still matters: for questions, and in the order in which it came for gates.
 *
 * It is bounded as the set of engine and gates is (lib/token/revoked.h): what is too much, or what memory is short for,
 * becomes one entry for the whole realm.
 */
#ifndef MM_DAEMON_LEDGER_REVOKED_H
#define MM_DAEMON_LEDGER_REVOKED_H

#include "lib/token/revoked.h"

#include <mintmark/version.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ledger_revocation {
	int64_t up_to_s;
	int64_t keep_ms; /* until then at least, CLOCK_BOOTTIME: no clock that is set makes it forgotten */
	struct mm_revoked_what what; /* its texts lie behind the structure */
};

struct ledger_revoked {
	struct mm_revoked *set;
	struct ledger_revocation **items;
	size_t count, size;
	uint64_t first; /* number of the first item, over all time */
	struct ledger_revocation whole; /* of the realm: the one item that is always to be had */
};

MM_MUST_USE bool ledger_revoked_init(struct ledger_revoked *revoked);
void ledger_revoked_clear(struct ledger_revoked *revoked);

/* Add one. False: it, and all before it, is one for the whole realm now. */
MM_MUST_USE bool ledger_revoked_add(struct ledger_revoked *revoked, const struct mm_revoked_what *what,
    int64_t up_to_s, int64_t keep_ms);

/* Forget what does not matter any more, at now_s by the clock of the world. */
void ledger_revoked_forget(struct ledger_revoked *revoked, int64_t now_ms, int64_t now_s);

/* The item of a number; NULL: it is not there yet. What was forgotten is passed over, and *number goes on to it. */
const struct ledger_revocation *ledger_revoked_at(const struct ledger_revoked *revoked, uint64_t *number);

#endif
