/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Assertions of clients that were used: each is good once. They are known by client and jti, in memory; the table keeps
 * them for the next start.
 *
 * One row of the table holds all of a round: an index by digest would have each assertion dirty a page of its own. An
 * assertion has a name of 64 bits, so that of two with one name the second would be refused: an error on the safe side,
 * which comes by itself once in 10^12 assertions, and which nobody can aim at another's jti.
 */
#ifndef MM_DAEMON_VERIFIER_SPENT_H
#define MM_DAEMON_VERIFIER_SPENT_H

#include "daemon/verifier/table.h"
#include "lib/crypto/hasher.h"

#include <mintmark/slice.h>
#include <mintmark/version.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * That may be good at one time, ten minutes of 5,000 a second: with as many no more room is made. They take 128 MiB,
 * and as much again while they are moved.
 */
#define VERIFIER_SPENT_MAX ((size_t)3 * 1024 * 1024)
/* Of one round; it has fewer requests. */
#define VERIFIER_SPENT_A_ROUND 256

struct verifier_spent_name {
	uint64_t name; /* 0: a free place */
	int64_t expires_s;
};

struct verifier_spent {
	struct mm_hasher *hasher;
	uint64_t multiplier; /* random and odd: nobody knows which names meet */
	struct verifier_spent_name *places; /* a table of open addressing */
	unsigned bits;                      /* of the number of places */
	size_t count;                       /* that are taken; some of them by what is too old */
	int64_t full_s;                     /* the second in which no room was found last */
	struct verifier_spent_name round[VERIFIER_SPENT_A_ROUND]; /* to be written */
	size_t round_count;
};

enum verifier_spending {
	VERIFIER_SPENT_NOW,
	VERIFIER_SPENT_BEFORE,
	VERIFIER_SPENT_NOT, /* there is no room for it */
};

/* Begin with what the table has. False, with a sentence: memory is short, or the table holds something else. */
MM_MUST_USE bool verifier_spent_open(struct verifier_spent *spent, struct verifier_table *table, int64_t now_s,
    const char **why);
void verifier_spent_close(struct verifier_spent *spent);

/* Spend a client's jti until expires_s, which is after now_s. */
MM_MUST_USE enum verifier_spending verifier_spend_assertion(struct verifier_spent *spent, struct mm_slice client,
    struct mm_slice jti, int64_t expires_s, int64_t now_s);

/* The end of a round: what it spent, into its transaction; then, whether that was kept. Else it is unspent again. */
void verifier_spent_write(struct verifier_spent *spent, struct verifier_table *table);
void verifier_spent_settle(struct verifier_spent *spent, bool kept);

#endif
