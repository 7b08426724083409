/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fetched key documents that are kept: the time of the file is the time of the last fetch.
 */
#include "engine/kept_keys.h"

#include "engine/file.h"
#include "lib/base/limits.h"
#include "lib/codec/hex.h"
#include "lib/crypto/digest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* Whoever may enter state_dir may read them: they are public keys. */
#define FILE_MODE 0644

/* Beside the file, until it is whole; one process writes. */
#define NEW_FILE "new"

bool
mm_kept_keys_file_name(const char *document, char name[static MM_KEPT_KEYS_NAME_SIZE])
{
	uint8_t digest[MM_DIGEST_LEN];

	if (!mm_sha256(mm_slice_str(document), digest))
		return false;
	(void)mm_hex_encode(digest, sizeof(digest), name);
	snprintf(name + 2 * sizeof(digest), MM_KEPT_KEYS_NAME_SIZE - 2 * sizeof(digest), ".jwks");
	return true;
}

static bool
write_all(int fd, struct mm_slice bytes)
{
	size_t done = 0;

	while (done < bytes.len) {
		ssize_t written = write(fd, bytes.ptr + done, bytes.len - done);

		if (written < 0 && errno != EINTR)
			return false;
		if (written > 0)
			done += (size_t)written;
	}
	return true;
}

static bool
set_time(int fd, int64_t fetched_s)
{
	const struct timespec times[2] = { { .tv_sec = fetched_s }, { .tv_sec = fetched_s } };

	return futimens(fd, times) == 0;
}

/* Close without losing the errno of what failed before. */
static bool
close_with(int fd, bool done)
{
	int failure = errno;

	close(fd);
	errno = failure;
	return done;
}

static bool
write_new(int folder_fd, struct mm_slice keys, int64_t fetched_s)
{
	/* O_NONBLOCK: a pipe of that name, which nobody reads, must not hold mintmarkd for ever. */
	int fd = openat(folder_fd, NEW_FILE, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK,
	    FILE_MODE);

	return fd != -1 && close_with(fd, write_all(fd, keys) && set_time(fd, fetched_s) && fsync(fd) == 0);
}

bool
mm_kept_keys_store(int folder_fd, const char *document, struct mm_slice keys, int64_t fetched_s)
{
	char name[MM_KEPT_KEYS_NAME_SIZE];

	if (!mm_kept_keys_file_name(document, name)) {
		errno = EIO;
		return false;
	}
	return write_new(folder_fd, keys, fetched_s) && renameat(folder_fd, NEW_FILE, folder_fd, name) == 0 &&
	    fsync(folder_fd) == 0;
}

/* Open what is kept of a document, for reading, and tell when it was last fetched. -1 with errno. */
static int
open_kept(int folder_fd, const char *document, int64_t *fetched_s)
{
	char name[MM_KEPT_KEYS_NAME_SIZE];
	struct stat status;
	int fd;

	if (!mm_kept_keys_file_name(document, name)) {
		errno = EIO;
		return -1;
	}
	fd = openat(folder_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK);
	if (fd == -1)
		return -1;
	if (fstat(fd, &status) != 0) {
		(void)close_with(fd, false);
		return -1;
	}
	*fetched_s = status.st_mtim.tv_sec;
	return fd;
}

bool
mm_kept_keys_confirm(int folder_fd, const char *document, int64_t fetched_s)
{
	int64_t before_s;
	int fd = open_kept(folder_fd, document, &before_s);

	return fd != -1 && close_with(fd, set_time(fd, fetched_s));
}

char *
mm_kept_keys_load(int folder_fd, const char *document, size_t *len, int64_t *fetched_s)
{
	int fd = open_kept(folder_fd, document, fetched_s);
	char *bytes;

	if (fd == -1)
		return NULL;
	bytes = mm_file_read_open(fd, MM_DOCUMENT_LEN_MAX, len);
	(void)close_with(fd, bytes != NULL);
	return bytes;
}
