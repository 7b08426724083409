/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading files whole, and reading and writing at an offset.
 */
#include "engine/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

ssize_t
mm_file_read_at(int fd, void *bytes, size_t len, off_t offset)
{
	size_t done = 0;

	while (done < len) {
		ssize_t got = pread(fd, (char *)bytes + done, len - done, offset + (off_t)done);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (got == 0)
			break;
		done += (size_t)got;
	}
	return (ssize_t)done;
}

int
mm_file_write_at(int fd, const void *bytes, size_t len, off_t offset)
{
	size_t done = 0;

	while (done < len) {
		ssize_t wrote = pwrite(fd, (const char *)bytes + done, len - done, offset + (off_t)done);

		if (wrote < 0 && errno == EINTR)
			continue;
		if (wrote < 0)
			return -1;
		done += (size_t)wrote;
	}
	return 0;
}

/* Read size bytes, and see whether there is one more; -1 with errno. */
static ssize_t
read_up_to(int fd, char *bytes, size_t size)
{
	ssize_t got = mm_file_read_at(fd, bytes, size + 1, 0);

	if (got >= 0 && (size_t)got > size) {
		errno = EFBIG;
		return -1;
	}
	return got;
}

/* The file's own size bounds the buffer. */
char *
mm_file_read_open(int fd, size_t max, size_t *len)
{
	struct stat status;
	char *bytes;
	ssize_t got;

	if (fstat(fd, &status) != 0)
		return NULL;
	if (!S_ISREG(status.st_mode) || (uintmax_t)status.st_size > max) {
		errno = S_ISREG(status.st_mode) ? EFBIG : EINVAL;
		return NULL;
	}
	bytes = malloc((size_t)status.st_size + 1);
	if (bytes == NULL)
		return NULL;
	got = read_up_to(fd, bytes, (size_t)status.st_size);
	if (got < 0) {
		free(bytes);
		return NULL;
	}
	bytes[got] = '\0';
	*len = (size_t)got;
	return bytes;
}

char *
mm_file_read(int dir_fd, const char *path, size_t max, size_t *len)
{
	/* Without O_NONBLOCK a FIFO would hold us up before we see that it is none of ours. */
	int fd = openat(dir_fd, path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	int failure;
	char *bytes;

	if (fd < 0)
		return NULL;
	bytes = mm_file_read_open(fd, max, len);
	failure = errno;
	close(fd);
	errno = failure;
	return bytes;
}

const char *
mm_file_failure_text(int failure)
{
	switch (failure) {
	case EFBIG:
		return "it is too large";
	case EINVAL:
		return "it is no regular file";
	default:
		return strerror(failure);
	}
}
