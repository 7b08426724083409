/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who is at the other end of a connection, as the kernel says, and what he may.
 */
#ifndef MM_DAEMON_DESK_PEER_H
#define MM_DAEMON_DESK_PEER_H

#include <sys/types.h>

enum desk_rank {
	DESK_NOBODY,   /* may nothing */
	DESK_READER,   /* may look */
	DESK_OPERATOR, /* may change too */
};

/* Whom the desk knows beside root. */
struct desk_ranks {
	uid_t operator_uid;
	gid_t reader_gid;
};

/*
 * The rank of who connected: by the identity that he had then, with all of his groups. What the kernel does not tell
 * makes nobody of him. *uid is set unless he is nobody.
 */
enum desk_rank desk_peer_rank(int fd, const struct desk_ranks *ranks, uid_t *uid);

/* The same of an identity: the part without a socket. */
enum desk_rank desk_rank_of(const struct desk_ranks *ranks, uid_t uid, const gid_t *gids, size_t gid_count);

#endif
