/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hexadecimal digits, both ways.
 */
#include "lib/codec/hex.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void
each_byte_comes_back(void **state)
{
	(void)state;
	for (unsigned value = 0; value < 256; value++) {
		uint8_t byte = (uint8_t)value;
		char text[MM_HEX_SIZE(1)];

		assert_int_equal(mm_hex_pair(mm_hex_encode(&byte, 1, text), 2), value);
		assert_int_equal(text[2], '\0');
	}
}

static void
bytes_are_small_digits_in_their_order(void **state)
{
	static const uint8_t bytes[] = { 0x00, 0x9a, 0xBC, 0xff };
	char text[MM_HEX_SIZE(sizeof(bytes))];

	(void)state;
	assert_ptr_equal(mm_hex_encode(bytes, sizeof(bytes), text), text);
	assert_string_equal(text, "009abcff");
	assert_string_equal(mm_hex_encode(bytes, 0, text), "");
}

static void
what_is_no_digit_is_no_byte(void **state)
{
	(void)state;
	assert_int_equal(mm_hex_pair("aF", 2), 0xaf);
	assert_int_equal(mm_hex_pair("aF", 1), -1);
	assert_int_equal(mm_hex_pair("ag", 2), -1);
	assert_int_equal(mm_hex_pair("/0", 2), -1);
	assert_int_equal(mm_hex_pair("0:", 2), -1);
	assert_int_equal(mm_hex_pair("@0", 2), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_byte_comes_back),
		cmocka_unit_test(bytes_are_small_digits_in_their_order),
		cmocka_unit_test(what_is_no_digit_is_no_byte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
