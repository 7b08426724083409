/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Copies of verifiers' tables for a backup, each as of one moment, while the verifier goes on writing.
 *
 * A table holds digests of passwords. So its copy stands below state_dir for a moment, where no more people can look
 * than in the table's own folder, and what a backup that was killed left there is removed by the next one.
 */
#ifndef MM_CLI_TABLE_COPY_H
#define MM_CLI_TABLE_COPY_H

#include <mintmark/version.h>

#include <limits.h>
#include <stdbool.h>

#define MM_TABLE_COPY_FOLDER "mint.backup"

struct mm_table_copy {
	int state_fd, folder_fd;
	char path[PATH_MAX]; /* of the copy, for SQLite */
	char fault[256];     /* what was wrong, after false */
};

/*
 * Make the folder of copies, or take and empty the one that was left. False, with fault, where it cannot be, or another
 * backup uses it. End it in either case.
 */
MM_MUST_USE bool mm_table_copy_begin(struct mm_table_copy *copy, const char *state_dir);
void mm_table_copy_end(struct mm_table_copy *copy);

/*
 * Copy a table, and have SQLite look at all of it. A descriptor of the copy, which the caller closes; -1 with fault.
 */
MM_MUST_USE int mm_table_copy_make(struct mm_table_copy *copy, int dir_fd, const char *name);

#endif
