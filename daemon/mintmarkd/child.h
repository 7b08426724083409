/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Starting the other processes.
 */
#ifndef MM_DAEMON_MINTMARKD_CHILD_H
#define MM_DAEMON_MINTMARKD_CHILD_H

#include "daemon/ipc/message.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* The user that children become; where change is false they stay who we are. */
struct mm_user {
	bool change;
	uid_t uid;
	gid_t gid;
};

struct mm_child {
	pid_t pid;  /* 0: there is none */
	int socket; /* our end of the pair; -1: closed */
};

/*
 * Start the program of a process from the folder libexec: with its end of a new socket pair as descriptor
 * MM_CONTROL_FD, standard error as ours, nothing else open, an environment without anything of ours, as the
 * user, and bound to die with us. Returns false, and logs it, where it cannot be had.
 */
bool mm_child_start(enum mm_process process, const char *libexec, const struct mm_user *user, struct mm_child *child);

/*
 * Close our end, end the child at once and wait until it is gone. Returns its wait status: one that was ending
 * already keeps its own.
 */
int mm_child_kill(struct mm_child *child);

/* How a child ended, from its wait status: "ended with status 1", "was killed by SIGSYS (...)". */
void mm_child_end_text(int status, char *text, size_t size);

#endif
