/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An application reads far more messages of a mailbox in a day than it does on its other days there.
 *
 * Its last 14 days with any count, by their median and the median of the distances from it: one day of cleaning up
 * does not move them.
 */
#include "engine/detect/detection.h"
#include "engine/detect/history.h"

#include <stdlib.h>
#include <string.h>

#define DAYS 14

/* Days that must have been seen. */
#define DAYS_LEAST 7

/* The bound: so many messages at least, so many times the median, and so many distances above it. */
#define MESSAGES_LEAST 200
#define TIMES 5
#define DISTANCES 10

/* Applications at mailboxes that are remembered: 128 bytes each. */
#define ROOM 65536

struct key {
	uint32_t tenant, mailbox, name;
};

struct volume {
	int32_t day;                        /* since 1970 */
	int32_t first_over, last_over;      /* first and last day above the bound; 0: none */
	uint32_t today, bound, usual;       /* bound: 0, not known yet */
	uint32_t known;                     /* days that were seen, in all */
	uint32_t days[DAYS];
};

struct state {
	struct mm_detect *detect;
	struct mm_map *volumes; /* struct key: struct volume */
};

static int
compare(const void *left, const void *right)
{
	uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;

	return (a > b) - (a < b);
}

static uint32_t
median(uint32_t *numbers, size_t count)
{
	qsort(numbers, count, sizeof(*numbers), compare);
	return numbers[count / 2];
}

/* What a day may have, by those before. */
static void
set_bound(struct volume *volume)
{
	size_t count = volume->known < DAYS ? volume->known : DAYS;
	uint32_t numbers[DAYS];
	uint64_t bound = MESSAGES_LEAST, above;

	if (volume->known < DAYS_LEAST)
		return;
	memcpy(numbers, volume->days, count * sizeof(*numbers));
	volume->usual = median(numbers, count);
	for (size_t i = 0; i < count; i++)
		numbers[i] = numbers[i] > volume->usual ? numbers[i] - volume->usual : volume->usual - numbers[i];
	above = volume->usual + (uint64_t)median(numbers, count) * DISTANCES;
	if (above > bound)
		bound = above;
	if ((uint64_t)volume->usual * TIMES > bound)
		bound = (uint64_t)volume->usual * TIMES;
	volume->bound = bound > UINT32_MAX ? UINT32_MAX : (uint32_t)bound;
}

static void
add(struct volume *volume, int32_t day, uint32_t messages)
{
	if (volume->day != day) {
		if (volume->day != 0)
			volume->days[volume->known++ % DAYS] = volume->today;
		volume->day = day;
		volume->today = 0;
		set_bound(volume);
	}
	volume->today = messages > UINT32_MAX - volume->today ? UINT32_MAX : volume->today + messages;
}

static void
note(struct state *state, struct volume *volume, const struct mm_logs_event *event)
{
	struct mm_finding *finding = mm_detect_note(state->detect, &mm_detect_unusual_volume, MM_FINDING_LEAD,
	    &mm_detect_past(state->detect)->application, event);

	if (volume->first_over == 0)
		volume->first_over = volume->day;
	volume->last_over = volume->day;
	if (finding == NULL || finding->records > 1)
		return;
	mm_finding_add_name(finding, "first_mailbox", mm_history_mailbox(event));
	mm_finding_add_number(finding, "messages_that_day_when_told", volume->today);
	mm_finding_add_number(finding, "usual_messages_a_day", volume->usual);
	mm_finding_add_number(finding, "bound", volume->bound);
}

static struct key
key_of(const struct mm_logs_event *event)
{
	return (struct key){ event->tenant, mm_history_mailbox(event), mm_subject_application(event).name };
}

static void
look(void *data, const struct mm_logs_event *event)
{
	struct state *state = data;
	const struct mm_past *past = mm_detect_past(state->detect);
	struct volume *volume;
	struct key key;

	if (!past->judged || event->kind != MM_LOGS_MAIL_ACCESS || past->in_tenant == NULL)
		return;
	key = key_of(event);
	volume = mm_detect_keep(state->detect, &mm_detect_unusual_volume, state->volumes, &key, ROOM);
	if (volume == NULL)
		return;
	add(volume, (int32_t)(event->time_us / MM_HISTORY_DAY_US), event->messages > 0 ? event->messages : 1);
	if (volume->bound != 0 && volume->today > volume->bound)
		note(state, volume, event);
}

static bool
concerns(const void *data, const struct mm_finding *finding, const struct mm_logs_event *event)
{
	const struct state *state = data;
	struct key key = key_of(event);
	const struct volume *volume = mm_map_find(state->volumes, &key);
	int64_t day = event->time_us / MM_HISTORY_DAY_US;

	(void)finding;
	return event->kind == MM_LOGS_MAIL_ACCESS && volume != NULL && day >= volume->first_over &&
	    day <= volume->last_over;
}

const struct mm_detection mm_detect_unusual_volume = {
	.name = "unusual-volume",
	.title = "An application read far more messages of a mailbox in a day than usual",
	.class = MM_FINDING_LEAD,
	.inputs = "Mail accesses with an application, their messages counted by days (UTC) for each application and "
	    "mailbox. A record that names no message counts as one, so a sync of a whole folder weighs little here; "
	    "see sync-by-new-syncer. At least seven days with accesses must have been seen before. Records from "
	    "when the day's count passed the bound are the finding's.",
	.meaning = "It is told where a day has more than 200 messages, more than five times the median of the last 14 "
	    "days with accesses, and more than ten times their median distance above it. Somebody who takes a "
	    "mailbox away does that, under the name of a program that its owner uses; so does an owner who searches "
	    "or cleans up, and a program that was set up anew. An application without a history is not judged; "
	    "see first-seen-application.",
	.advice = "Look whether the day's addresses and tokens are those of other days, and ask the owner.",
	.reference = "MITRE ATT&CK T1114.002, Remote Email Collection; T1030, Data Transfer Size Limits",
	.asks = MM_ASKS_OF_APPLICATIONS,
	.state = MM_DETECTION_STATE(struct state),
	.maps = {
		MM_DETECTION_MAP(struct state, volumes, struct key, struct volume),
	},
	.event = look,
	.concerns = concerns,
};
