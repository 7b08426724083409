/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lock is on the file of events, which stays as long as somebody works: a file that was removed while its lock was
 * waited for has no name any more, and is not taken.
 */
#include "engine/logs/work.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define EVENTS "reading.events"
#define CHECKPOINT "reading.checkpoint"
#define NEW_CHECKPOINT "reading.checkpoint.new"

#define FILE_MODE 0600

/* O_NONBLOCK: a pipe of that name must not hold us for ever. */
#define OPEN_FLAGS (O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK)

void
mm_logs_work_init(struct mm_logs_work *work)
{
	work->folder_fd = work->events_fd = -1;
}

/* A regular file of ours, with its name, that nobody else may write to. */
static bool
is_ours(int fd)
{
	struct stat status;

	if (fstat(fd, &status) != 0)
		return false;
	if (S_ISREG(status.st_mode) && status.st_uid == geteuid() && status.st_nlink == 1 &&
	    (status.st_mode & (S_IWGRP | S_IWOTH)) == 0)
		return true;
	errno = EPERM;
	return false;
}

/* Close without losing the errno of what failed before. */
static int
give_up(int fd)
{
	int failure = errno;

	(void)close(fd);
	errno = failure;
	return -1;
}

static int
lock(int fd)
{
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	if (errno == EWOULDBLOCK)
		errno = EBUSY;
	return -1;
}

int
mm_logs_work_begin(struct mm_logs_work *work, int folder_fd)
{
	int fd = openat(folder_fd, EVENTS, O_RDWR | O_CREAT | OPEN_FLAGS, FILE_MODE);

	if (fd < 0)
		return -1;
	if (lock(fd) != 0 || !is_ours(fd))
		return give_up(fd);
	work->folder_fd = folder_fd;
	work->events_fd = fd;
	return 0;
}

static int
remove_file(const struct mm_logs_work *work, const char *name)
{
	return unlinkat(work->folder_fd, name, 0) == 0 || errno == ENOENT ? 0 : -1;
}

int
mm_logs_work_clear(struct mm_logs_work *work)
{
	return remove_file(work, CHECKPOINT) == 0 ? ftruncate(work->events_fd, 0) : -1;
}

int
mm_logs_work_open_checkpoint(const struct mm_logs_work *work)
{
	int fd = openat(work->folder_fd, CHECKPOINT, O_RDONLY | OPEN_FLAGS);

	return fd < 0 || is_ours(fd) ? fd : give_up(fd);
}

/* One that was being written when its process was killed is in the way. */
int
mm_logs_work_make_checkpoint(const struct mm_logs_work *work)
{
	if (remove_file(work, NEW_CHECKPOINT) != 0)
		return -1;
	return openat(work->folder_fd, NEW_CHECKPOINT, O_WRONLY | O_CREAT | O_EXCL | OPEN_FLAGS, FILE_MODE);
}

int
mm_logs_work_take_checkpoint(const struct mm_logs_work *work)
{
	if (renameat(work->folder_fd, NEW_CHECKPOINT, work->folder_fd, CHECKPOINT) != 0)
		return -1;
	return fsync(work->folder_fd);
}

void
mm_logs_work_remove(struct mm_logs_work *work)
{
	if (work->events_fd < 0)
		return;
	(void)remove_file(work, CHECKPOINT);
	(void)remove_file(work, NEW_CHECKPOINT);
	(void)remove_file(work, EVENTS);
}

void
mm_logs_work_end(struct mm_logs_work *work)
{
	if (work->events_fd >= 0)
		(void)close(work->events_fd);
	mm_logs_work_init(work);
}
