/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For tests of logs: files made for them, packed as logs are.
 */
#ifndef TEST_UNIT_LOGS_PACK_H
#define TEST_UNIT_LOGS_PACK_H

#include "lib/base/buf.h"

#include <stddef.h>

/* A folder of its own under the system's for temporary files; the test fails where it cannot be made. */
void pack_folder_make(char path[64]);

/* Remove the folder and the files in it. */
void pack_folder_remove(const char *path);

/* Write a file into the folder; path becomes its own. */
void pack_file(const char *folder, const char *name, const void *bytes, size_t len, char path[128]);

/* Append bytes, packed as one member or frame. */
void pack_gzip(struct mm_buf *buf, const void *bytes, size_t len);
void pack_zstd(struct mm_buf *buf, const void *bytes, size_t len);

/* Append UTF-16 of a text of UTF-8 that is valid. */
void pack_utf16(struct mm_buf *buf, const char *text, size_t len, bool big_endian);

#endif
