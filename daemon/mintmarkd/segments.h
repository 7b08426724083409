/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The segments of the gate's journal: which one it goes on with, and one spare ahead of it.
 */
#ifndef MM_DAEMON_MINTMARKD_SEGMENTS_H
#define MM_DAEMON_MINTMARKD_SEGMENTS_H

#include "daemon/mintmarkd/child.h"
#include "engine/config.h"

#include <stdint.h>

struct mm_segments {
	int dir_fd;
	const char *state_dir; /* lent, to tell of files */
	int64_t segment_bytes;
	const struct mm_user *user; /* lent: whose group may read segments */
	uint64_t keep;     /* begun segments; 0: all */
	uint64_t newest;   /* the number of the last one that was opened; 0: none */
	uint64_t previous; /* of the one opened before it; 0: none */
};

/*
 * Open the segment that a starting gate goes on with: the newest that was begun, or the first.
 * Returns a descriptor, the caller's, with its number in segments->newest; -1 with errno (EPROTO: the file of that
 * number is no segment, or is damaged).
 */
int mm_segments_open_first(struct mm_segments *segments);

/*
 * Open, or make, the segment behind the newest, and remove what is older than is kept. A number whose file is no unused
 * segment is told in the log, and passed over. As above, without EPROTO; EBUSY: two that were opened before are not
 * begun yet, so that a gate gone wrong cannot fill the disk with empty ones.
 */
int mm_segments_open_next(struct mm_segments *segments);

#endif
