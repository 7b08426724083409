/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The steps of entering a sandbox; only mm_sandbox_enter() takes them, in the order of this file.
 *
 * Each returns false and says on standard error what failed.
 */
#ifndef MM_DAEMON_SANDBOX_STEPS_H
#define MM_DAEMON_SANDBOX_STEPS_H

#include "daemon/sandbox/sandbox.h"

/* Say on standard error that a step failed, with errno's text; returns false. */
bool mm_sandbox_failed(enum mm_process process, const char *step);

/* Bound what the process may use up, and forbid core dumps. */
MM_MUST_USE bool mm_sandbox_limit(enum mm_process process);

/* Become the user, and keep no capability that the process does not need. */
MM_MUST_USE bool mm_sandbox_drop(enum mm_process process, uid_t uid, gid_t gid);

/* Close files, TCP and foreign processes by Landlock, as far as this kernel has it. */
MM_MUST_USE bool mm_sandbox_close_files(enum mm_process process);

/* Load the filter of system calls, for every thread. */
MM_MUST_USE bool mm_sandbox_filter(enum mm_process process);

#endif
