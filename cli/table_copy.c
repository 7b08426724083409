/* SPDX-License-Identifier: Apache-2.0 */
/* Copies of verifiers' tables. */
#include "cli/table_copy.h"

#include "lib/base/array.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* SQLite's, of a write-ahead log. */
#define WAL_HEAD_LEN 32

#define COPY_TRIES 20

static bool
fail(struct mm_table_copy *copy, const char *why)
{
	(void)snprintf(copy->fault, sizeof(copy->fault), "%s", why);
	return false;
}

/* ---- the folder ---- */

/* What SQLite and this make there. */
static bool
empty(const struct mm_table_copy *copy)
{
	static const char *const names[] = { "table", "table-wal", "table-shm" };

	for (size_t i = 0; i < MM_COUNT_OF(names); i++)
		if (unlinkat(copy->folder_fd, names[i], 0) == -1 && errno != ENOENT)
			return false;
	return true;
}

/* Nobody else may put a table there that this would take for its own. */
static bool
is_own(const struct mm_table_copy *copy)
{
	struct stat status;

	return fstat(copy->folder_fd, &status) == 0 && status.st_uid == geteuid() && (status.st_mode & 077) == 0;
}

static bool
open_folder(struct mm_table_copy *copy, const char *state_dir)
{
	if (snprintf(copy->path, sizeof(copy->path), "%s/" MM_TABLE_COPY_FOLDER "/table", state_dir) >=
	    (int)sizeof(copy->path) - 8) {
		errno = ENAMETOOLONG;
		return false;
	}
	copy->state_fd = open(state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (copy->state_fd == -1)
		return false;
	if (mkdirat(copy->state_fd, MM_TABLE_COPY_FOLDER, 0700) == -1 && errno != EEXIST)
		return false;
	copy->folder_fd = openat(copy->state_fd, MM_TABLE_COPY_FOLDER, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return copy->folder_fd != -1;
}

bool
mm_table_copy_begin(struct mm_table_copy *copy, const char *state_dir)
{
	*copy = (struct mm_table_copy){ .state_fd = -1, .folder_fd = -1 };
	if (!open_folder(copy, state_dir))
		return fail(copy, strerror(errno));
	if (!is_own(copy))
		return fail(copy, "it is not this user's alone: look at it, and remove it");
	if (flock(copy->folder_fd, LOCK_EX | LOCK_NB) == -1) {
		close(copy->folder_fd);
		copy->folder_fd = -1;
		return fail(copy, errno == EWOULDBLOCK ? "another backup is being made" : strerror(errno));
	}
	return empty(copy) || fail(copy, strerror(errno));
}

void
mm_table_copy_end(struct mm_table_copy *copy)
{
	if (copy->folder_fd != -1) {
		if (empty(copy))
			(void)unlinkat(copy->state_fd, MM_TABLE_COPY_FOLDER, AT_REMOVEDIR);
		close(copy->folder_fd);
	}
	if (copy->state_fd != -1)
		close(copy->state_fd);
	copy->folder_fd = copy->state_fd = -1;
}

/* ---- copying ---- */

/* Copy a file as it is; one that is not there gives an empty one where it may. */
static bool
copy_file(int from_fd, const char *from, int to_fd, const char *to, bool may_be_absent)
{
	int source = openat(from_fd, from, O_RDONLY | O_CLOEXEC | O_NOFOLLOW), target;
	static char bytes[65536];
	ssize_t got = 0;
	bool done;

	if (source == -1 && !(may_be_absent && errno == ENOENT))
		return false;
	target = openat(to_fd, to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	done = target != -1;
	while (done && source != -1 && (got = read(source, bytes, sizeof(bytes))) > 0)
		done = write(target, bytes, (size_t)got) == got;
	if (target != -1)
		close(target);
	if (source != -1)
		close(source);
	return done && got == 0;
}

/* The head of a write-ahead log, which changes when the log begins anew; zeroes where there is none. */
static void
read_log_head(int dir_fd, const char *path, unsigned char head[WAL_HEAD_LEN])
{
	int fd = openat(dir_fd, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	memset(head, 0, WAL_HEAD_LEN);
	if (fd == -1)
		return;
	(void)!pread(fd, head, WAL_HEAD_LEN, 0);
	close(fd);
}

/*
 * Copy a table and then its write-ahead log, which the verifier goes on writing, as of one moment: what came into the
 * table meanwhile came from the log, and stands in its copy, as long as the log did not begin anew (SQLite, "WAL-mode
 * File Format"). A half written end of it is none to SQLite.
 */
static bool
copy_table(struct mm_table_copy *copy, int dir_fd, const char *name)
{
	unsigned char before[WAL_HEAD_LEN], after[WAL_HEAD_LEN];
	char log[NAME_MAX + 8];

	(void)snprintf(log, sizeof(log), "%s-wal", name);
	for (unsigned tries = 0; tries < COPY_TRIES; tries++) {
		read_log_head(dir_fd, log, before);
		if (!copy_file(dir_fd, name, copy->folder_fd, "table", false) ||
		    !copy_file(dir_fd, log, copy->folder_fd, "table-wal", true))
			return fail(copy, strerror(errno));
		read_log_head(dir_fd, log, after);
		if (memcmp(before, after, sizeof(before)) == 0)
			return true;
	}
	return fail(copy, "it changes faster than it can be copied");
}

/* Have SQLite bring the log of a copy into it, and look at all of it. */
static bool
settle_table(struct mm_table_copy *copy)
{
	sqlite3_stmt *check = NULL;
	sqlite3 *table = NULL;
	bool whole = sqlite3_open_v2(copy->path, &table, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK &&
	    sqlite3_exec(table, "PRAGMA wal_checkpoint(TRUNCATE)", NULL, NULL, NULL) == SQLITE_OK &&
	    sqlite3_prepare_v2(table, "PRAGMA integrity_check(1)", -1, &check, NULL) == SQLITE_OK &&
	    sqlite3_step(check) == SQLITE_ROW && strcmp((const char *)sqlite3_column_text(check, 0), "ok") == 0;

	if (!whole)
		fail(copy, table == NULL ? "memory is short" : sqlite3_errmsg(table));
	(void)sqlite3_finalize(check);
	return sqlite3_close(table) == SQLITE_OK && whole;
}

int
mm_table_copy_make(struct mm_table_copy *copy, int dir_fd, const char *name)
{
	int fd;

	if (!empty(copy)) {
		fail(copy, strerror(errno));
		return -1;
	}
	if (!copy_table(copy, dir_fd, name) || !settle_table(copy))
		return -1;
	fd = openat(copy->folder_fd, "table", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd == -1)
		fail(copy, strerror(errno));
	return fd;
}
