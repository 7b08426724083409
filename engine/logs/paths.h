/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Paths: the files that a file or a folder stands for.
 */
#ifndef MM_ENGINE_LOGS_PATHS_H
#define MM_ENGINE_LOGS_PATHS_H

#include <mintmark/version.h>

#include <stddef.h>

struct mm_logs_paths {
	char **items;
	size_t count, room;
};

/*
 * Append path, or, where it is a folder, the regular files in it and in folders in it, at most folders_max deep, in the
 * order of their names, byte by byte; hidden ones and links to folders are left out. A folder that cannot be read is
 * appended itself, so that opening it fails and is told. Returns 0, or -1 with errno (ENOMEM, E2BIG: more than
 * paths_max).
 */
MM_MUST_USE int mm_logs_paths_add(struct mm_logs_paths *paths, const char *path, unsigned folders_max,
    size_t paths_max);

void mm_logs_paths_clear(struct mm_logs_paths *paths);

#endif
