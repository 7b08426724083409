/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Going on where an earlier process was killed, or saying why not.
 */
#include "engine/logs/reading_state.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

static void
explain(struct mm_logs_reading *reading, const char *what)
{
	(void)snprintf(reading->reason, sizeof(reading->reason), "%s", what);
}

/* What cannot be read of a checkpoint is no reason to give up: the inputs are still there. */
static void
explain_failure(struct mm_logs_reading *reading, int failure)
{
	if (failure == ENOENT)
		explain(reading, "no checkpoint is there");
	else if (failure == EBADMSG)
		explain(reading, "the checkpoint is damaged, or the events beside it");
	else if (failure != ESTALE || reading->reason[0] == '\0')
		(void)snprintf(reading->reason, sizeof(reading->reason), "the checkpoint cannot be read: %s",
		    strerror(failure));
}

/* Returns 0 or an errno. */
static int
load(struct mm_logs_reading *reading)
{
	int fd = mm_logs_work_open_checkpoint(&reading->work), failure;

	if (fd < 0)
		return errno;
	failure = mm_logs_checkpoint_load(reading, fd);
	(void)close(fd);
	return failure;
}

int
mm_logs_reading_resume(struct mm_logs_reading *reading, const char **reason)
{
	int failure;

	*reason = reading->reason;
	if (mm_logs_reading_begin(reading) != 0)
		return -1;
	if (reading->work.events_fd < 0) {
		explain(reading, "there is no work folder");
		return 0;
	}
	failure = load(reading);
	if (failure == 0) {
		reading->has_resumed = true;
		return 1;
	}
	if (failure == ENOMEM) {
		errno = ENOMEM;
		return -1;
	}
	explain_failure(reading, failure);
	return mm_logs_reading_restart(reading);
}
