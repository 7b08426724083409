/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keeping a gate: started, handed what it needs, watched, started again when it dies, never two at once.
 *
 * It waits for nothing by itself: the loop calls it when its socket can be read, its process ended, or its
 * deadline has come.
 */
#ifndef MM_DAEMON_MINTMARKD_KEEPER_H
#define MM_DAEMON_MINTMARKD_KEEPER_H

#include "daemon/mintmarkd/callers.h"
#include "daemon/mintmarkd/child.h"
#include "daemon/mintmarkd/listener.h"
#include "daemon/mintmarkd/segments.h"
#include "engine/config.h"

#include <stdbool.h>
#include <stdint.h>

enum mm_keeper_state {
	MM_KEEPER_DOWN,     /* no process; starts at the deadline */
	MM_KEEPER_STARTING, /* everything was sent; must be ready by the deadline */
	MM_KEEPER_RUNNING,
	MM_KEEPER_STOPPING, /* asked to end; ended by force at the deadline */
	MM_KEEPER_STOPPED,  /* for good */
};

struct mm_keeper {
	/* Set by the caller before the first start, and borrowed. */
	const struct mm_config *config;
	const struct mm_listeners *listeners;
	const struct mm_callers *callers;
	const struct mm_user *user;
	const char *libexec;
	int snapshot_fd;
	uint64_t epoch;
	struct mm_segments segments;

	/* The keeper's own. */
	enum mm_keeper_state state;
	struct mm_child child;
	int64_t deadline_ms; /* INT64_MAX: none */
	int64_t segment_retry_ms; /* when a spare that could not be made is tried again; INT64_MAX: none is wanted */
	int64_t started_ms;
	int64_t back_off_ms; /* how long the next start waits */
	bool was_ready;      /* once at least */
	bool told_full;      /* that no spare can be made */
	int64_t alarms_since_ms; /* the gate's alarms are counted from then */
	unsigned alarm_count, alarms_untold;
};

/* Start the gate now; where that fails, the next try is at the deadline. */
void mm_keeper_start(struct mm_keeper *keeper);

/* Its socket can be read, its process ended (SIGCHLD), a deadline has come. */
void mm_keeper_read(struct mm_keeper *keeper);
void mm_keeper_reap(struct mm_keeper *keeper);
void mm_keeper_check_time(struct mm_keeper *keeper);

/* When mm_keeper_check_time() has something to do; INT64_MAX: never. */
int64_t mm_keeper_deadline_ms(const struct mm_keeper *keeper);

/* Ask it to answer what is in flight and to end; it is MM_KEEPER_STOPPED when it did, or was made to. */
void mm_keeper_stop(struct mm_keeper *keeper);

#endif
