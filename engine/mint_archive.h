/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The archive of a backup: a tar of plain files (POSIX ustar), whose last one, MANIFEST, has SHA-256, size and name
 * of each before it. Any tar reads it; here nothing but what this writes is read.
 */
#ifndef MM_ENGINE_MINT_ARCHIVE_H
#define MM_ENGINE_MINT_ARCHIVE_H

#include "lib/base/buf.h"

#include <mintmark/slice.h>
#include <mintmark/version.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MM_ARCHIVE_NAME_MAX 99

/* A manifest of 2^16 files of this length. */
#define MM_ARCHIVE_MANIFEST_MAX ((size_t)16 * 1024 * 1024)

/* ---- writing ---- */

struct mm_archive_writer {
	int fd;
	struct mm_buf manifest;
	int64_t time_s;   /* of all files */
	uint64_t bytes;
};

void mm_archive_writer_init(struct mm_archive_writer *writer, int fd, int64_t time_s);
void mm_archive_writer_clear(struct mm_archive_writer *writer);

/* Add the first len bytes of a file. False with errno (ENODATA: it is shorter). */
MM_MUST_USE bool mm_archive_add_file(struct mm_archive_writer *writer, const char *name, int fd, uint64_t len);
MM_MUST_USE bool mm_archive_add_bytes(struct mm_archive_writer *writer, const char *name, struct mm_slice bytes);

/* Add the manifest, and end it. */
MM_MUST_USE bool mm_archive_finish(struct mm_archive_writer *writer);

/* ---- reading ---- */

/*
 * Open a file of the archive for writing; -1 with errno. The name was checked: relative, without dots at a part's
 * begin.
 */
typedef int mm_archive_make(void *ctx, const char *name);

/*
 * Read an archive and have every file made. Returns NULL, or what is wrong: a sentence, valid until the next call.
 * With a fault, what was made is not to be believed.
 */
MM_MUST_USE const char *mm_archive_read(int fd, mm_archive_make *make, void *ctx, uint64_t *files, uint64_t *bytes);

#endif
