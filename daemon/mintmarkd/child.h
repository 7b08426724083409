/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Starting the other processes.
 */
#ifndef MM_DAEMON_MINTMARKD_CHILD_H
#define MM_DAEMON_MINTMARKD_CHILD_H

#include "daemon/ipc/message.h"
#include "daemon/mintmarkd/outbox.h"

#include <poll.h>
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
	enum mm_process process;
	pid_t pid;  /* 0: there is none */
	int socket; /* our end of the pair, not blocking; -1: closed */
	struct mm_outbox outbox;
};

#define MM_CHILD_NONE (struct mm_child){ .pid = 0, .socket = -1 }

/*
 * Start the program of a process from the folder libexec: with its end of a new socket pair as descriptor
 * MM_CONTROL_FD, standard error as ours, nothing else open, an environment without anything of ours, as the
 * user, and bound to die with us. Returns false, and logs it, where it cannot be had.
 */
bool mm_child_start(enum mm_process process, const char *libexec, const struct mm_user *user, struct mm_child *child);

/*
 * Send it a message, or keep it until the child takes it; fd stays the caller's. Returns false, and logs it, where that
 * cannot be: the child is of no use any more.
 */
MM_MUST_USE bool mm_child_send(struct mm_child *child, enum mm_message_type type, const void *payload, size_t len,
    int fd);

/* What mm_child_send() kept: sent on, once poll() says that the child takes it. False as there. */
MM_MUST_USE bool mm_child_flush(struct mm_child *child);

/* What to wait for of it in poll(), which passes over a socket of -1. */
struct pollfd mm_child_waits_for(const struct mm_child *child);

/* Close our end, with what was kept for it. */
void mm_child_close(struct mm_child *child);

/*
 * Close our end, end the child at once and wait until it is gone. Returns its wait status: one that was ending
 * already keeps its own.
 */
int mm_child_kill(struct mm_child *child);

/* How a child ended, from its wait status: "ended with status 1", "was killed by SIGSYS (...)". */
void mm_child_end_text(int status, char *text, size_t size);

#endif
