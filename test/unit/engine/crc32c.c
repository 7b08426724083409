/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CRC-32C: the values of RFC 3720 appendix B.4, and that both ways agree.
 */
#include "engine/crc32c.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void
test_known_values(void **state)
{
	unsigned char bytes[32];

	(void)state;
	assert_int_equal(mm_crc32c("123456789", 9), 0xE3069283);
	assert_int_equal(mm_crc32c("", 0), 0);
	memset(bytes, 0, sizeof(bytes));
	assert_int_equal(mm_crc32c(bytes, sizeof(bytes)), 0x8A9136AA);
	memset(bytes, 0xFF, sizeof(bytes));
	assert_int_equal(mm_crc32c(bytes, sizeof(bytes)), 0x62A8AB43);
	for (unsigned i = 0; i < sizeof(bytes); i++)
		bytes[i] = (unsigned char)i;
	assert_int_equal(mm_crc32c(bytes, sizeof(bytes)), 0x46DD794E);
}

static void
test_both_ways_agree(void **state)
{
	unsigned char bytes[300];
	uint32_t value = 1;

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++) {
		value = value * 1664525 + 1013904223;
		bytes[i] = (unsigned char)(value >> 24);
	}
	for (size_t from = 0; from < 9; from++)
		for (size_t len = 0; len < sizeof(bytes) - from; len++)
			assert_int_equal(mm_crc32c(bytes + from, len), mm_crc32c_portable(bytes + from, len));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known_values),
		cmocka_unit_test(test_both_ways_agree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
