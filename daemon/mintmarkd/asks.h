/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Operators' questions that wait for the answer of a mint's process. mintmarkd passes both on, and reads neither but
 * for the number: an answer must reach who asked, of the desk that asked, and nobody else.
 *
 * A question goes on under a number of mintmarkd's own, as the numbers of each desk begin anew.
 */
#ifndef MM_DAEMON_MINTMARKD_ASKS_H
#define MM_DAEMON_MINTMARKD_ASKS_H

#include <mintmark/version.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* As many as the desk serves connections. */
#define MM_ASKS_MAX 64

struct mm_keeper;

struct mm_asks {
	struct {
		uint64_t number;   /* ours */
		uint64_t question; /* the desk's */
		const struct mm_keeper *keeper; /* that it was put to */
	} items[MM_ASKS_MAX];
	size_t count;
	uint64_t last; /* the last number that was given */
};

/* A question is put to a process: *number is the one that it goes under. False where too many wait. */
MM_MUST_USE bool mm_asks_add(struct mm_asks *asks, uint64_t question, const struct mm_keeper *keeper, uint64_t *number);

/* What came of looking for an answer's question. */
enum mm_asks_found {
	MM_ASKS_NONE,  /* this process was never asked that */
	MM_ASKS_STALE, /* nobody waits for it any more */
	MM_ASKS_FOUND,
};

/* The desk's question that an answer of a process is for; it waits no more. */
MM_MUST_USE enum mm_asks_found mm_asks_take(struct mm_asks *asks, uint64_t number, const struct mm_keeper *keeper,
    uint64_t *question);

/* Any question that waits for this process, which waits no more. False: none does. */
MM_MUST_USE bool mm_asks_take_any(struct mm_asks *asks, const struct mm_keeper *keeper, uint64_t *question);

/* The desk is gone, and with it who asked. */
void mm_asks_forget(struct mm_asks *asks);

#endif
