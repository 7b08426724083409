/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Moments as logs write them: what each means, and what was taken for granted.
 */
#include "engine/logs/moment.h"

#include "lib/base/array.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

/* 2026-11-28T12:00:00Z. */
#define REFERENCE_US (INT64_C(1795867200) * 1000000)

#define NONE 0
#define NO_ZONE MM_MOMENT_NO_ZONE
#define AMERICAN (MM_MOMENT_AMERICAN | MM_MOMENT_NO_ZONE)
#define AMBIGUOUS (AMERICAN | MM_MOMENT_AMBIGUOUS)
#define IMPOSSIBLE (MM_MOMENT_IMPOSSIBLE | MM_MOMENT_NO_ZONE)
#define SYSLOG (MM_MOMENT_NO_YEAR | MM_MOMENT_NO_ZONE)

/* date -u -d … +%s tells the seconds. */
static const struct {
	const char *text;
	int64_t second, microsecond;
	unsigned notes;
} rows[] = {
	{ "2023-05-20T11:07:00", 1684580820, 0, NO_ZONE },
	{ "2023-05-20T11:07:00Z", 1684580820, 0, NONE },
	{ "2023-05-20t11:07:00z", 1684580820, 0, NONE },
	{ "2023-05-20 11:07:00", 1684580820, 0, NO_ZONE },
	{ "2023-05-20 11:07:00 UTC", 1684580820, 0, NONE },
	{ "2023-05-20T11:07", 1684580820, 0, NO_ZONE },
	{ "2023-05-20", 1684540800, 0, NO_ZONE },
	{ "2023-10-24T20:13:31.4449614Z", 1698178411, 444961, NONE },
	{ "2023-10-24T20:01:11.9490387+00:00", 1698177671, 949038, NONE },
	{ "2023-10-24T22:01:11.9+02:00", 1698177671, 900000, MM_MOMENT_ZONE },
	{ "2023-10-24T15:01:11-0500", 1698177671, 0, MM_MOMENT_ZONE },
	{ "2023-10-24T22:01:11+02", 1698177671, 0, MM_MOMENT_ZONE },
	{ "2024-02-29T00:00:00Z", 1709164800, 0, NONE },
	{ "1970-01-01T00:00:00Z", 0, 0, NONE },
	{ "2000-03-01T00:00:00Z", 951868800, 0, NONE },
	{ "9999-12-31T23:59:59Z", 253402300799, 0, NONE },

	{ "5/23/2023 1:38:39 PM", 1684849119, 0, AMERICAN },
	{ "5/23/2023 12:38:39 AM", 1684802319, 0, AMERICAN },
	{ "5/23/2023 12:38:39 pm", 1684845519, 0, AMERICAN },
	{ "05/23/2023 13:38:39", 1684849119, 0, AMERICAN },
	{ "5/23/2023 1:38 PM", 1684849080, 0, AMERICAN },
	{ "5/23/2023, 1:38:39.983 PM", 1684849119, 983000, AMERICAN },
	{ "5/23/2023 1:38:39 PM Z", 1684849119, 0, MM_MOMENT_AMERICAN },
	{ "5/6/2023 1:38:39 PM", 1683380319, 0, AMBIGUOUS },
	{ "6/6/2023 1:38:39 PM", 1686058719, 0, AMERICAN },
	{ "23/5/2023 13:38:39", 1684849119, 0, AMERICAN }, /* it can be nothing else */
	{ "5/23/2023", 1684800000, 0, AMERICAN },

	{ "/Date(1728344797000)/", 1728344797, 0, MM_MOMENT_CALL },
	{ "/Date(1728344797123+0200)/", 1728344797, 123000, MM_MOMENT_CALL },
	{ "1728344797", 1728344797, 0, NONE },
	{ "1728344797.25", 1728344797, 250000, NONE },
	{ "1728344797123", 1728344797, 123000, NONE },
	{ "1728344797123456", 1728344797, 123456, NONE },

	{ "Nov 28 11:33:01", 1795865581, 0, SYSLOG },
	{ "Nov 28 19:33:01", 1795894381, 0, SYSLOG }, /* clocks differ: still this year */
	{ "Dec  1 00:00:00", 1764547200, 0, SYSLOG }, /* the last one */
	{ "Jan  1 00:00:00.5", 1767225600, 500000, SYSLOG },

	{ "2023-10-10T17:08:65", 1696957739, 999999, IMPOSSIBLE }, /* as it stands in a real record */
	{ "2023-10-10T17:60:05", 1696960745, 0, IMPOSSIBLE },
	{ "2023-10-10T24:00:00", 1696978800, 0, IMPOSSIBLE },
	{ "2023-02-31T00:00:00", 1677542400, 0, IMPOSSIBLE },
	{ "2023-02-00T00:00:00", 1675209600, 0, IMPOSSIBLE },
};

static void
test_moments(void **state)
{
	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(rows); i++) {
		int64_t time_us = -1;
		unsigned notes = 99;

		if (!mm_moment_parse(mm_slice_str(rows[i].text), REFERENCE_US, &time_us, &notes))
			fail_msg("%s", rows[i].text);
		if (time_us != rows[i].second * 1000000 + rows[i].microsecond || notes != rows[i].notes)
			fail_msg("%s: %lld.%06lld, notes %x", rows[i].text, (long long)(time_us / 1000000),
			    (long long)(time_us % 1000000), notes);
	}
}

static void
test_what_is_none(void **state)
{
	static const char *const texts[] = { "", " ", "x", "yesterday", "2023", "2023-13-01T00:00:00",
		"2023-00-01T00:00:00",
		"1969-12-31T23:59:59Z", "2023-05-20T11:07:00+0", "2023-05-20T11:07:00+15:00", "2023-05-20T11:07:00 x",
		"2023-05-20T1:07:00", "2023-05-20T", "/Date(x)/", "/Date(1728344797000)", "/Date(1728344797000+x)/",
		"5/23/23 1:38:39 PM", "13/13/2023 1:38:39", "5/23/2023 x", "Nov 28", "Foo 28 19:33:01", "-5",
		"99999999999999999999", "1970-01-01T00:00:00+01:00" };

	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(texts); i++) {
		int64_t time_us = -1;
		unsigned notes = 99;
		bool found = mm_moment_parse(mm_slice_str(texts[i]), REFERENCE_US, &time_us, &notes);

		/* A number may be one of seconds. */
		if (strcmp(texts[i], "2023") == 0)
			continue;
		if (found || time_us != -1 || notes != 99)
			fail_msg("%s", texts[i]);
	}
}

static void
test_every_day_of_a_long_time(void **state)
{
	char text[32];

	(void)state;
	for (int64_t day = 0; day < 50000; day++) {
		time_t time = (time_t)(day * 86400);
		struct tm parts;
		int64_t time_us;
		unsigned notes;

		assert_non_null(gmtime_r(&time, &parts));
		assert_true(strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &parts) > 0);
		assert_true(mm_moment_parse(mm_slice_str(text), 0, &time_us, &notes));
		assert_int_equal(time_us, day * 86400 * 1000000);
	}
}

static void
test_beginning_of_a_line(void **state)
{
	static const struct {
		const char *line;
		size_t length;
	} lines[] = {
		{ "Nov 28 11:33:01 mail dovecot: x", 15 },
		{ "2026-11-28T11:33:01.5+01:00 mail", 27 },
		{ "2026-11-28 11:33:01 imap-login: Info", 19 },
		{ "something else", 0 },
		{ "", 0 },
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(lines); i++) {
		int64_t time_us;
		unsigned notes;
		size_t length = 0;

		assert_int_equal(mm_moment_begin(mm_slice_str(lines[i].line), REFERENCE_US, &time_us, &notes, &length),
		    lines[i].length > 0);
		assert_int_equal(length, lines[i].length);
	}
}

static void
test_text(void **state)
{
	char text[MM_MOMENT_TEXT_MAX];

	(void)state;
	assert_string_equal(mm_moment_text(0, text), "1970-01-01T00:00:00Z");
	assert_string_equal(mm_moment_text(INT64_C(1684580820000000), text), "2023-05-20T11:07:00Z");
	assert_string_equal(mm_moment_text(INT64_C(1684580820000250), text), "2023-05-20T11:07:00.000250Z");
	assert_string_equal(mm_moment_text(INT64_C(253402300799999999), text), "9999-12-31T23:59:59.999999Z");
	assert_string_equal(mm_moment_text(INT64_C(253402300800000000), text), "");
	assert_string_equal(mm_moment_text(-1, text), "");
	assert_string_equal(mm_moment_text(INT64_MIN, text), "");
	assert_string_equal(mm_moment_text(INT64_MAX, text), "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_moments),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_what_is_none),
		cmocka_unit_test(test_every_day_of_a_long_time),
		cmocka_unit_test(test_beginning_of_a_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
