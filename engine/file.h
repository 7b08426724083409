/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading files whole, and reading and writing at an offset.
 */
#ifndef MM_ENGINE_FILE_H
#define MM_ENGINE_FILE_H

#include <stddef.h>
#include <sys/types.h>

/*
 * Read len bytes from an offset, however many calls that takes. Returns how many there were, fewer where the file ends;
 * -1 with errno. Where fd stands does not matter and does not change.
 */
ssize_t mm_file_read_at(int fd, void *bytes, size_t len, off_t offset);

/* Write len bytes at an offset, however many calls that takes. Returns 0, or -1 with errno. */
int mm_file_write_at(int fd, const void *bytes, size_t len, off_t offset);

/*
 * Read a whole regular file of at most max bytes; NULL with errno set where it cannot be (EFBIG: larger, or it grows;
 * EINVAL: not a regular file). The buffer has a NUL behind its len bytes and is the caller's to free.
 * Not checked here: what the bytes are, and whether they change meanwhile.
 */
char *mm_file_read(int dir_fd, const char *path, size_t max, size_t *len);

/* The same of a file that is open already; fd stays the caller's. */
char *mm_file_read_open(int fd, size_t max, size_t *len);

/* What to tell of an errno of these: "it is too large", "Permission denied". */
const char *mm_file_failure_text(int failure);

#endif
