/* SPDX-License-Identifier: Apache-2.0 */
/* Sealed memory: what is mapped can no longer change, and what could is not mapped. */
#include "daemon/ipc/sealed.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

static const char text[] = "what was compiled";

static int
new_with_text(void)
{
	int fd = mm_sealed_new("test");

	assert_int_not_equal(fd, -1);
	assert_int_equal(mm_sealed_write(fd, mm_slice_str(text)), 0);
	return fd;
}

static void
what_is_sealed_can_be_read(void **state)
{
	struct mm_slice bytes = MM_SLICE_ABSENT;
	int fd = new_with_text();

	(void)state;
	assert_int_equal(mm_sealed_seal(fd), 0);
	assert_int_equal(mm_sealed_map(fd, sizeof(text) - 1, &bytes), 0);
	assert_true(mm_slice_equal(bytes, mm_slice_str(text)));
	mm_sealed_unmap(&bytes);
	assert_false(mm_slice_present(bytes));
	mm_sealed_unmap(&bytes);
	close(fd);
}

static void
what_is_sealed_cannot_change(void **state)
{
	int fd = new_with_text();

	(void)state;
	assert_int_equal(mm_sealed_seal(fd), 0);
	assert_int_equal(pwrite(fd, "X", 1, 0), -1);
	assert_int_equal(ftruncate(fd, 1), -1);
	assert_int_equal(ftruncate(fd, 4096), -1);
	assert_ptr_equal(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0), MAP_FAILED);
	close(fd);
}

static void
what_could_change_is_not_mapped(void **state)
{
	static const int each[] = { 0, F_SEAL_WRITE, F_SEAL_WRITE | F_SEAL_GROW,
		F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK };
	struct mm_slice bytes = MM_SLICE_ABSENT;

	(void)state;
	for (size_t i = 0; i < sizeof(each) / sizeof(each[0]); i++) {
		int fd = new_with_text();

		assert_int_equal(fcntl(fd, F_ADD_SEALS, each[i]), 0);
		assert_int_equal(mm_sealed_map(fd, 4096, &bytes), -1);
		assert_int_equal(errno, EPERM);
		assert_false(mm_slice_present(bytes));
		close(fd);
	}
}

static void
what_somebody_maps_for_writing_is_not_sealed(void **state)
{
	int fd = new_with_text();
	void *map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	(void)state;
	assert_ptr_not_equal(map, MAP_FAILED);
	assert_int_equal(mm_sealed_seal(fd), -1);
	assert_int_equal(errno, EBUSY);
	munmap(map, 4096);
	assert_int_equal(mm_sealed_seal(fd), 0);
	close(fd);
}

static void
too_long_and_empty_and_ordinary_files_are_refused(void **state)
{
	struct mm_slice bytes = MM_SLICE_ABSENT;
	int fd = new_with_text(), empty = mm_sealed_new("empty");
	FILE *file = tmpfile();

	(void)state;
	assert_non_null(file);
	assert_int_equal(mm_sealed_seal(fd), 0);
	assert_int_equal(mm_sealed_map(fd, sizeof(text) - 2, &bytes), -1);
	assert_int_equal(errno, EFBIG);
	assert_int_equal(mm_sealed_seal(empty), 0);
	assert_int_equal(mm_sealed_map(empty, 4096, &bytes), -1);
	assert_int_equal(errno, ENODATA);
	assert_int_equal(mm_sealed_map(fileno(file), 4096, &bytes), -1);
	assert_int_equal(mm_sealed_map(-1, 4096, &bytes), -1);
	assert_int_equal(errno, EBADF);
	assert_int_equal(mm_sealed_seal(fileno(file)), -1);
	fclose(file);
	close(fd);
	close(empty);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_sealed_can_be_read),
		cmocka_unit_test(what_is_sealed_cannot_change),
		cmocka_unit_test(what_could_change_is_not_mapped),
		cmocka_unit_test(what_somebody_maps_for_writing_is_not_sealed),
		cmocka_unit_test(too_long_and_empty_and_ordinary_files_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
