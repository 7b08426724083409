/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Points of time as people give them.
 */
#include "cli/since.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* 2026-11-23 01:02:03.5 UTC. */
#define NOW_US INT64_C(1795395723500000)
#define TODAY_US INT64_C(1795392000000000)

static void
test_times(void **state)
{
	static const struct {
		const char *text;
		int64_t time_us;
	} rows[] = {
		{ "now", NOW_US },
		{ "today", TODAY_US },
		{ "yesterday", TODAY_US - INT64_C(86400000000) },
		{ "2026-11-23", TODAY_US },
		{ "1970-01-01", 0 },
		{ "2026-11-23T00:00:00Z", TODAY_US },
		{ "2026-11-23t00:00:00z", TODAY_US },
		{ "2026-11-23 00:00:00Z", TODAY_US },
		{ "2026-11-23T01:00:00+01:00", TODAY_US },
		{ "2026-11-22T18:30:00-05:30", TODAY_US },
		{ "2026-11-23T00:00:00.25Z", TODAY_US + 250000 },
		{ "2026-11-23T00:00:00.1234567Z", TODAY_US + 123456 },
		{ "2024-02-29", INT64_C(1709164800000000) },
		{ "2016-12-31T23:59:60Z", INT64_C(1483228800000000) },
		{ "0s", NOW_US },
		{ "90s", NOW_US - 90000000 },
		{ "15m", NOW_US - INT64_C(900000000) },
		{ "15min", NOW_US - INT64_C(900000000) },
		{ "2h", NOW_US - INT64_C(7200000000) },
		{ "3d", NOW_US - INT64_C(259200000000) },
		{ "1w", NOW_US - INT64_C(604800000000) },
		{ "9999999w", NOW_US - INT64_C(9999999) * 604800 * 1000000 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int64_t time_us = -1;

		assert_true(mm_since_parse(rows[i].text, NOW_US, &time_us));
		assert_int_equal(time_us, rows[i].time_us);
	}
}

static void
test_no_times(void **state)
{
	static const char *const rows[] = {
		"", " ", "tomorrow", "Today", "h", "2", "2H", "2 h", "-2h", "+2h", "2hh", "10000000s", "2026",
		"2026-11", "2026-11-23T", "2026-11-23T01", "2026-11-23T01:02Z", "2026-11-23T01:02:03",
		"2026-11-23T01:02:03.Z", "2026-11-23T01:02:03+1:00", "2026-11-23T01:02:03+24:00",
		"2026-11-23T24:00:00Z", "2026-11-23T01:60:00Z", "2026-11-23T01:00:61Z", "2026-13-01",
		"2026-00-01", "2026-11-31", "2026-11-00", "2023-02-29", "1969-12-31", "26-11-23",
		"2026-11-23Z", "2026-11-23T01:02:03Zx", "20261123", "1795395723",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int64_t time_us = 42;

		assert_false(mm_since_parse(rows[i], NOW_US, &time_us));
		assert_int_equal(time_us, 42);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_no_times),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
