/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How much of the ledger is kept: now and then a thread of its own lets go of segments that are older than
 * 'ledger_keep', while tokens are made. And how long the disk has room.
 */
#ifndef MM_DAEMON_LEDGER_KEEP_H
#define MM_DAEMON_LEDGER_KEEP_H

#include "engine/ledger_keep.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct ledger;
struct mm_json_writer;

struct ledger_keep {
	int64_t for_s; /* 0: everything is kept */

	/* The thread, and what it works with. */
	pthread_t thread;
	bool running;
	atomic_bool done, stop;
	struct mm_ledger_keep what;
	struct mm_ledger_let_go gone; /* its own until it is done, as is outcome */
	const char *outcome;
	const char *fault; /* of the last time; NULL: there was none */
	int64_t due_ms;

	/* The disk. */
	int64_t looked_ms;
	uint64_t free_bytes, bytes_a_day;
	int64_t oldest_s;  /* when the first segment that is kept was begun; 0: there is none */
	int64_t days_left; /* -1: it has room for all that is kept */
	int64_t days_told; /* one more than in the last alarm; 0: there is none */
};

/* Do what is due. Returns when it wants to be called again (CLOCK_BOOTTIME). */
int64_t ledger_keep_tick(struct ledger *ledger, int64_t now_ms);

/* End what is under way, with nothing let go that was not anchored. */
void ledger_keep_end(struct ledger *ledger);

/* A member "kept" of the status. */
void ledger_keep_status(const struct ledger *ledger, struct mm_json_writer *writer);

#endif
