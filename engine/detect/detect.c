/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Findings are found again by detection, tenant and subject, and put in order at the end.
 */
#include "engine/detect/detect.h"

#include "engine/detect/detection.h"
#include "engine/detect/history.h"
#include "engine/detect/known.h"
#include "engine/detect/map.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PROGRESS_EVENTS 65536

/* What one finding is about; compared byte by byte. */
struct finding_key {
	uint32_t detection;
	struct mm_subject_key subject;
};
_Static_assert(sizeof(struct finding_key) == 48, "no padding");

/* What a detection has of the run. */
struct part {
	void *state;
	size_t strong, leads; /* findings */
	uint64_t dropped;
};

struct mm_detect {
	struct mm_detect_source source;
	struct mm_known *known;
	struct mm_history *history;
	const struct mm_past *past; /* of the event in hand */
	struct part *parts; /* one a detection */
	struct mm_map *findings;
	const struct mm_finding **order;
	uint64_t done;
	bool failed;
};

struct mm_detect *
mm_detect_new(const struct mm_detect_source *source)
{
	struct mm_detect *detect = calloc(1, sizeof(*detect));

	if (detect == NULL)
		return NULL;
	detect->source = *source;
	detect->known = mm_known_new();
	detect->history = mm_history_new();
	detect->parts = calloc(mm_detections_count, sizeof(*detect->parts));
	detect->findings = mm_map_new(sizeof(struct finding_key), sizeof(struct mm_finding));
	if (detect->known == NULL || detect->history == NULL || detect->parts == NULL || detect->findings == NULL)
		mm_detect_free(&detect);
	return detect;
}

void
mm_detect_free(struct mm_detect **detect)
{
	if (*detect == NULL)
		return;
	for (size_t i = 0; (*detect)->parts != NULL && i < mm_detections_count; i++)
		mm_detection_state_free(mm_detections[i], (*detect)->parts[i].state);
	free((*detect)->parts);
	free((*detect)->order);
	mm_map_free(&(*detect)->findings);
	mm_history_free(&(*detect)->history);
	mm_known_free(&(*detect)->known);
	free(*detect);
	*detect = NULL;
}

/* ---- for detections ---- */

const struct mm_names *
mm_detect_names(const struct mm_detect *detect)
{
	return detect->source.names;
}

const struct mm_known *
mm_detect_known(const struct mm_detect *detect)
{
	return detect->known;
}

const struct mm_detect_source *
mm_detect_source(const struct mm_detect *detect)
{
	return &detect->source;
}

const struct mm_history *
mm_detect_history(const struct mm_detect *detect)
{
	return detect->history;
}

const struct mm_past *
mm_detect_past(const struct mm_detect *detect)
{
	return detect->past;
}

bool
mm_detect_asked(const struct mm_detect *detect, int64_t time_us)
{
	if (detect->source.since_us == INT64_MIN && detect->source.until_us == INT64_MAX)
		return true;
	return time_us != MM_LOGS_NO_TIME && time_us >= detect->source.since_us && time_us < detect->source.until_us;
}

void
mm_detect_fail(struct mm_detect *detect)
{
	detect->failed = true;
}

static size_t
number_of(const struct mm_detection *detection)
{
	size_t number = 0;

	while (mm_detections[number] != detection)
		number++;
	return number;
}

static struct finding_key
key_of(const struct mm_detection *detection, uint32_t tenant, const struct mm_subject *subject)
{
	return (struct finding_key){ (uint32_t)number_of(detection), mm_subject_key(subject, tenant) };
}

/* Leads must not take the room of what is sure. */
static bool
has_room(const struct part *part, enum mm_finding_class class)
{
	return class >= MM_FINDING_STRONG ? part->strong < MM_FINDINGS_STRONG_MAX : part->leads < MM_FINDINGS_LEADS_MAX;
}

static void
count(struct part *part, enum mm_finding_class class, int by)
{
	size_t *counter = class >= MM_FINDING_STRONG ? &part->strong : &part->leads;

	*counter += (size_t)by;
}

struct mm_finding *
mm_detect_find(const struct mm_detect *detect, const struct mm_detection *detection, const struct mm_subject *subject,
    uint32_t tenant)
{
	struct finding_key key = key_of(detection, tenant, subject);

	return mm_map_find(detect->findings, &key);
}

void
mm_detect_raise(struct mm_detect *detect, struct mm_finding *finding, enum mm_finding_class class)
{
	struct part *part = &detect->parts[number_of(finding->detection)];

	if (class <= finding->class)
		return;
	if (!has_room(part, class)) {
		part->dropped++;
		return;
	}
	count(part, finding->class, -1);
	finding->class = class;
	count(part, class, 1);
}

void
mm_detect_lower(struct mm_detect *detect, struct mm_finding *finding)
{
	struct part *part = &detect->parts[number_of(finding->detection)];

	count(part, finding->class, -1);
	finding->class = MM_FINDING_LEAD;
	count(part, finding->class, 1);
}

struct mm_finding *
mm_detect_add(struct mm_detect *detect, const struct mm_detection *detection, enum mm_finding_class class,
    const struct mm_subject *subject, uint32_t tenant)
{
	struct finding_key key = key_of(detection, tenant, subject);
	struct part *part = &detect->parts[key.detection];
	struct mm_finding *finding = mm_map_find(detect->findings, &key);

	if (finding != NULL) {
		mm_detect_raise(detect, finding, class);
		return finding;
	}
	if (!has_room(part, class)) {
		part->dropped++;
		return NULL;
	}
	finding = mm_map_get(detect->findings, &key);
	if (finding == NULL) {
		mm_detect_fail(detect);
		return NULL;
	}
	count(part, class, 1);
	finding->detection = detection;
	finding->class = class;
	finding->subject = *subject;
	finding->tenant = tenant;
	finding->first_us = finding->last_us = MM_LOGS_NO_TIME;
	return finding;
}

static void
extend(struct mm_finding *finding, const struct mm_logs_event *event)
{
	if (event->time_us != MM_LOGS_NO_TIME) {
		if (finding->first_us == MM_LOGS_NO_TIME || event->time_us < finding->first_us)
			finding->first_us = event->time_us;
		if (event->time_us > finding->last_us)
			finding->last_us = event->time_us;
	}
	if (finding->records == 0)
		finding->mailbox = event->mailbox;
	else if (finding->mailbox != event->mailbox)
		finding->several_mailboxes = true;
	if (finding->several_mailboxes)
		finding->mailbox = 0;
	if (finding->places_count < MM_FINDING_PLACES)
		finding->places[finding->places_count++] = event->place;
	finding->records++;
}

static struct mm_finding *
note(struct mm_detect *detect, const struct mm_detection *detection, enum mm_finding_class class,
    const struct mm_subject *subject, const struct mm_logs_event *event)
{
	struct mm_finding *finding = mm_detect_add(detect, detection, class, subject, event->tenant);

	if (finding != NULL)
		extend(finding, event);
	return finding;
}

struct mm_finding *
mm_detect_note(struct mm_detect *detect, const struct mm_detection *detection, enum mm_finding_class class,
    const struct mm_subject *subject, const struct mm_logs_event *event)
{
	return mm_detect_asked(detect, event->time_us) ? note(detect, detection, class, subject, event) : NULL;
}

/* Whether what begins at a time, and lasts, reaches into what is asked. */
static bool
reaches(const struct mm_detect *detect, int64_t time_us, int64_t lasting_us)
{
	const struct mm_detect_source *source = &detect->source;

	if (time_us == MM_LOGS_NO_TIME)
		return true;
	return time_us < source->until_us &&
	    (source->since_us == INT64_MIN || lasting_us == INT64_MAX || time_us + lasting_us > source->since_us);
}

struct mm_finding *
mm_detect_note_lasting(struct mm_detect *detect, const struct mm_detection *detection, enum mm_finding_class class,
    const struct mm_subject *subject, const struct mm_logs_event *event, int64_t lasting_us)
{
	return reaches(detect, event->time_us, lasting_us) ? note(detect, detection, class, subject, event) : NULL;
}

void
mm_detect_drop(struct mm_detect *detect, const struct mm_detection *detection)
{
	detect->parts[number_of(detection)].dropped++;
}

void *
mm_detect_keep(struct mm_detect *detect, const struct mm_detection *detection, struct mm_map *map, const void *key,
    size_t room)
{
	void *value = mm_map_find(map, key);

	if (value != NULL)
		return value;
	if (mm_map_count(map) >= room) {
		mm_detect_drop(detect, detection);
		return NULL;
	}
	value = mm_map_get(map, key);
	if (value == NULL)
		mm_detect_fail(detect);
	return value;
}

/* ---- the run ---- */

/* Of a tenant that was asked for, or of none that is told. */
static bool
is_looked_at(const struct mm_detect *detect, const struct mm_logs_event *event)
{
	return detect->source.tenant == 0 || event->tenant == 0 || event->tenant == detect->source.tenant;
}

static void
tell_progress(struct mm_detect *detect)
{
	const struct mm_detect_source *source = &detect->source;

	if (++detect->done % PROGRESS_EVENTS == 0 && source->progress != NULL)
		source->progress(source->ctx, detect->done, 2 * mm_logs_store_count(source->store));
}

static void
learn(struct mm_detect *detect, const struct mm_logs_event *event)
{
	if (!mm_known_learn(detect->known, event))
		detect->failed = true;
}

/* Whether the history could not tell a detection what it asks of the event in hand. */
static bool
lacks_history(const struct mm_detect *detect, const struct mm_detection *detection)
{
	switch (detection->asks) {
	case MM_ASKS_OF_APPLICATIONS:
		return detect->past->no_room && !detect->past->judged;
	case MM_ASKS_OF_NETWORKS:
		return detect->past->no_room;
	case MM_ASKS_NOTHING:
		break;
	}
	return false;
}

static void
detect_all(struct mm_detect *detect, const struct mm_logs_event *event)
{
	detect->past = mm_history_next(detect->history, event);
	if (detect->past == NULL) {
		detect->failed = true;
		return;
	}
	for (size_t i = 0; i < mm_detections_count; i++) {
		detect->parts[i].dropped += mm_logs_reads_mail(event) && lacks_history(detect, mm_detections[i]);
		if (mm_detections[i]->event != NULL)
			mm_detections[i]->event(detect->parts[i].state, event);
	}
}

static int
walk(struct mm_detect *detect, void (*visit)(struct mm_detect *detect, const struct mm_logs_event *event))
{
	struct mm_logs_cursor *cursor = mm_logs_cursor_new(detect->source.store, INT64_MIN, INT64_MAX);
	const struct mm_logs_event *event;
	int status = -1;

	while (cursor != NULL && !detect->failed && (status = mm_logs_cursor_next(cursor, &event)) == 1) {
		if (is_looked_at(detect, event))
			visit(detect, event);
		tell_progress(detect);
	}
	mm_logs_cursor_free(&cursor);
	if (detect->failed) {
		errno = ENOMEM;
		return -1;
	}
	return status;
}

static int
compare_findings(const void *left, const void *right)
{
	const struct mm_finding *a = *(const struct mm_finding *const *)left;
	const struct mm_finding *b = *(const struct mm_finding *const *)right;
	struct finding_key key_a, key_b;

	if (a->class != b->class)
		return a->class > b->class ? -1 : 1;
	key_a = key_of(a->detection, a->tenant, &a->subject);
	key_b = key_of(b->detection, b->tenant, &b->subject);
	if (key_a.detection != key_b.detection)
		return key_a.detection < key_b.detection ? -1 : 1;
	if (a->tenant != b->tenant)
		return a->tenant < b->tenant ? -1 : 1;
	if (a->first_us != b->first_us)
		return a->first_us < b->first_us ? -1 : 1;
	return memcmp(&key_a, &key_b, sizeof(key_a));
}

static int
put_in_order(struct mm_detect *detect)
{
	size_t count = mm_map_count(detect->findings);

	detect->order = calloc(count + 1, sizeof(struct mm_finding *));
	if (detect->order == NULL)
		return -1;
	for (size_t i = 0; i < count; i++)
		detect->order[i] = mm_map_value(detect->findings, i);
	qsort(detect->order, count, sizeof(struct mm_finding *), compare_findings);
	return 0;
}

int
mm_detect_run(struct mm_detect *detect)
{
	if (walk(detect, learn) != 0)
		return -1;
	for (size_t i = 0; i < mm_detections_count; i++) {
		detect->parts[i].state = mm_detection_state_new(mm_detections[i], detect);
		if (detect->parts[i].state == NULL)
			return -1;
	}
	if (walk(detect, detect_all) != 0)
		return -1;
	for (size_t i = 0; i < mm_detections_count; i++)
		if (mm_detections[i]->end != NULL)
			mm_detections[i]->end(detect->parts[i].state);
	if (detect->failed) {
		errno = ENOMEM;
		return -1;
	}
	return put_in_order(detect);
}

/* ---- what came of it ---- */

size_t
mm_detect_count(const struct mm_detect *detect)
{
	return detect->order == NULL ? 0 : mm_map_count(detect->findings);
}

const struct mm_finding *
mm_detect_finding(const struct mm_detect *detect, size_t number)
{
	return detect->order[number];
}

uint64_t
mm_detect_dropped(const struct mm_detect *detect, const struct mm_detection *detection)
{
	return detect->parts[number_of(detection)].dropped;
}

bool
mm_detect_concerns(const struct mm_detect *detect, const struct mm_finding *finding, const struct mm_logs_event *event)
{
	if (event->tenant != finding->tenant || !mm_detect_asked(detect, event->time_us) ||
	    !mm_subject_matches(&finding->subject, event))
		return false;
	if (finding->first_us != MM_LOGS_NO_TIME &&
	    (event->time_us < finding->first_us || event->time_us > finding->last_us))
		return false;
	return finding->detection->concerns == NULL ||
	    finding->detection->concerns(detect->parts[number_of(finding->detection)].state, finding, event);
}
