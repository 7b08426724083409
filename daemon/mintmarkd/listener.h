/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Listening sockets: opened once, and kept over the gate's restarts so that clients wait instead of being refused.
 */
#ifndef MM_DAEMON_MINTMARKD_LISTENER_H
#define MM_DAEMON_MINTMARKD_LISTENER_H

#include "daemon/mintmarkd/child.h"
#include "engine/config.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* "tls:[ADDRESS]:65535" or "unix:" and a path of a socket. */
#define MM_LISTENER_NAME_MAX 128
#define MM_LISTENER_WHY_MAX 160

struct mm_listener {
	const struct mm_listen *listen;
	int fd; /* -1: none */
	char name[MM_LISTENER_NAME_MAX]; /* for messages, as the configuration writes it */
	char why[MM_LISTENER_WHY_MAX];   /* it could not be had, with what to do */
	/* What bind() made at the path of a unix socket. */
	dev_t device;
	ino_t inode;
};

struct mm_listeners {
	struct mm_listener *items;
	size_t count;
};

/*
 * Open one address, which must outlive it; type: SOCK_STREAM, or SOCK_SEQPACKET for a unix socket. False, and logged,
 * where it cannot be had.
 */
bool mm_listener_open(struct mm_listener *listener, const struct mm_listen *listen, int type,
    const struct mm_user *user);

/* The same, not logged: 'why' says it, and nothing is open. */
bool mm_listener_try(struct mm_listener *listener, const struct mm_listen *listen, int type,
    const struct mm_user *user);

/* Close it and remove the path of a unix socket, where it is still ours. */
void mm_listener_close(struct mm_listener *listener);

/*
 * Open these addresses, which must outlive them. A unix socket's path is taken over only from a
 * socket on which nobody listens; its group is the user's, its mode 0660.
 * Returns false, and logs every address that cannot be had; nothing is open then.
 */
bool mm_listeners_open(const struct mm_listen *listens, size_t count, const struct mm_user *user,
    struct mm_listeners *listeners);

/* Close them and remove the paths of unix sockets, where they are still ours. */
void mm_listeners_close(struct mm_listeners *listeners);

#endif
