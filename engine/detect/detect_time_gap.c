/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hours in which a log that runs on otherwise has no record at all.
 */
#include "engine/detect/detection.h"

#include "lib/base/array.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define HOUR_US (INT64_C(3600) * 1000000)

/* So many hours with records tell how a log runs; of fewer nothing is said. */
#define HOURS_LEAST 48
/* Nights are quiet in small organisations. In a log that never is, with so many records an hour, one hour tells. */
#define QUIET_HOURS 6
#define BUSY_RECORDS 20
/* A silence is usual where so many others are at least half as long: nights, weekends. */
#define USUAL_SILENCES 3

struct silence {
	int64_t from_hour, hours;
};

/* The silences of one log. */
struct silences {
	struct silence *list;
	size_t count;
};

/* Whether hardly an hour of the log is without records, and each has many. */
static bool
is_busy(const struct mm_logs_hour *hours, size_t count)
{
	int64_t span = hours[count - 1].hour - hours[0].hour + 1;
	uint64_t records = 0;

	for (size_t i = 0; i < count; i++)
		records += hours[i].records;
	return (int64_t)count * 100 >= span * 95 && records / count >= BUSY_RECORDS;
}

static bool
find_silences(const struct mm_logs_hour *hours, size_t count, struct silences *found)
{
	found->list = calloc(count, sizeof(*found->list));
	found->count = 0;
	for (size_t i = 1; found->list != NULL && i < count; i++)
		if (hours[i].hour > hours[i - 1].hour + 1)
			found->list[found->count++] = (struct silence){ hours[i - 1].hour + 1,
				hours[i].hour - hours[i - 1].hour - 1 };
	return found->list != NULL;
}

/* The longest but USUAL_SILENCES: each silence of up to twice its length has as many others that are like it. */
static int64_t
find_usual(const struct silences *silences)
{
	int64_t longest[USUAL_SILENCES + 1] = { 0 };

	for (size_t i = 0; i < silences->count; i++) {
		int64_t hours = silences->list[i].hours;

		for (size_t j = 0; j < MM_COUNT_OF(longest); j++)
			if (hours > longest[j]) {
				int64_t shorter = longest[j];

				longest[j] = hours;
				hours = shorter;
			}
	}
	return longest[USUAL_SILENCES];
}

/* Each gap is a finding of its own: its place in the log tells it from others of the organisation. */
static struct mm_subject
subject_of(const struct mm_logs_hour *log, const struct silence *silence)
{
	struct mm_subject subject = mm_subject_of_name(MM_SUBJECT_ORGANISATION, log->tenant);

	subject.id.kind = MM_LOGS_SHORT;
	(void)snprintf((char *)subject.id.bytes, sizeof(subject.id.bytes), "%u.%" PRId64, log->family,
	    silence->from_hour);
	return subject;
}

static void
tell(struct mm_detect *detect, const struct mm_logs_hour *log, const struct silence *silence)
{
	struct mm_subject subject = subject_of(log, silence);
	int64_t first_us = silence->from_hour * HOUR_US, end_us = first_us + silence->hours * HOUR_US;
	const struct mm_detect_source *source = mm_detect_source(detect);
	struct mm_finding *finding;

	if (end_us <= source->since_us || first_us >= source->until_us)
		return;
	finding = mm_detect_add(detect, &mm_detect_time_gap, MM_FINDING_GAP, &subject, log->tenant);
	if (finding == NULL)
		return;
	finding->first_us = first_us;
	finding->last_us = end_us;
	mm_finding_add_word(finding, "log", mm_logs_family_name((enum mm_logs_family)log->family));
	mm_finding_add_number(finding, "hours", silence->hours);
}

static void
look_at_log(struct mm_detect *detect, const struct mm_logs_hour *hours, size_t count)
{
	int64_t least = is_busy(hours, count) ? 1 : QUIET_HOURS, usual;
	struct silences silences;

	if (count < HOURS_LEAST)
		return;
	if (!find_silences(hours, count, &silences)) {
		mm_detect_fail(detect);
		return;
	}
	usual = find_usual(&silences);
	for (size_t i = 0; i < silences.count; i++)
		if (silences.list[i].hours >= least && silences.list[i].hours > usual * 2)
			tell(detect, hours, &silences.list[i]);
	free(silences.list);
}

static void
end(void *state)
{
	const struct mm_detect_source *source = mm_detect_source(state);
	const struct mm_logs_hour *hours = source->hours;

	for (size_t i = 0, next; i < source->hours_count; i = next) {
		next = mm_logs_hours_end(hours, i, source->hours_count);
		if (source->tenant == 0 || hours[i].tenant == 0 || hours[i].tenant == source->tenant)
			look_at_log(state, hours + i, next - i);
	}
}

const struct mm_detection mm_detect_time_gap = {
	.name = "time-gap",
	.title = "A log that runs on otherwise has hours without any record",
	.class = MM_FINDING_GAP,
	.inputs = "The hours in which each organisation has records of each kind of log, whatever they are "
	    "about; nights and weekends that are always silent are no gap. A log with records in fewer than 48 hours "
	    "is not judged.",
	.meaning = "Records of that time were not exported, not kept, or not made. What happened in it is not "
	    "known; numbers are lower bounds.",
	.advice = "Export the hours that are missing once more, in smaller slices: Search-UnifiedAuditLog gives "
	    "at most 50,000 records a session and drops the rest in silence.",
	.reference = "Microsoft Learn, Search-UnifiedAuditLog; MITRE ATT&CK T1562.008",
	.end = end,
};
