/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libmintmark-io: an application that embeds libmintmark follows the trust of a running mintmarkd, epoch by epoch.
 *
 *	struct mm_follower *follower = mm_follower_new("/run/mintmark/trust.sock");
 *	...
 *	struct mm_trust *newer = mm_trust_follow(follower, -1, &why);
 *	if (newer != NULL)
 *		use(newer);        (and free the older one when no thread decides with it any more)
 *	else
 *		log(why);
 *
 * This is the part that libmintmark itself has not: it opens a socket and reads a clock. Linux only.
 */
#ifndef MINTMARK_FOLLOW_H
#define MINTMARK_FOLLOW_H

#include <mintmark/trust.h>
#include <mintmark/version.h>

#include <stdbool.h>

struct mm_follower;

#ifdef __cplusplus
extern "C" {
#endif

/*
 * A follower of the trust socket at this path ('trust_socket' in mintmark.conf(5)). It does not connect yet, so that
 * mintmarkd need not run: mm_trust_follow() connects, and again whenever the connection ended.
 * NULL with errno where memory or descriptors are short (ENAMETOOLONG: the path does not fit a socket's address).
 * A follower belongs to one thread at a time, and to the process that made it: make another after fork(2). Free it
 * with mm_follower_free().
 * Not checked here: who listens at that path. Only root and mintmarkd's user should be able to make it: who can put
 * a socket there decides what your application trusts.
 */
MM_API struct mm_follower *mm_follower_new(const char *socket_path);

/*
 * Free *follower and set it to NULL; NULL or a pointer to NULL does nothing. The trusts that it gave stay good.
 * Not checked here: whether another thread still follows with it.
 */
MM_API void mm_follower_free(struct mm_follower **follower);

/*
 * A descriptor for poll(2), the same for the follower's life: readable when mm_trust_follow() has something to do, be
 * it only to connect once more. Do nothing else with it.
 * Not checked here: whether a newer trust came; mm_trust_follow() with a time-out of 0 tells.
 */
MM_API int mm_follower_fd(const struct mm_follower *follower);

/*
 * Whether the follower is connected and was told the trust in use over this connection, so that the newest that
 * mm_trust_follow() gave is mintmarkd's. While it is not, yours may be stale: an application that must not serve by an
 * old trust stops allowing after a time that it chooses.
 * Not checked here: anything anew. It is what the last mm_trust_follow() saw, so call that often, or when
 * mm_follower_fd() is readable; and a mintmarkd that hangs is not told from one that has no news.
 */
MM_API bool mm_follower_connected(const struct mm_follower *follower);

/*
 * Wait up to timeout_ms (0: not at all; negative: without an end) for a trust with a larger epoch than all before.
 * Returns it; the caller frees it with mm_trust_free(). At the first call that is the trust in use now.
 *
 * Returns NULL, and sets *why (may be NULL) to a constant sentence, when the time is over; at once when the connection
 * ended, or when what came over it was refused: not one packet with one descriptor of sealed memory, no snapshot, an
 * epoch that is not the snapshot's, an epoch older than one that was given before. Then the connection is closed. A
 * later call connects again, at first after 100 ms, then in growing steps of up to 5 s; call on after each NULL.
 * An epoch that was given already is passed over: that is what a new connection begins with.
 *
 * Signals do not end the wait. Threads: the trust may be shared as mm_trust_load() says; the follower may not.
 * Not checked here: who made the snapshot (see mm_follower_new()).
 */
MM_API MM_MUST_USE struct mm_trust *
mm_trust_follow(struct mm_follower *follower, int timeout_ms, const char **why);

#ifdef __cplusplus
}
#endif
#endif
