/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Times for people.
 */
#include "cli/when.h"

#include "lib/base/array.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

/* What is left for a duration beside "in " or " ago"; the longest has half of it. */
#define RELATIVE_MAX (MM_WHEN_MAX - 5)

struct unit {
	int64_t len_s;
	const char *one, *many;
};

static const struct unit units[] = {
	{ 86400, "day", "days" },
	{ 3600, "h", "h" },
	{ 60, "min", "min" },
	{ 1, "s", "s" },
};

void
mm_when_format(int64_t time_s, char out[MM_WHEN_MAX])
{
	time_t time = time_s;
	struct tm tm;

	if (gmtime_r(&time, &tm) == NULL || strftime(out, MM_WHEN_MAX, "%Y-%m-%d %H:%M:%S UTC", &tm) == 0)
		snprintf(out, MM_WHEN_MAX, "%" PRId64 " s after 1970", time_s);
}

static const char *
unit_name(const struct unit *unit, int64_t count)
{
	return count == 1 ? unit->one : unit->many;
}

void
mm_when_format_duration(int64_t duration_s, char out[MM_WHEN_MAX])
{
	int64_t left_s = duration_s < 0 ? -duration_s : duration_s, count, rest;
	size_t i = 0;

	while (i + 1 < MM_COUNT_OF(units) && left_s < units[i].len_s)
		i++;
	count = left_s / units[i].len_s;
	rest = i + 1 < MM_COUNT_OF(units) ? left_s % units[i].len_s / units[i + 1].len_s : 0;
	if (rest == 0)
		snprintf(out, MM_WHEN_MAX, "%" PRId64 " %s", count, unit_name(&units[i], count));
	else
		snprintf(out, MM_WHEN_MAX, "%" PRId64 " %s %" PRId64 " %s", count, unit_name(&units[i], count), rest,
		    unit_name(&units[i + 1], rest));
}

void
mm_when_format_relative(int64_t time_s, int64_t now_s, char out[MM_WHEN_MAX])
{
	char duration[MM_WHEN_MAX];

	mm_when_format_duration(time_s - now_s, duration);
	if (time_s == now_s)
		snprintf(out, MM_WHEN_MAX, "now");
	else if (time_s > now_s)
		snprintf(out, MM_WHEN_MAX, "in %.*s", RELATIVE_MAX, duration);
	else
		snprintf(out, MM_WHEN_MAX, "%.*s ago", RELATIVE_MAX, duration);
}
