/* SPDX-License-Identifier: Apache-2.0 */
/* The segments of the gate's journal. */
#include "daemon/mintmarkd/segments.h"

#include "daemon/mintmarkd/log.h"
#include "engine/journal.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SEGMENT_MODE 0640

/* The desk, which is of the user's group, reads the journal. Where that cannot be, the gate decides all the same. */
static void
open_to_group(const struct mm_segments *segments, int fd)
{
	if ((segments->user->change && fchown(fd, (uid_t)-1, segments->user->gid) == -1) ||
	    fchmod(fd, SEGMENT_MODE) == -1)
		mm_log(LOG_ERR, "a journal segment in %s cannot be opened to the group of the user: %s",
		    segments->state_dir, strerror(errno));
}

int
mm_segments_open_first(struct mm_segments *segments)
{
	int fd = mm_journal_segment_newest(segments->dir_fd, MM_JOURNAL_GATE, &segments->newest);

	segments->previous = 0;
	if (fd >= 0)
		open_to_group(segments, fd);
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

/*
 * Open, or make, the first segment behind *number that can be had, and set *number to its. What stands in the way is
 * no gate's: the newest segment that was begun comes before it.
 */
static int
open_behind(const struct mm_segments *segments, uint64_t *number)
{
	int fd;

	for (;;) {
		++*number;
		fd = mm_journal_segment_create(segments->dir_fd, MM_JOURNAL_GATE, segments->segment_bytes, *number);
		if (fd >= 0 || (errno != EPROTO && errno != EEXIST))
			return fd;
		mm_log(LOG_ERR, "%s/" MM_JOURNAL_FOLDER "/" MM_JOURNAL_FILE " is no journal segment that can be used: "
		    "its number is passed over; move it away", segments->state_dir, MM_JOURNAL_GATE, *number);
	}
}

int
mm_segments_open_next(struct mm_segments *segments)
{
	uint64_t number = segments->newest;
	int fd;

	if (is_unused(segments, segments->previous) && is_unused(segments, segments->newest)) {
		errno = EBUSY;
		return -1;
	}
	fd = open_behind(segments, &number);
	if (fd < 0)
		return -1;
	open_to_group(segments, fd);
	segments->previous = segments->newest;
	segments->newest = number;
	/* Not a reason to stop: the disk fills up, and then the gate denies. */
	if (mm_journal_segment_remove_old(segments->dir_fd, MM_JOURNAL_GATE, segments->keep) < 0)
		mm_log(LOG_ERR, "old journal segments cannot be removed: %s", strerror(errno));
	return fd;
}
