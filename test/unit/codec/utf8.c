/* SPDX-License-Identifier: Apache-2.0 */
/*
 * UTF-8: every code point has one encoding, and nothing else is taken.
 */
#include "lib/codec/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void
every_code_point_has_one_encoding(void **state)
{
	(void)state;
	for (uint32_t code_point = 0; code_point < 0x110000; code_point++) {
		char bytes[4];
		uint32_t back = 0;
		size_t len;

		if (code_point >= 0xD800 && code_point <= 0xDFFF)
			continue;
		len = mm_utf8_encode(code_point, bytes);
		if (mm_utf8_decode(bytes, len, &back) != len || back != code_point)
			fail_msg("U+%04X", code_point);
		if (len > 1 && mm_utf8_decode(bytes, len - 1, NULL) != 0)
			fail_msg("U+%04X cut", code_point);
	}
}

/* Of all sequences of three bytes exactly the encodings are taken: count them. */
static void
nothing_else_is_taken(void **state)
{
	size_t taken[5] = { 0 };

	(void)state;
	for (uint32_t value = 0; value < 1u << 24; value++) {
		char bytes[3] = { (char)(value >> 16), (char)(value >> 8), (char)value };

		taken[mm_utf8_decode(bytes, sizeof(bytes), NULL)]++;
	}
	assert_int_equal(taken[1], 0x80u << 16);
	assert_int_equal(taken[2], (0x800u - 0x80u) << 8);
	assert_int_equal(taken[3], 0x10000u - 0x800u - 0x800u); /* without the surrogates */
	assert_int_equal(taken[4], 0);
	assert_int_equal(mm_utf8_decode("\xF4\x90\x80\x80", 4, NULL), 0);
	assert_int_equal(mm_utf8_decode("\xF0\x8F\xBF\xBF", 4, NULL), 0);
	assert_int_equal(mm_utf8_decode("", 0, NULL), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_code_point_has_one_encoding),
		cmocka_unit_test(nothing_else_is_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
