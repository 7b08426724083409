/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Having a configuration and its key documents compiled to a snapshot, by a child in its own sandbox. The loop waits
 * for it as for any other process, and serves the gate meanwhile.
 */
#ifndef MM_DAEMON_MINTMARKD_COMPILE_H
#define MM_DAEMON_MINTMARKD_COMPILE_H

#include "daemon/mintmarkd/child.h"
#include "daemon/mintmarkd/key_lists.h"
#include "daemon/mintmarkd/sources.h"
#include "engine/config.h"
#include "engine/problems.h"

#include <stdbool.h>
#include <stdint.h>

struct mm_compiler_input {
	const struct mm_config *config; /* what text was parsed to */
	struct mm_slice text;
	const struct mm_sources *sources;
	const struct mm_mints *mints;
	const struct mm_key_lists *lists; /* of those mints */
	const char *libexec;
	const struct mm_user *user;
	uint64_t epoch;
};

/* A compilation that runs. */
struct mm_compile {
	struct mm_child child;
	int snapshot_fd;
	int64_t deadline_ms; /* MM_NEVER_MS: none runs */
	struct mm_problems *problems; /* the caller's */
};

#define MM_COMPILE_NONE (struct mm_compile){ .child = MM_CHILD_NONE, .snapshot_fd = -1, .deadline_ms = MM_NEVER_MS }

/*
 * Open the key files, start the compiler, send it everything. What it says is added to problems, which outlive it.
 * Returns false where it cannot be begun: the reason is in problems or in the log.
 */
bool mm_compile_begin(struct mm_compile *compile, const struct mm_compiler_input *input, struct mm_problems *problems);

bool mm_compile_runs(const struct mm_compile *compile);

/* What becomes of it when its socket is ready for events of poll(), or its time is over. */
enum mm_compile_step {
	MM_COMPILE_GOES_ON,
	MM_COMPILE_DONE,   /* mm_compile_take() has the snapshot */
	MM_COMPILE_FAILED, /* the reason is in problems or in the log */
};

enum mm_compile_step mm_compile_serve(struct mm_compile *compile, short events);
enum mm_compile_step mm_compile_check_time(struct mm_compile *compile);

/* The sealed snapshot of one that is done, as a descriptor that is the caller's to close. */
int mm_compile_take(struct mm_compile *compile);

/* End it, if one runs. */
void mm_compile_stop(struct mm_compile *compile);

/* Begin one and wait until it is done: the sealed snapshot, the caller's to close, or -1. Bounded in time. */
int mm_compile_now(const struct mm_compiler_input *input, struct mm_problems *problems);

#endif
