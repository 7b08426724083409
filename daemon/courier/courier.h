/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The courier: sources that are fetched side by side, each by its own schedule.
 */
#ifndef MM_DAEMON_COURIER_COURIER_H
#define MM_DAEMON_COURIER_COURIER_H

#include "daemon/courier/source.h"
#include "daemon/ipc/limits.h"
#include "lib/base/pool.h"

/*
 * Fetches at one time: each costs 1.3 MB while it lasts, most of it for the authorities that Debian lists. Of those
 * that failed last time at most half as many, so that servers that stall leave room for those that answer.
 */
#define COURIER_IN_FLIGHT_MAX 128
#define COURIER_FAILING_IN_FLIGHT_MAX (COURIER_IN_FLIGHT_MAX / 2)

struct courier {
	struct mm_pool pool; /* texts of the sources */
	char *ca;
	size_t ca_len;
	struct courier_network *network;
	struct courier_source sources[MM_DOCUMENTS_MAX];
	size_t source_count;
};

enum courier_end {
	COURIER_END_STOP,  /* mintmarkd said so */
	COURIER_END_RENEW, /* the resolver's files were replaced, and the sandbox is shut for the new ones */
	COURIER_END_BROKEN,
};

/* Fetch until the end. */
enum courier_end courier_serve(struct courier *courier);

/* A clock that nobody sets and that runs while the machine sleeps. */
int64_t courier_clock_ms(void);

#endif
