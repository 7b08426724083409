/* SPDX-License-Identifier: Apache-2.0 */
/* The segments of the gate's journal. */
#include "daemon/mintmarkd/segments.h"

#include "daemon/mintmarkd/log.h"
#include "engine/journal.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

int
mm_segments_open_first(struct mm_segments *segments)
{
	int fd = mm_journal_segment_newest(segments->dir_fd, MM_JOURNAL_GATE, &segments->newest);

	segments->previous = 0;
	if (fd >= 0 || errno != ENOENT)
		return fd;
	segments->newest = 0;
	return mm_segments_open_next(segments);
}

/* Whether a segment exists, so is not number 0, and nothing was written to it. */
static bool
is_unused(const struct mm_segments *segments, uint64_t number)
{
	int fd = mm_journal_segment_create(segments->dir_fd, MM_JOURNAL_GATE, segments->segment_bytes, number);

	if (fd < 0)
		return false;
	close(fd);
	return true;
}

int
mm_segments_open_next(struct mm_segments *segments)
{
	int fd;

	if (is_unused(segments, segments->previous) && is_unused(segments, segments->newest)) {
		errno = EBUSY;
		return -1;
	}
	fd = mm_journal_segment_create(segments->dir_fd, MM_JOURNAL_GATE, segments->segment_bytes,
	    segments->newest + 1);
	if (fd < 0)
		return -1;
	segments->previous = segments->newest;
	segments->newest++;
	/* Not a reason to stop: the disk fills up, and then the gate denies. */
	if (mm_journal_segment_remove_old(segments->dir_fd, MM_JOURNAL_GATE, segments->keep) < 0)
		mm_log(LOG_ERR, "old journal segments cannot be removed: %s", strerror(errno));
	return fd;
}
