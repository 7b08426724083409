/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Times for people.
 */
#include "cli/when.h"

#include "lib/base/array.h"
#include "lib/base/limits.h"

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
times(void **state)
{
	static const struct {
		int64_t time_s;
		const char *text;
	} rows[] = {
		{ 0, "1970-01-01 00:00:00 UTC" },
		{ 1684108800, "2023-05-15 00:00:00 UTC" },
		{ 951782400, "2000-02-29 00:00:00 UTC" },
		{ INT64_MAX, "9223372036854775807 s after 1970" },
	};
	char text[MM_WHEN_MAX];

	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(rows); i++) {
		mm_when_format(rows[i].time_s, text);
		assert_string_equal(text, rows[i].text);
	}
	mm_when_format(MM_TIME_MAX_S, text);
	assert_non_null(strstr(text, "UTC"));
}

static void
durations(void **state)
{
	static const struct {
		int64_t duration_s;
		const char *text;
	} rows[] = {
		{ 0, "0 s" },
		{ 59, "59 s" },
		{ 60, "1 min" },
		{ 61, "1 min 1 s" },
		{ 3600, "1 h" },
		{ 3661, "1 h 1 min" },
		{ -3660, "1 h 1 min" },
		{ 86400, "1 day" },
		{ 771 * 86400 + 3 * 3600 + 59, "771 days 3 h" },
		{ 2 * 86400 + 59, "2 days" },
	};
	char text[MM_WHEN_MAX];

	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(rows); i++) {
		mm_when_format_duration(rows[i].duration_s, text);
		assert_string_equal(text, rows[i].text);
	}
}

static void
relative_times(void **state)
{
	char text[MM_WHEN_MAX];

	(void)state;
	mm_when_format_relative(100, 100, text);
	assert_string_equal(text, "now");
	mm_when_format_relative(100, 160, text);
	assert_string_equal(text, "1 min ago");
	mm_when_format_relative(160, 100, text);
	assert_string_equal(text, "in 1 min");
	mm_when_format_relative(MM_TIME_MAX_S, 0, text);
	assert_string_equal(text, "in 104249991374 days 7 h");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times),
		cmocka_unit_test(durations),
		cmocka_unit_test(relative_times),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
