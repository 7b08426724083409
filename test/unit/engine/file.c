/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading files whole: what is no regular file of at most so many bytes is refused, and told by errno.
 */
#include "engine/file.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char path[] = "/tmp/mm-file-XXXXXX";
static int file_fd;

static int
make_file(void **state)
{
	(void)state;
	file_fd = mkstemp(path);
	return file_fd < 0 ? -1 : 0;
}

static int
remove_file(void **state)
{
	(void)state;
	close(file_fd);
	return unlink(path);
}

static void
fill(const char *content)
{
	size_t len = strlen(content);

	assert_int_equal(ftruncate(file_fd, 0), 0);
	assert_int_equal(pwrite(file_fd, content, len, 0), (ssize_t)len);
}

static void
assert_read(char *bytes, const size_t *len, const char *expected)
{
	assert_non_null(bytes);
	assert_int_equal(*len, strlen(expected));
	assert_string_equal(bytes, expected);
	free(bytes);
}

static void
test_whole(void **state)
{
	size_t len = 0;

	(void)state;
	fill("12345");
	assert_read(mm_file_read(AT_FDCWD, path, 5, &len), &len, "12345");
	fill("");
	assert_read(mm_file_read(AT_FDCWD, path, 4, &len), &len, "");
}

/* Where a descriptor stands does not matter: mintmarkd hands over ones that were read from before. */
static void
test_open(void **state)
{
	size_t len = 0;

	(void)state;
	fill("12345");
	assert_int_equal(lseek(file_fd, 3, SEEK_SET), 3);
	assert_read(mm_file_read_open(file_fd, 5, &len), &len, "12345");
	assert_int_equal(lseek(file_fd, 0, SEEK_CUR), 3);
}

static void
test_refused(void **state)
{
	size_t len = 77;

	(void)state;
	fill("12345");
	assert_null(mm_file_read(AT_FDCWD, path, 4, &len));
	assert_int_equal(errno, EFBIG);
	assert_null(mm_file_read(AT_FDCWD, "/dev/zero", 4, &len));
	assert_int_equal(errno, EINVAL);
	assert_null(mm_file_read(AT_FDCWD, "/tmp", 4, &len));
	assert_int_equal(errno, EINVAL);
	assert_null(mm_file_read(AT_FDCWD, "/nonexistent/file", 4, &len));
	assert_int_equal(errno, ENOENT);
	assert_null(mm_file_read_open(-1, 4, &len));
	assert_int_equal(errno, EBADF);
	assert_int_equal(len, 77);
	assert_string_equal(mm_file_failure_text(EFBIG), "it is too large");
	assert_string_equal(mm_file_failure_text(EINVAL), "it is no regular file");
}

static void
test_piece(void **state)
{
	char bytes[8] = "";

	(void)state;
	fill("12345");
	assert_int_equal(mm_file_read_at(file_fd, bytes, 2, 1), 2);
	assert_string_equal(bytes, "23");
	assert_int_equal(mm_file_read_at(file_fd, bytes, sizeof(bytes), 3), 2);
	assert_int_equal(mm_file_read_at(file_fd, bytes, sizeof(bytes), 9), 0);
	assert_int_equal(mm_file_read_at(-1, bytes, 1, 0), -1);
	assert_int_equal(errno, EBADF);
}

static void
test_writes_at_an_offset(void **state)
{
	size_t len = 0;

	(void)state;
	fill("12345");
	assert_int_equal(mm_file_write_at(file_fd, "abc", 3, 4), 0);
	assert_read(mm_file_read(AT_FDCWD, path, 10, &len), &len, "1234abc");
	assert_int_equal(mm_file_write_at(-1, "abc", 3, 0), -1);
	assert_int_equal(errno, EBADF);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_open),
		cmocka_unit_test(test_writes_at_an_offset),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_piece),
	};

	return cmocka_run_group_tests(tests, make_file, remove_file);
}
