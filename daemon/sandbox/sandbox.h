/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sandbox of each process: seccomp, Landlock where the kernel has it, no new privileges, own uid when root
 * started it, no core dumps, not dumpable. One row of a table per process; a build with a sanitizer has a
 * table of its own.
 */
#ifndef MM_DAEMON_SANDBOX_SANDBOX_H
#define MM_DAEMON_SANDBOX_SANDBOX_H

#include "daemon/ipc/message.h"

#include <stdbool.h>
#include <sys/types.h>

/* What must happen before the door closes: time zone read, libcrypto's algorithms fetched, no core dumps. */
void mm_sandbox_prepare(void);

/*
 * Give up everything that this process does not need. From then on a call that its table does not list kills
 * the process (SIGSYS). uid and gid: to become, if root; else ignored. mintmarkd itself stays root, with the few
 * capabilities that it needs; no other process can.
 *
 * Call it before the first thread is started: Landlock confines only the caller and what it starts later.
 * Returns false, and says on standard error what failed, where any part of it (but a Landlock that the kernel
 * lacks) cannot be had: the process must exit then.
 * Not closed here: descriptors that are open already.
 */
MM_MUST_USE bool mm_sandbox_enter(enum mm_process process, uid_t uid, gid_t gid);

/*
 * Let the process read an open file, or what lies below an open folder, as far as its user and its table of system
 * calls may: for mm_sandbox_enter(), which comes next. Each call adds one, up to MM_SANDBOX_OPENED_MAX; -1 forgets all
 * that was added. The descriptor stays the caller's, and open; it may be one of O_PATH.
 */
#define MM_SANDBOX_OPENED_MAX 16
void mm_sandbox_let_read(int fd);

/* The same for writing, and below a folder for making, renaming and removing files: no folders, links or devices. */
void mm_sandbox_let_write(int fd);

/*
 * Whether one of the files that Landlock lets the process read is another one by now: replaced, made or removed since
 * the door closed. It cannot read the new one; who needs it must be started anew. false where nothing is closed.
 */
bool mm_sandbox_files_replaced(enum mm_process process);

#endif
