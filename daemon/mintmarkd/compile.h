/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Having a configuration and its key files compiled to a snapshot, by a child in its own sandbox.
 */
#ifndef MM_DAEMON_MINTMARKD_COMPILE_H
#define MM_DAEMON_MINTMARKD_COMPILE_H

#include "daemon/mintmarkd/child.h"
#include "engine/config.h"
#include "engine/problems.h"

#include <stdbool.h>
#include <stdint.h>

struct mm_compiler_input {
	const struct mm_config *config; /* what text was parsed to */
	struct mm_slice text;
	const char *libexec;
	const struct mm_user *user;
	uint64_t epoch;
};

/*
 * Open the key files, run the compiler, add what it says to problems. Returns the sealed snapshot as a
 * descriptor, the caller's to close; -1 where there is none: the reason is in problems or in the log.
 * Bounded in time. Not read here: the key files; not checked: the snapshot.
 */
int mm_compile(const struct mm_compiler_input *input, struct mm_problems *problems);

#endif
