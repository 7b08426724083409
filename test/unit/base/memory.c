/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Buffers, readers, pools and scratch keep their bounds, and their failures stick.
 */
#include "lib/base/buf.h"
#include "lib/base/pool.h"
#include "lib/base/reader.h"
#include "lib/base/scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static void
a_buffer_grows_to_its_maximum_and_no_further(void **state)
{
	struct mm_buf buf;
	size_t len = 0;
	char *bytes;

	(void)state;
	mm_buf_init(&buf, 1000);
	for (int i = 0; i < 100; i++)
		mm_buf_add_str(&buf, "0123456789");
	assert_true(mm_buf_ok(&buf));
	assert_int_equal(buf.len, 1000);
	mm_buf_add_u8(&buf, 1);
	assert_false(mm_buf_ok(&buf));
	mm_buf_add(&buf, "", 0);
	assert_false(mm_buf_ok(&buf)); /* it sticks */
	assert_null(mm_buf_take(&buf, &len));
	assert_true(mm_buf_ok(&buf)); /* and is gone with the content */

	mm_buf_addf(&buf, "%d-%s", 7, "x");
	bytes = mm_buf_take(&buf, &len);
	assert_int_equal(len, 3);
	assert_memory_equal(bytes, "7-x", 3);
	free(bytes);
	mm_buf_clear(&buf);
}

static void
integers_come_back(void **state)
{
	static const unsigned char expected[] = { 1, 3, 2, 7, 6, 5, 4, 0xF, 0xE, 0xD, 0xC, 0xB, 0xA, 9, 8 };
	struct mm_buf buf;
	struct mm_reader reader;

	(void)state;
	mm_buf_init(&buf, 100);
	mm_buf_add_u8(&buf, 1);
	mm_buf_add(&buf, "\3\2", 2);
	mm_buf_add_u32(&buf, 0x04050607);
	mm_buf_add_u64(&buf, 0x08090A0B0C0D0E0F);
	assert_int_equal(buf.len, sizeof(expected));
	assert_memory_equal(buf.data, expected, sizeof(expected));
	mm_reader_init(&reader, buf.data, buf.len);
	assert_int_equal(mm_reader_u8(&reader), 1);
	assert_int_equal(mm_reader_u16(&reader), 0x0203);
	assert_int_equal(mm_reader_u32(&reader), 0x04050607);
	assert_true(mm_reader_u64(&reader) == 0x08090A0B0C0D0E0F);
	assert_true(mm_reader_ok(&reader));
	assert_int_equal(reader.left, 0);
	mm_buf_clear(&buf);
}

static void
a_reader_never_passes_its_end(void **state)
{
	struct mm_reader reader;

	(void)state;
	mm_reader_init(&reader, "abc", 3);
	assert_int_equal(mm_reader_u32(&reader), 0);
	assert_false(mm_reader_ok(&reader));
	assert_int_equal(mm_reader_u8(&reader), 0); /* what is left is not given out after a failure */
	mm_reader_init(&reader, "abc", 3);
	assert_true(mm_slice_equal(mm_reader_slice(&reader, 2), mm_slice_str("ab")));
	assert_false(mm_slice_present(mm_reader_slice(&reader, SIZE_MAX)));
	assert_false(mm_reader_ok(&reader));
}

static void
a_pool_refuses_what_overflows(void **state)
{
	struct mm_pool pool = { NULL };
	char *copy = mm_pool_copy(&pool, mm_slice("a\0b", 3));

	(void)state;
	assert_non_null(copy);
	assert_memory_equal(copy, "a\0b\0", 4);
	assert_null(mm_pool_array(&pool, SIZE_MAX / 2, 4));
	assert_null(mm_pool_alloc(&pool, SIZE_MAX));
	assert_non_null(mm_pool_array(&pool, 0, 8));
	mm_pool_clear(&pool);
	mm_pool_clear(&pool);
}

static void
scratch_gives_no_more_than_it_has(void **state)
{
	struct mm_scratch scratch;
	char room[8];

	(void)state;
	mm_scratch_init(&scratch, room, sizeof(room));
	assert_ptr_equal(mm_scratch_take(&scratch, 5), room);
	assert_null(mm_scratch_take(&scratch, 4));
	assert_null(mm_scratch_take(&scratch, SIZE_MAX));
	assert_ptr_equal(mm_scratch_take(&scratch, 3), room + 5);
	assert_non_null(mm_scratch_take(&scratch, 0));
}

static void
absent_slices_equal_nothing(void **state)
{
	(void)state;
	assert_false(mm_slice_equal(MM_SLICE_ABSENT, MM_SLICE_ABSENT));
	assert_false(mm_slice_equal(MM_SLICE_ABSENT, mm_slice("", 0)));
	assert_true(mm_slice_equal(mm_slice("", 0), mm_slice("x", 0)));
	assert_false(mm_slice_present(mm_slice_str(NULL)));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_buffer_grows_to_its_maximum_and_no_further),
		cmocka_unit_test(integers_come_back),
		cmocka_unit_test(a_reader_never_passes_its_end),
		cmocka_unit_test(a_pool_refuses_what_overflows),
		cmocka_unit_test(scratch_gives_no_more_than_it_has),
		cmocka_unit_test(absent_slices_equal_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
