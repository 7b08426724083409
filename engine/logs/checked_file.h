/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A checked file: fields one behind the other, integers little-endian, and the SHA-256 of all of them at the end.
 *
 * The same calls write and read it: each writes what it points to, or sets it to what was written. So one function says
 * how a part lies, and writing and reading cannot differ.
 *
 * Failure is sticky: after the first one nothing more is written, and all that is read is zeroes. Nothing that was read
 * may be believed before mm_checked_file_end() has said that all of it is there and whole. The digest finds torn and
 * rotten bytes; it keeps nobody from forging them, so every length and choice is checked when it is read.
 */
#ifndef MM_ENGINE_LOGS_CHECKED_FILE_H
#define MM_ENGINE_LOGS_CHECKED_FILE_H

#include "lib/crypto/hasher.h"

#include <mintmark/slice.h>
#include <mintmark/version.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mm_checked_file {
	int fd;
	bool writing;
	int failure;        /* errno of the first failure, 0: none; EBADMSG: what was read cannot be */
	uint64_t offset;    /* in the file, of bytes */
	uint64_t left;      /* reading: bytes before the digest that were not given yet */
	struct mm_hasher *hasher;
	char *bytes;
	size_t len;         /* how many there are in bytes */
	size_t at;          /* reading: the next of them */
};

/* Begin at the beginning of an open file, which stays the caller's; what is wrong shows in failure. */
void mm_checked_file_begin(struct mm_checked_file *file, int fd, bool writing);

/*
 * End it: write the digest and have all of it on the disk, or see that everything was read and is what was written.
 * Returns failure, and frees what begin has allocated.
 */
MM_MUST_USE int mm_checked_file_end(struct mm_checked_file *file);

/* Fail, unless it has. */
void mm_checked_fail(struct mm_checked_file *file, int failure);

void mm_checked_bytes(struct mm_checked_file *file, void *bytes, size_t len);
void mm_checked_u32(struct mm_checked_file *file, uint32_t *value);
void mm_checked_u64(struct mm_checked_file *file, uint64_t *value);
void mm_checked_i64(struct mm_checked_file *file, int64_t *value);
void mm_checked_bool(struct mm_checked_file *file, bool *value);

/* An integer that is less than limit. */
void mm_checked_below(struct mm_checked_file *file, uint32_t *value, uint32_t limit);

/* How many things of at least size bytes each follow, at most max of them and no more than the file has room for. */
void mm_checked_count(struct mm_checked_file *file, uint64_t *count, uint64_t max, size_t size);

/* A text of at most max bytes. Reading allocates it, for the caller to free; absent where it is empty. */
void mm_checked_text(struct mm_checked_file *file, struct mm_slice *text, size_t max);

/* What must be the same as it was: written, or compared with what was. Returns whether it is. */
MM_MUST_USE bool mm_checked_same(struct mm_checked_file *file, uint64_t value);
MM_MUST_USE bool mm_checked_same_text(struct mm_checked_file *file, struct mm_slice text);

#endif
