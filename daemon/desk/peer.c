/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Peer credentials: SO_PEERCRED for user and group, SO_PEERGROUPS (Linux 4.13) for the other groups.
 */
#include "daemon/desk/peer.h"

#include "lib/base/array.h"

#include <stddef.h>
#include <sys/socket.h>

/* C libraries older than the kernel do not name it. */
#ifndef SO_PEERGROUPS
#define SO_PEERGROUPS 59
#endif

/* More groups than an account has; who has more is known by his first group alone. */
#define GROUPS_MAX 256

enum desk_rank
desk_rank_of(const struct desk_ranks *ranks, uid_t uid, const gid_t *gids, size_t gid_count)
{
	if (uid == 0 || uid == ranks->operator_uid)
		return DESK_OPERATOR;
	for (size_t i = 0; i < gid_count; i++)
		if (gids[i] == ranks->reader_gid)
			return DESK_READER;
	return DESK_NOBODY;
}

enum desk_rank
desk_peer_rank(int fd, const struct desk_ranks *ranks, uid_t *uid)
{
	struct ucred peer;
	socklen_t peer_len = sizeof(peer);
	gid_t gids[1 + GROUPS_MAX];
	socklen_t more_len = GROUPS_MAX * sizeof(gids[0]);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &peer_len) == -1 || peer_len != sizeof(peer))
		return DESK_NOBODY;
	gids[0] = peer.gid;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, &gids[1], &more_len) == -1)
		more_len = 0;
	*uid = peer.uid;
	return desk_rank_of(ranks, peer.uid, gids, 1 + more_len / sizeof(gids[0]));
}
