/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Detections: one file engine/detect/detect_NAME.c and one row of engine/detect/detections.def each.
 *
 * A detection sees all events in the order of their time, keeps what it needs in a state of its own, and notes
 * findings. Everything it says follows from its inputs: the same logs give the same findings, in the same order.
 */
#ifndef MM_ENGINE_DETECT_DETECTION_H
#define MM_ENGINE_DETECT_DETECTION_H

#include "engine/detect/detect.h"
#include "engine/detect/finding.h"
#include "engine/detect/map.h"

#include <stddef.h>

/*
 * What a detection keeps during a run: a struct of its own, zeroes at the beginning, with the run in a member 'detect'
 * and its maps (engine/detect/map.h) in others. The table of detections names both; they are made and freed here.
 *
 *   .state = MM_DETECTION_STATE(struct state),
 *   .maps = { MM_DETECTION_MAP(struct state, tenants, uint32_t, struct counts) },
 */
#define MM_DETECTION_STATE(type) { sizeof(type), offsetof(type, detect) }
#define MM_DETECTION_MAP(type, member, key, value) { offsetof(type, member), sizeof(key), sizeof(value) }
#define MM_DETECTION_MAPS_MAX 2

struct mm_detection_state {
	size_t size; /* 0: it keeps nothing, and its state is the run itself */
	size_t detect_at;
};

struct mm_detection_map {
	size_t at;
	size_t key_size, value_size; /* key_size 0: behind the last one */
};

enum mm_detection_asks { MM_ASKS_NOTHING, MM_ASKS_OF_APPLICATIONS, MM_ASKS_OF_NETWORKS };

struct mm_detection {
	const char *name;  /* "access-without-sign-in": stands in reports and JSON, and keeps its meaning */
	const char *title; /* one line, without a full stop */
	enum mm_finding_class class; /* of its surest findings */

	/* For 'mintmark detect explain' and reports: whole sentences, no line ends. */
	const char *inputs;    /* which logs, which fields; what it says where they are missing */
	const char *meaning;   /* what it means, and what else it may be */
	const char *advice;    /* what to do */
	const char *reference; /* where it is described: an RFC, a report, MITRE ATT&CK's number */

	/* What it asks the history (engine/detect/history.h): an access to mail that found no room there is dropped. */
	enum mm_detection_asks asks;
	struct mm_detection_state state;
	struct mm_detection_map maps[MM_DETECTION_MAPS_MAX];

	/* The next event. May be NULL. */
	void (*event)(void *state, const struct mm_logs_event *event);
	/* After the last one. May be NULL. */
	void (*end)(void *state);
	/*
	 * Whether an event that is of a finding's subject, in its tenant and time, is one of those that the finding
	 * is about; asked after end. NULL: each is.
	 */
	bool (*concerns)(const void *state, const struct mm_finding *finding, const struct mm_logs_event *event);
};

/* All of them, in the order of detections.def. */
#define MM_DETECTION(symbol) extern const struct mm_detection mm_detect_##symbol;
#include "engine/detect/detections.def"
#undef MM_DETECTION
extern const struct mm_detection *const mm_detections[];
extern const size_t mm_detections_count;

/* The detection of this name, or NULL. */
const struct mm_detection *mm_detection_find(const char *name);

/*
 * Whether a finding is the gap of a detection that finds more than gaps: it tells where the detection could not look,
 * and its title without MM_COULD_NOT_JUDGE before it would read as if something had been found.
 */
#define MM_COULD_NOT_JUDGE "Could not be judged: "
bool mm_detection_could_not_judge(const struct mm_finding *finding);

/*
 * The state of a detection for one run, detect, which outlives it; NULL where memory is short. What was made is freed,
 * where it is not NULL.
 */
void *mm_detection_state_new(const struct mm_detection *detection, struct mm_detect *detect);
void mm_detection_state_free(const struct mm_detection *detection, void *state);

/* ---- for detections, while they run ---- */

const struct mm_names *mm_detect_names(const struct mm_detect *detect);
const struct mm_known *mm_detect_known(const struct mm_detect *detect);
const struct mm_detect_source *mm_detect_source(const struct mm_detect *detect);
const struct mm_history *mm_detect_history(const struct mm_detect *detect);

/* What the log told up to the event in hand: while a detection's event() runs. */
const struct mm_past *mm_detect_past(const struct mm_detect *detect);

/* Whether a time is within what is asked (since, until). Events outside teach, but are no finding. */
bool mm_detect_asked(const struct mm_detect *detect, int64_t time_us);

/*
 * Note that an event is one of those that a finding is about: the finding of this detection, tenant of the event and
 * subject is found or made, its class raised to class, its times, count and places extended. Returns it, or NULL where
 * the event is outside of what is asked, or there is no room for more of this detection's findings (which is counted
 * and told). It stays where it is.
 */
struct mm_finding *mm_detect_note(struct mm_detect *detect, const struct mm_detection *detection,
    enum mm_finding_class class, const struct mm_subject *subject, const struct mm_logs_event *event);

/*
 * The same of an event after which something is missing, for lasting_us or, with INT64_MAX, for good: also of one from
 * before what is asked, where that reaches into it, and of one whose time is not told.
 */
struct mm_finding *mm_detect_note_lasting(struct mm_detect *detect, const struct mm_detection *detection,
    enum mm_finding_class class, const struct mm_subject *subject, const struct mm_logs_event *event,
    int64_t lasting_us);

/*
 * The same without an event, at the end: the caller sets times and counts. NULL where there is no room.
 */
struct mm_finding *mm_detect_add(struct mm_detect *detect, const struct mm_detection *detection,
    enum mm_finding_class class, const struct mm_subject *subject, uint32_t tenant);

/* The finding of this detection, subject and tenant; NULL: it was not noted. */
struct mm_finding *mm_detect_find(const struct mm_detect *detect, const struct mm_detection *detection,
    const struct mm_subject *subject, uint32_t tenant);

/* A finding shows to be surer than it was noted as. */
void mm_detect_raise(struct mm_detect *detect, struct mm_finding *finding, enum mm_finding_class class);

/* A finding that was noted as strong, lest leads take its room, shows to be a lead. */
void mm_detect_lower(struct mm_detect *detect, struct mm_finding *finding);

/* An event could not be judged by this detection for want of room: counted with the findings that found none. */
void mm_detect_drop(struct mm_detect *detect, const struct mm_detection *detection);

/*
 * The value of a key in a map of this detection's, which gets one of zeroes while the map has less than room of them;
 * NULL: there is none, the event is dropped as above, or the run fails for want of memory.
 */
void *mm_detect_keep(struct mm_detect *detect, const struct mm_detection *detection, struct mm_map *map,
    const void *key, size_t room);

/* A set of changes, for the function below: MM_CHANGE_BIT(CONSENT) | MM_CHANGE_BIT(OWNER). */
#define MM_CHANGE_BIT(id) (UINT32_C(1) << MM_LOGS_CHANGE_##id)

/* Whether an event is a change of this set that was made, or whose record does not say that it failed. */
bool mm_detection_is_change(const struct mm_logs_event *event, uint32_t changes);

/* Changes after which less is recorded than before. */
#define MM_CHANGES_OF_AUDITING \
	(MM_CHANGE_BIT(AUDIT_OFF) | MM_CHANGE_BIT(AUDIT_BYPASS) | MM_CHANGE_BIT(AUDIT_SHORTENED))

/*
 * Add to a finding (NULL: nothing is done) what the first change that it is about was: which, by whom, from where, and
 * what came in.
 */
void mm_detection_add_change(struct mm_finding *finding, const struct mm_logs_event *event);

/* Memory is short: the run fails. */
void mm_detect_fail(struct mm_detect *detect);

#endif
