/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The trust socket: applications that decide by themselves get each epoch's snapshot (doc/PROTOCOL.follow). They are
 * told and never asked: nothing that they send is read.
 */
#ifndef MM_DAEMON_MINTMARKD_FOLLOWERS_H
#define MM_DAEMON_MINTMARKD_FOLLOWERS_H

#include "daemon/mintmarkd/child.h"
#include "daemon/mintmarkd/listener.h"
#include "daemon/mintmarkd/pace.h"
#include "daemon/mintmarkd/trust_in_use.h"

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * A machine runs few applications, each of few processes; more are refused until one goes. Each may leave some six
 * packets untaken, and unix(7) limits descriptors in flight to RLIMIT_NOFILE, 1024 often, for the gate's too.
 */
#define MM_FOLLOWERS_MAX 128

struct mm_followers {
	struct mm_listen listen; /* its address is the configuration's */
	struct mm_listener listener;
	int peers[MM_FOLLOWERS_MAX];
	size_t count;
	struct mm_telling full;       /* that more are refused */
	struct mm_cool_down cut_told; /* that one was cut */
};

/* path: NULL: there is no trust socket. False, and logged, where it cannot be had. */
bool mm_followers_open(struct mm_followers *followers, char *path, const struct mm_user *user);
void mm_followers_close(struct mm_followers *followers);

/* Send the trust to all; who does not take it is cut. */
void mm_followers_tell(struct mm_followers *followers, const struct mm_trust_in_use *trust);

/* What to wait for: 1 + count of them at most, the listening socket first. Returns how many. */
size_t mm_followers_wait_for(const struct mm_followers *followers, struct pollfd *waited);

/* poll() returned with these. */
void mm_followers_serve(struct mm_followers *followers, const struct pollfd *waited, size_t count,
    const struct mm_trust_in_use *trust);

#endif
