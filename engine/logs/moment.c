/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Digits are read strictly, values are not: a log that says 17:08:65 has a record of 17:08, and it must not be lost.
 */
#include "engine/logs/moment.h"

#include "lib/codec/ascii.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#define SECOND_US INT64_C(1000000)
#define DAY_S INT64_C(86400)

/* A moment in its parts, and what was noted of them. */
struct parts {
	int64_t year, month, day, hour, minute, second, fraction_us;
	int64_t zone_s; /* east of UTC */
	bool has_zone;
	unsigned notes;
};

/* A text under reading. */
struct cursor {
	const char *at, *end;
};

static bool
take(struct cursor *cursor, char c)
{
	if (cursor->at == cursor->end || *cursor->at != c)
		return false;
	cursor->at++;
	return true;
}

static void
skip_blanks(struct cursor *cursor)
{
	while (take(cursor, ' '))
		;
}

static bool
at_digit(const struct cursor *cursor)
{
	return cursor->at < cursor->end && *cursor->at >= '0' && *cursor->at <= '9';
}

/* A number of least to most digits. */
static bool
take_number(struct cursor *cursor, unsigned least, unsigned most, int64_t *number)
{
	unsigned digits = 0;

	for (*number = 0; digits < most && at_digit(cursor); digits++)
		*number = *number * 10 + (*cursor->at++ - '0');
	return digits >= least;
}

/* A word, whatever its case. */
static bool
take_word(struct cursor *cursor, const char *word)
{
	size_t len = strlen(word);

	if ((size_t)(cursor->end - cursor->at) < len)
		return false;
	for (size_t i = 0; i < len; i++)
		if (mm_ascii_lower(cursor->at[i]) != word[i])
			return false;
	cursor->at += len;
	return true;
}

/* ---- from parts to the moment ---- */

static int64_t
days_of_month(int64_t year, int64_t month)
{
	static const int64_t days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	return days[month - 1] + (month == 2 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0));
}

/* Days since 1970-01-01 of a Gregorian day; years are counted from March, so that leap days are last. */
static int64_t
days_since_1970(int64_t year, int64_t month, int64_t day)
{
	int64_t years = month > 2 ? year : year - 1, months = month > 2 ? month - 3 : month + 9;

	return 365 * years + years / 4 - years / 100 + years / 400 + (153 * months + 2) / 5 + day - 1 - 719468;
}

static void
bound(int64_t *value, int64_t most, struct parts *parts)
{
	if (*value <= most)
		return;
	*value = most;
	parts->notes |= MM_MOMENT_IMPOSSIBLE;
}

/* The fraction of a second that there is not is the last one. */
static void
mend(struct parts *parts)
{
	unsigned notes = parts->notes;

	if (parts->day == 0) {
		parts->day = 1;
		parts->notes |= MM_MOMENT_IMPOSSIBLE;
	}
	bound(&parts->day, days_of_month(parts->year, parts->month), parts);
	bound(&parts->hour, 23, parts);
	bound(&parts->minute, 59, parts);
	bound(&parts->second, 59, parts);
	if (parts->notes != notes && parts->second == 59)
		parts->fraction_us = SECOND_US - 1;
}

static int64_t
second_of_day(const struct parts *parts)
{
	return parts->hour * 3600 + parts->minute * 60 + parts->second;
}

static bool
finish(struct parts *parts, int64_t *time_us, unsigned *notes)
{
	int64_t days;

	if (parts->year < 1970 || parts->year > 9999 || parts->month < 1 || parts->month > 12)
		return false;
	mend(parts);
	days = days_since_1970(parts->year, parts->month, parts->day);
	*time_us = (days * DAY_S + second_of_day(parts) - parts->zone_s) * SECOND_US + parts->fraction_us;
	if (!parts->has_zone)
		parts->notes |= MM_MOMENT_NO_ZONE;
	else if (parts->zone_s != 0)
		parts->notes |= MM_MOMENT_ZONE;
	*notes = parts->notes;
	return *time_us >= 0;
}

/* ---- pieces that forms share ---- */

/* Digits of a fraction; those behind the sixth are less than we keep. */
static void
take_fraction(struct cursor *cursor, struct parts *parts)
{
	int64_t unit = SECOND_US / 10;

	if (cursor->end - cursor->at < 2 || *cursor->at != '.' || cursor->at[1] < '0' || cursor->at[1] > '9')
		return;
	for (cursor->at++; at_digit(cursor); cursor->at++) {
		parts->fraction_us += (*cursor->at - '0') * unit;
		unit /= 10;
	}
}

/* "Z", "UTC", "GMT", "+01:00", "+0100", "+01"; none at all is one, too. Returns false where it is half of one. */
static bool
take_zone(struct cursor *cursor, struct parts *parts)
{
	int64_t hours, minutes = 0;
	bool west;

	if (take_word(cursor, "z") || take_word(cursor, "utc") || take_word(cursor, "gmt")) {
		parts->has_zone = true;
		return true;
	}
	west = cursor->at < cursor->end && *cursor->at == '-';
	if (!take(cursor, '+') && !take(cursor, '-'))
		return true;
	if (!take_number(cursor, 2, 2, &hours) || hours > 14)
		return false;
	if (take(cursor, ':') || at_digit(cursor))
		if (!take_number(cursor, 2, 2, &minutes))
			return false;
	parts->zone_s = (hours * 60 + minutes) * (west ? -60 : 60);
	parts->has_zone = true;
	return true;
}

/* Hour, minute and, where it stands there, second with a fraction; the hour has hour_digits or two. */
static bool
take_clock(struct cursor *cursor, unsigned hour_digits, struct parts *parts)
{
	if (!take_number(cursor, hour_digits, 2, &parts->hour) || !take(cursor, ':') ||
	    !take_number(cursor, 2, 2, &parts->minute))
		return false;
	if (!take(cursor, ':'))
		return true;
	if (!take_number(cursor, 2, 2, &parts->second))
		return false;
	take_fraction(cursor, parts);
	return true;
}

/* ---- the forms ---- */

static bool
take_iso(struct cursor *cursor, struct parts *parts)
{
	if (!take_number(cursor, 4, 4, &parts->year) || !take(cursor, '-') ||
	    !take_number(cursor, 2, 2, &parts->month) || !take(cursor, '-') || !take_number(cursor, 2, 2, &parts->day))
		return false;
	if (!take(cursor, 'T') && !take(cursor, 't') && !take(cursor, ' '))
		return true; /* a day alone: its midnight */
	return take_clock(cursor, 2, parts);
}

static bool
take_american_date(struct cursor *cursor, struct parts *parts)
{
	int64_t first, second;

	if (!take_number(cursor, 1, 2, &first) || !take(cursor, '/') || !take_number(cursor, 1, 2, &second) ||
	    !take(cursor, '/') || !take_number(cursor, 4, 4, &parts->year))
		return false;
	parts->month = first > 12 ? second : first;
	parts->day = first > 12 ? first : second;
	parts->notes |= MM_MOMENT_AMERICAN;
	if (first <= 12 && second <= 12 && first != second)
		parts->notes |= MM_MOMENT_AMBIGUOUS;
	return true;
}

/* "AM" and "PM": midnight is 12 AM, noon 12 PM. */
static void
take_half_day(struct cursor *cursor, struct parts *parts)
{
	skip_blanks(cursor);
	if (take_word(cursor, "am") || take_word(cursor, "a.m.")) {
		if (parts->hour == 12)
			parts->hour = 0;
	} else if ((take_word(cursor, "pm") || take_word(cursor, "p.m.")) && parts->hour < 12)
		parts->hour += 12;
}

static bool
take_american(struct cursor *cursor, struct parts *parts)
{
	if (!take_american_date(cursor, parts))
		return false;
	(void)take(cursor, ',');
	skip_blanks(cursor);
	if (cursor->at == cursor->end)
		return true;
	if (!take_clock(cursor, 1, parts))
		return false;
	take_half_day(cursor, parts);
	return true;
}

/* The year in which it lies closest before the reference; a day after it is still before, for clocks differ. */
static void
guess_year(struct parts *parts, int64_t reference_us)
{
	int64_t reference_s = reference_us / SECOND_US + DAY_S, year = 1970 + reference_s / (DAY_S * 365);

	for (; year > 1970; year--) {
		int64_t days = days_since_1970(year, parts->month, parts->day);

		if (days * DAY_S + second_of_day(parts) <= reference_s)
			break;
	}
	parts->year = year;
	parts->notes |= MM_MOMENT_NO_YEAR;
}

static bool
take_syslog(struct cursor *cursor, struct parts *parts, int64_t reference_us)
{
	static const char *const months[] = { "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct",
		"nov", "dec" };

	for (parts->month = 1; parts->month <= 12; parts->month++)
		if (take_word(cursor, months[parts->month - 1]))
			break;
	if (parts->month > 12 || !take(cursor, ' '))
		return false;
	skip_blanks(cursor);
	if (!take_number(cursor, 1, 2, &parts->day) || !take(cursor, ' ') || !take_clock(cursor, 2, parts))
		return false;
	guess_year(parts, reference_us);
	return true;
}

/* Seconds, milliseconds or microseconds since 1970: which of them shows in how many they are. */
static bool
take_count(struct cursor *cursor, int64_t *time_us)
{
	struct parts parts = { .year = 0 };
	int64_t number;

	if (!take_number(cursor, 1, 16, &number))
		return false;
	take_fraction(cursor, &parts);
	if (number < INT64_C(100000000000))
		*time_us = number * SECOND_US + parts.fraction_us;
	else if (number < INT64_C(100000000000000))
		*time_us = number * 1000;
	else
		*time_us = number;
	return true;
}

static bool
take_call(struct cursor *cursor, int64_t *time_us)
{
	int64_t number, zone;

	if (!take_word(cursor, "/date(") || !take_number(cursor, 1, 16, &number))
		return false;
	/* A zone in it is how it was shown, and changes nothing. */
	if ((take(cursor, '+') || take(cursor, '-')) && !take_number(cursor, 4, 4, &zone))
		return false;
	*time_us = number * 1000;
	return take_word(cursor, ")/") && number < INT64_C(253402300800000);
}

/* ---- the calls ---- */

static bool
parse_number(struct mm_slice text, int64_t *time_us, unsigned *notes)
{
	struct cursor cursor = { text.ptr, text.ptr + text.len };

	*notes = 0;
	if (take_count(&cursor, time_us) && cursor.at == cursor.end)
		return true;
	cursor.at = text.ptr;
	*notes = MM_MOMENT_CALL;
	return take_call(&cursor, time_us) && cursor.at == cursor.end;
}

bool
mm_moment_parse(struct mm_slice text, int64_t reference_us, int64_t *time_us, unsigned *notes)
{
	struct cursor cursor = { text.ptr, text.ptr + text.len };
	struct parts parts = { .year = 0 };
	bool found;
	int64_t time;
	unsigned noted;

	if (parse_number(text, &time, &noted)) {
		*time_us = time;
		*notes = noted;
		return true;
	}
	found = take_iso(&cursor, &parts);
	if (!found) {
		cursor.at = text.ptr;
		parts = (struct parts){ .year = 0 };
		found = take_american(&cursor, &parts);
	}
	if (!found) {
		cursor.at = text.ptr;
		parts = (struct parts){ .year = 0 };
		found = take_syslog(&cursor, &parts, reference_us);
	}
	skip_blanks(&cursor);
	if (!found || !take_zone(&cursor, &parts) || cursor.at != cursor.end || !finish(&parts, &time, &noted))
		return false;
	*time_us = time;
	*notes = noted;
	return true;
}

bool
mm_moment_begin(struct mm_slice line, int64_t reference_us, int64_t *time_us, unsigned *notes, size_t *length)
{
	struct cursor cursor = { line.ptr, line.ptr + line.len };
	struct parts parts = { .year = 0 };
	int64_t time;
	unsigned noted;
	bool found = take_iso(&cursor, &parts) && take_zone(&cursor, &parts);

	if (!found) {
		cursor.at = line.ptr;
		parts = (struct parts){ .year = 0 };
		found = take_syslog(&cursor, &parts, reference_us);
	}
	if (!found || !finish(&parts, &time, &noted))
		return false;
	*time_us = time;
	*notes = noted;
	*length = (size_t)(cursor.at - line.ptr);
	return true;
}

const char *
mm_moment_text(int64_t time_us, char text[MM_MOMENT_TEXT_MAX])
{
	time_t time_s = time_us / SECOND_US;
	struct tm tm;
	size_t len;

	text[0] = '\0';
	if (time_us < 0 || gmtime_r(&time_s, &tm) == NULL || tm.tm_year + 1900 > 9999)
		return text;
	len = strftime(text, MM_MOMENT_TEXT_MAX, "%Y-%m-%dT%H:%M:%S", &tm);
	if (time_us % SECOND_US != 0)
		(void)snprintf(text + len, MM_MOMENT_TEXT_MAX - len, ".%06" PRId64 "Z", time_us % SECOND_US);
	else
		(void)snprintf(text + len, MM_MOMENT_TEXT_MAX - len, "Z");
	return text;
}
