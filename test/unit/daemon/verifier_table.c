/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A table that could only be opened for reading is opened anew when it can be written, and not before; where it cannot
 * be used then, that is said.
 */
#include "daemon/verifier/table.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define TABLE "table.sqlite"

static struct verifier_table table;
static char folder[64];
static const char *why;

/* ---- a disk that takes no writes: SQLite lets tests put themselves before its system calls ---- */

static bool read_only, unreadable;

static int
open_file(const char *name, int flags, int mode)
{
	if (strcmp(name, TABLE) != 0 || (!unreadable && (!read_only || (flags & O_ACCMODE) == O_RDONLY)))
		return open(name, flags, mode);
	errno = EIO;
	return -1;
}

static int
put_before(void **state)
{
	sqlite3_vfs *vfs = sqlite3_vfs_find("unix");

	(void)state;
	assert_non_null(vfs);
	return vfs->xSetSystemCall(vfs, "open", (sqlite3_syscall_ptr)open_file);
}

static int
begin(void **state)
{
	(void)state;
	read_only = unreadable = false;
	(void)snprintf(folder, sizeof(folder), "/tmp/mm-table-XXXXXX");
	assert_non_null(mkdtemp(folder));
	assert_int_equal(chdir(folder), 0);
	if (!verifier_table_open(&table, &why))
		fail_msg("%s", why);
	return 0;
}

static int
end(void **state)
{
	(void)state;
	verifier_table_close(&table);
	(void)unlink(TABLE);
	(void)unlink(TABLE "-wal");
	(void)unlink(TABLE "-shm");
	assert_int_equal(chdir("/"), 0);
	assert_int_equal(rmdir(folder), 0);
	return 0;
}

/* Started anew on such a disk. */
static void
open_for_reading(void)
{
	read_only = true;
	verifier_table_close(&table);
	assert_true(verifier_table_open(&table, &why));
}

static bool
can_be_written(void)
{
	verifier_table_try(&table);
	return verifier_table_commit(&table, &why);
}

static unsigned
open_files(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned count = 0;

	assert_non_null(dir);
	while (readdir(dir) != NULL)
		count++;
	closedir(dir);
	return count;
}

/* ---- */

static void
one_that_can_be_written_stays(void **state)
{
	sqlite3 *db = table.db;

	(void)state;
	assert_true(can_be_written());
	assert_true(verifier_table_renew(&table, &why));
	assert_ptr_equal(table.db, db);
	assert_int_equal(table.client_changes, 0);
}

static void
it_is_written_when_the_disk_can_be(void **state)
{
	unsigned files;

	(void)state;
	open_for_reading();
	files = open_files();
	assert_false(can_be_written());
	for (unsigned i = 0; i < 10; i++) {
		assert_true(verifier_table_renew(&table, &why));
		assert_false(can_be_written());
	}
	assert_int_equal(open_files(), files);
	read_only = false;
	/* It does not come by itself. */
	assert_false(can_be_written());
	assert_true(verifier_table_renew(&table, &why));
	assert_true(can_be_written());
	/* What is known of clients is read again. */
	assert_true(table.client_changes > 0);
	/* Its statements are those of the new table. */
	for (int i = 0; i < VERIFIER_SQL_COUNT; i++)
		assert_ptr_equal(sqlite3_db_handle(verifier_table_sql(&table, (enum verifier_sql)i)), table.db);
}

/* What the round has read and written so far stays what it was. */
static void
never_within_a_round(void **state)
{
	sqlite3 *db;

	(void)state;
	open_for_reading();
	db = table.db;
	verifier_table_try(&table);
	read_only = false;
	assert_true(verifier_table_renew(&table, &why));
	assert_ptr_equal(table.db, db);
	assert_false(verifier_table_commit(&table, &why));
	assert_true(verifier_table_renew(&table, &why));
	assert_true(can_be_written());
}

static void
one_that_cannot_be_used_is_told(void **state)
{
	static const char noise[4096] = "no table at all";
	int fd;

	(void)state;
	open_for_reading();
	unreadable = true;
	assert_false(verifier_table_renew(&table, &why));
	assert_non_null(strstr(why, "it cannot be opened"));
	verifier_table_close(&table);
	unreadable = false;
	open_for_reading();
	fd = open(TABLE, O_WRONLY | O_CLOEXEC);
	assert_int_equal(write(fd, noise, sizeof(noise)), sizeof(noise));
	close(fd);
	read_only = false;
	assert_false(verifier_table_renew(&table, &why));
	assert_non_null(strstr(why, "the table: "));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(one_that_can_be_written_stays, begin, end),
		cmocka_unit_test_setup_teardown(it_is_written_when_the_disk_can_be, begin, end),
		cmocka_unit_test_setup_teardown(never_within_a_round, begin, end),
		cmocka_unit_test_setup_teardown(one_that_cannot_be_used_is_told, begin, end),
	};

	return cmocka_run_group_tests(tests, put_before, NULL);
}
