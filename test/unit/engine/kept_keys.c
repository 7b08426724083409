/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fetched keys that are kept: the file is the old one or the new one, and its time is that of the last fetch.
 */
#include "engine/kept_keys.h"

#include "lib/base/limits.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define DOCUMENT "jwks:https://keys.example/keys"

/* SHA-256 of the name, as sha256sum(1) makes it. */
#define FILE_NAME "0313089063be05258922e6ddbbf6e03f69a3d61cd5ac35aa1a817c56bba67bb8.jwks"

static char folder[] = "/tmp/mm-kept-keys-XXXXXX";
static int folder_fd;

static int
make_folder(void **state)
{
	(void)state;
	if (mkdtemp(folder) == NULL)
		return -1;
	folder_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return folder_fd == -1 ? -1 : 0;
}

static int
remove_folder(void **state)
{
	char name[MM_KEPT_KEYS_NAME_SIZE];

	(void)state;
	if (mm_kept_keys_file_name(DOCUMENT, name))
		(void)unlinkat(folder_fd, name, 0);
	(void)unlinkat(folder_fd, "new", 0);
	close(folder_fd);
	return rmdir(folder);
}

static void
assert_kept(const char *text, int64_t time_s)
{
	size_t len = 0;
	int64_t fetched_s = 0;
	char *bytes = mm_kept_keys_load(folder_fd, DOCUMENT, &len, &fetched_s);

	assert_non_null(bytes);
	assert_int_equal(len, strlen(text));
	assert_memory_equal(bytes, text, len);
	assert_int_equal(fetched_s, time_s);
	free(bytes);
}

static void
a_name_is_a_digest(void **state)
{
	char name[MM_KEPT_KEYS_NAME_SIZE], other[MM_KEPT_KEYS_NAME_SIZE];

	(void)state;
	assert_true(mm_kept_keys_file_name(DOCUMENT, name));
	assert_string_equal(name, FILE_NAME);
	assert_true(mm_kept_keys_file_name("jwks:https://keys.example/key", other));
	assert_string_not_equal(name, other);
	/* Whatever stands in it, it leads nowhere else. */
	assert_true(mm_kept_keys_file_name("../../etc/passwd", other));
	assert_null(strchr(other, '/'));
}

static void
nothing_is_kept_at_first(void **state)
{
	size_t len = 7;
	int64_t fetched_s = 7;

	(void)state;
	assert_null(mm_kept_keys_load(folder_fd, DOCUMENT, &len, &fetched_s));
	assert_int_equal(errno, ENOENT);
	assert_false(mm_kept_keys_confirm(folder_fd, DOCUMENT, 5));
	assert_int_equal(errno, ENOENT);
}

static void
the_last_one_is_kept_with_its_time(void **state)
{
	(void)state;
	assert_true(mm_kept_keys_store(folder_fd, DOCUMENT, mm_slice_str("one"), 1700000000));
	assert_kept("one", 1700000000);
	assert_true(mm_kept_keys_store(folder_fd, DOCUMENT, mm_slice_str("the second"), 1700000100));
	assert_kept("the second", 1700000100);
	assert_true(mm_kept_keys_confirm(folder_fd, DOCUMENT, 1700000200));
	assert_kept("the second", 1700000200);
	assert_int_equal(faccessat(folder_fd, "new", F_OK, 0), -1);
}

/* A writing that did not end leaves what was there. */
static void
half_a_writing_changes_nothing(void **state)
{
	int fd = openat(folder_fd, "new", O_WRONLY | O_CREAT | O_TRUNC, 0644);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "hal", 3), 3);
	close(fd);
	assert_kept("the second", 1700000200);
	assert_true(mm_kept_keys_store(folder_fd, DOCUMENT, mm_slice_str("x"), 1));
	assert_kept("x", 1);
}

/* Who can put a link into the folder cannot have another file written or read. */
static void
a_link_is_not_followed(void **state)
{
	char name[MM_KEPT_KEYS_NAME_SIZE];
	int64_t fetched_s;
	size_t len;

	(void)state;
	assert_true(mm_kept_keys_file_name(DOCUMENT, name));
	assert_int_equal(symlinkat("/etc/hostname", folder_fd, "new"), 0);
	assert_false(mm_kept_keys_store(folder_fd, DOCUMENT, mm_slice_str("y"), 2));
	assert_int_equal(errno, ELOOP);
	assert_int_equal(unlinkat(folder_fd, "new", 0), 0);
	assert_int_equal(unlinkat(folder_fd, name, 0), 0);
	assert_int_equal(symlinkat("/etc/hostname", folder_fd, name), 0);
	assert_null(mm_kept_keys_load(folder_fd, DOCUMENT, &len, &fetched_s));
	assert_int_equal(errno, ELOOP);
	assert_int_equal(unlinkat(folder_fd, name, 0), 0);
}

/* Opening a pipe that nobody reads would wait for ever, and mintmarkd with it. */
static void
a_pipe_holds_nobody_up(void **state)
{
	(void)state;
	alarm(60);
	assert_int_equal(mkfifoat(folder_fd, "new", 0600), 0);
	assert_false(mm_kept_keys_store(folder_fd, DOCUMENT, mm_slice_str("z"), 3));
	assert_int_equal(errno, ENXIO);
	assert_int_equal(unlinkat(folder_fd, "new", 0), 0);
	alarm(0);
}

static void
what_is_too_large_is_not_read(void **state)
{
	char name[MM_KEPT_KEYS_NAME_SIZE];
	int64_t fetched_s;
	size_t len;
	int fd;

	(void)state;
	assert_true(mm_kept_keys_file_name(DOCUMENT, name));
	fd = openat(folder_fd, name, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	assert_int_equal(ftruncate(fd, MM_DOCUMENT_LEN_MAX + 1), 0);
	close(fd);
	assert_null(mm_kept_keys_load(folder_fd, DOCUMENT, &len, &fetched_s));
	assert_int_equal(errno, EFBIG);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_is_a_digest),
		cmocka_unit_test(nothing_is_kept_at_first),
		cmocka_unit_test(the_last_one_is_kept_with_its_time),
		cmocka_unit_test(half_a_writing_changes_nothing),
		cmocka_unit_test(a_link_is_not_followed),
		cmocka_unit_test(a_pipe_holds_nobody_up),
		cmocka_unit_test(what_is_too_large_is_not_read),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
