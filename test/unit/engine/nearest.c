/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The nearest spelling.
 */
#include "engine/nearest.h"

#include "lib/base/array.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void
distances(void **state)
{
	static const struct {
		const char *wanted, *offered;
		size_t distance;
	} rows[] = {
		{ "", "", 0 },
		{ "verify", "verify", 0 },
		{ "verfy", "verify", 1 },
		{ "verrify", "verify", 1 },
		{ "verity", "verify", 1 },
		{ "evrify", "verify", 2 },
		{ "", "abc", 3 },
		{ "abc", "", 3 },
		{ "kitten", "sitting", 3 },
		{ "KE1", "ke1", 2 },
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(rows); i++) {
		struct mm_nearest nearest;

		mm_nearest_init(&nearest, mm_slice_str(rows[i].wanted));
		mm_nearest_offer(&nearest, mm_slice_str(rows[i].offered));
		assert_int_equal(nearest.distance, rows[i].distance);
	}
}

static void
the_first_of_the_nearest_wins(void **state)
{
	struct mm_nearest nearest;

	(void)state;
	mm_nearest_init(&nearest, mm_slice_str("mial"));
	assert_int_equal(nearest.distance, SIZE_MAX);
	mm_nearest_offer(&nearest, mm_slice_str("imap"));
	mm_nearest_offer(&nearest, mm_slice_str("mail"));
	mm_nearest_offer(&nearest, mm_slice_str("mill"));
	mm_nearest_offer(&nearest, mm_slice_str("dial"));
	assert_true(mm_slice_equal(nearest.best, mm_slice_str("mill")));
	assert_int_equal(nearest.place, 2);
	assert_int_equal(nearest.offered, 4);
}

static void
long_texts_are_passed_over(void **state)
{
	static char text[MM_NEAREST_LEN_MAX + 1];
	struct mm_nearest nearest;

	(void)state;
	memset(text, 'a', sizeof(text));
	mm_nearest_init(&nearest, mm_slice(text, sizeof(text)));
	mm_nearest_offer(&nearest, mm_slice_str("a"));
	assert_int_equal(nearest.distance, SIZE_MAX);
	mm_nearest_init(&nearest, mm_slice(text, MM_NEAREST_LEN_MAX));
	mm_nearest_offer(&nearest, mm_slice(text, sizeof(text)));
	assert_int_equal(nearest.distance, SIZE_MAX);
	mm_nearest_offer(&nearest, mm_slice(text, MM_NEAREST_LEN_MAX));
	assert_int_equal(nearest.distance, 0);
	mm_nearest_init(&nearest, mm_slice(text, MM_NEAREST_LEN_MAX));
	mm_nearest_offer(&nearest, mm_slice(text, 0));
	assert_int_equal(nearest.distance, MM_NEAREST_LEN_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(distances),
		cmocka_unit_test(the_first_of_the_nearest_wins),
		cmocka_unit_test(long_texts_are_passed_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
