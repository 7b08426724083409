/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A point of time as people give it.
 */
#include "cli/since.h"

#include "lib/base/array.h"

#include <string.h>
#include <time.h>

#define SECOND_US INT64_C(1000000)
#define DAY_US (86400 * SECOND_US)

/* Longer ago than there are journals; seven digits of weeks are still a 64-bit number of microseconds. */
#define AMOUNT_DIGITS_MAX 7

struct span {
	const char *name;
	int64_t len_us;
};

static const struct span spans[] = {
	{ "s", SECOND_US },
	{ "m", 60 * SECOND_US },
	{ "min", 60 * SECOND_US },
	{ "h", 3600 * SECOND_US },
	{ "d", DAY_US },
	{ "w", 7 * DAY_US },
};

static const struct span words[] = {
	{ "today", 0 },
	{ "yesterday", DAY_US },
};

/* Read exactly count digits. */
static bool
take_digits(const char **at, unsigned count, int *value)
{
	*value = 0;
	for (unsigned i = 0; i < count; i++, (*at)++) {
		if (**at < '0' || **at > '9')
			return false;
		*value = *value * 10 + (**at - '0');
	}
	return true;
}

static bool
take_char(const char **at, const char *allowed)
{
	if (**at == '\0' || strchr(allowed, **at) == NULL)
		return false;
	(*at)++;
	return true;
}

/* RFC 3339 section 5.6: full-date. */
static bool
take_date(const char **at, struct tm *tm)
{
	int year, month;

	if (!take_digits(at, 4, &year) || !take_char(at, "-") || !take_digits(at, 2, &month) || !take_char(at, "-") ||
	    !take_digits(at, 2, &tm->tm_mday))
		return false;
	tm->tm_year = year - 1900;
	tm->tm_mon = month - 1;
	return year >= 1970 && month >= 1 && month <= 12 && tm->tm_mday >= 1 && tm->tm_mday <= 31;
}

/* partial-time; digits of a second beyond the sixth are left out. */
static bool
take_time(const char **at, struct tm *tm, int64_t *fraction_us)
{
	int64_t unit_us = SECOND_US / 10;
	int digit;

	if (!take_digits(at, 2, &tm->tm_hour) || !take_char(at, ":") || !take_digits(at, 2, &tm->tm_min) ||
	    !take_char(at, ":") || !take_digits(at, 2, &tm->tm_sec) || tm->tm_hour > 23 || tm->tm_min > 59 ||
	    tm->tm_sec > 60)
		return false;
	*fraction_us = 0;
	if (!take_char(at, "."))
		return true;
	if (!take_digits(at, 1, &digit))
		return false;
	do {
		*fraction_us += digit * unit_us;
		unit_us /= 10;
	} while (take_digits(at, 1, &digit));
	return true;
}

/* time-offset, in minutes east of UTC. */
static bool
take_offset(const char **at, int *minutes)
{
	bool west = **at == '-';
	int hour, minute;

	*minutes = 0;
	if (take_char(at, "Zz"))
		return true;
	if (!take_char(at, "+-") || !take_digits(at, 2, &hour) || !take_char(at, ":") || !take_digits(at, 2, &minute) ||
	    hour > 23 || minute > 59)
		return false;
	*minutes = (west ? -1 : 1) * (hour * 60 + minute);
	return true;
}

static bool
parse_calendar(const char *text, int64_t *time_us)
{
	int64_t fraction_us = 0;
	struct tm tm = { 0 }, normal;
	int minutes = 0;

	if (!take_date(&text, &tm))
		return false;
	if (*text != '\0' && (!take_char(&text, "Tt ") || !take_time(&text, &tm, &fraction_us) ||
	    !take_offset(&text, &minutes)))
		return false;
	normal = tm;
	*time_us = ((int64_t)timegm(&normal) - minutes * 60) * SECOND_US + fraction_us;
	/* A 31st of a short month would be another day. */
	return *text == '\0' && (normal.tm_mday == tm.tm_mday || tm.tm_sec == 60);
}

static bool
parse_ago(const char *text, int64_t now_us, int64_t *time_us)
{
	size_t digits = strspn(text, "0123456789");
	int amount;

	if (digits == 0 || digits > AMOUNT_DIGITS_MAX)
		return false;
	(void)take_digits(&text, (unsigned)digits, &amount);
	for (size_t i = 0; i < MM_COUNT_OF(spans); i++) {
		if (strcmp(text, spans[i].name) == 0) {
			*time_us = now_us - amount * spans[i].len_us;
			return true;
		}
	}
	return false;
}

bool
mm_since_parse(const char *text, int64_t now_us, int64_t *time_us)
{
	int64_t found_us;

	if (strcmp(text, "now") == 0) {
		*time_us = now_us;
		return true;
	}
	for (size_t i = 0; i < MM_COUNT_OF(words); i++) {
		if (strcmp(text, words[i].name) == 0) {
			*time_us = now_us - now_us % DAY_US - words[i].len_us;
			return true;
		}
	}
	if (!parse_ago(text, now_us, &found_us) && !parse_calendar(text, &found_us))
		return false;
	*time_us = found_us;
	return true;
}
