/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A story from within: for engine/story/story*.c alone.
 */
#ifndef MM_ENGINE_STORY_STORY_STATE_H
#define MM_ENGINE_STORY_STORY_STATE_H

#include "engine/detect/detection.h"
#include "engine/detect/map.h"
#include "engine/logs/ids.h"
#include "engine/story/story.h"
#include "lib/crypto/keyed_digest.h"

#include <mintmark/version.h>

/* No answer. */
#define STORY_NONE UINT32_MAX

/* The findings on one subject in one organisation: a chain, surest first. */
struct story_thread {
	uint32_t answer;      /* STORY_NONE: there was no room for it, or mail is not read by such a subject */
	uint32_t first, last; /* numbers of findings, and 1 */
};

/* A time that grows; MM_LOGS_NO_TIME: empty. */
struct story_span {
	int64_t first_us, last_us;
};

void story_span_init(struct story_span *span);
void story_span_extend(struct story_span *span, int64_t time_us);

/* What is certain, and all. */
struct story_spans {
	struct story_span certain, all;
};

void story_spans_init(struct story_spans *spans);
void story_spans_extend(struct story_spans *spans, int64_t time_us, bool certain);
/* The span to tell: of what is certain, or where nothing is, of all. */
const struct story_span *story_spans_told(const struct story_spans *spans);

/* Rows of maps, while they are counted. */
struct story_answer {
	struct mm_answer told;
	struct story_spans spans;
	uint32_t coming; /* its order among all */
	uint32_t place;  /* among those that are told; STORY_NONE: it is not */
	bool is_pivot;
	/* The only application that its records so far were of; STORY_NONE: several, or one that has no such answer. */
	uint32_t within;
	bool has_within;
};

struct story_row_key {
	uint32_t answer, tenant, mailbox;
};

struct story_organisation {
	struct mm_story_organisation told;
	struct story_spans spans;
	uint32_t answer;
};

struct story_mailbox {
	struct mm_story_mailbox told;
	struct story_spans spans;
	uint32_t answer;
};

/* How an event belongs to an answer. */
enum story_way {
	STORY_BESIDES,  /* it is of the subject, and no finding is about it */
	STORY_POSSIBLE,
	STORY_CERTAIN,
};

struct story_match {
	uint32_t answer;
	enum story_way way;
};

/* Seven subjects of an event, four that may be targets; with a pivot its target and organisation, and the pivot. */
#define STORY_MATCHES_MAX 14

/* Records to be read again: those of certain accesses, with a pivot all. */
struct story_record {
	int64_t time_us;
	uint32_t tenant, mailbox;
	uint32_t matches; /* number of its first one; they end where the next record's begin */
	bool visited;
};

struct story_batch {
	struct mm_logs_place *places;
	struct story_record *records;
	struct story_match *matches;
	size_t count, matches_count;
	bool overflowed; /* it was restarted: it does not hold all */
};

struct story_application {
	struct mm_story_application told;
	uint32_t number; /* its order of coming */
	uint32_t place;  /* among those that are shown; STORY_NONE: it is not */
};

struct story_picture {
	struct mm_story_picture told;
	struct mm_map *applications; /* struct mm_subject_key of no tenant: struct story_application */
	struct mm_map *mailboxes;    /* uint32_t: uint64_t mail accesses */
	struct mm_map *cells;        /* struct story_cell: uint64_t mail accesses */
	struct mm_story_application *applications_list;
	uint32_t *mailboxes_list;
	uint64_t *cells_list;
	uint64_t accesses;
};

struct mm_story {
	struct mm_story_source source;
	struct mm_keyed_digest_key digest_key;
	bool failed; /* memory was short */

	/* story_subjects.c */
	struct story_answer *answers;
	size_t answers_count;
	uint64_t answers_dropped;
	struct mm_map *threads; /* struct mm_subject_key: struct story_thread */
	uint32_t *next;         /* of each finding: the next one of its thread, and 1; 0: none */
	unsigned kinds;         /* bits: of which kinds there are threads */

	/* story_match.c */
	bool *touched;          /* with a pivot, of each finding: an event of the pivot's is one of its */
	bool pivot_met;

	/* story_count.c */
	struct mm_map *organisations; /* struct story_row_key, mailbox 0: struct story_organisation */
	struct mm_map *mailboxes;     /* struct story_row_key: struct story_mailbox */
	struct mm_map *throttled;     /* struct story_row_key, answer 0: struct story_span */
	struct mm_map *names;         /* uint32_t of an application's id: uint32_t of its name */
	struct mm_logs_ids *distinct;
	struct mm_logs_ids *messages;

	struct story_batch batch;     /* story_messages.c */
	struct story_picture picture; /* story_picture.c */

	/* story_finish.c */
	struct mm_answer *answers_told;
	size_t answers_told_count;
	struct mm_story_organisation *organisations_told;
	struct mm_story_mailbox *mailboxes_told;
	const struct mm_finding **answer_findings, **answer_gaps, **findings;
	size_t findings_count;
};

/* Whether a subject is the pivot. */
bool story_is_pivot(const struct mm_story *story, const struct mm_subject *subject);

/* Choose the subjects that get answers, and thread the findings. False: memory is short. */
MM_MUST_USE bool story_collect(struct mm_story *story);

/*
 * The answers that an event belongs to: each once, with the surest way. Returns how many. What is outside of the
 * question, and with a pivot of another thread, belongs to none.
 */
size_t story_match(struct mm_story *story, const struct mm_logs_event *event,
    struct story_match matches[STORY_MATCHES_MAX]);

/* Whether an event is of a tenant that is asked for, and with a pivot of its thread; and of a time that is. */
bool story_is_in_view(const struct mm_story *story, const struct mm_logs_event *event);
bool story_is_in_time(const struct mm_story *story, const struct mm_logs_event *event);

/*
 * Walk over all events with what they belong to, until visit returns false. Returns 0, or -1 with errno. With a pivot,
 * findings that are about an event of its thread are touched.
 */
typedef bool story_visit(struct mm_story *story, void *ctx, const struct mm_logs_event *event,
    const struct story_match *matches, size_t count);
MM_MUST_USE int story_walk(struct mm_story *story, story_visit *visit, void *ctx);

/* Count an event of any kind for names and throttling; and for an answer that it belongs to. */
void story_learn(struct mm_story *story, const struct mm_logs_event *event);
void story_count(struct mm_story *story, const struct mm_logs_event *event, const struct story_match *match);

/* Count an event for what lies within what: of a token, session or address, the application that alone used it. */
void story_count_within(struct mm_story *story, const struct story_match *matches, size_t count);

/* Count one more, unless it was counted before (with at least the same certainty). */
void story_count_distinct(struct mm_story *story, struct mm_logs_ids *ids, uint64_t most, uint64_t digest,
    const struct story_match *match, struct mm_story_count *count[3]);

/* The rows of an answer; NULL: there is none. */
struct story_organisation *story_organisation_find(const struct mm_story *story, uint32_t answer, uint32_t tenant);
struct story_mailbox *story_mailbox_find(const struct mm_story *story, uint32_t answer, uint32_t tenant,
    uint32_t mailbox);

/* The digest of a thing under the story's key. */
uint64_t story_digest(const struct mm_story *story, const void *bytes, size_t len);

/*
 * Put an event's record into the batch, if its messages are to be read. False: the batch is full, and must be emptied
 * first.
 */
MM_MUST_USE bool story_batch_add(struct mm_story *story, const struct mm_logs_event *event,
    const struct story_match *matches, size_t count);
MM_MUST_USE bool story_batch_init(struct story_batch *batch);
void story_batch_restart(struct story_batch *batch);
void story_batch_clear(struct story_batch *batch);
/* Read the batch's records and count their messages. Returns 0 or an errno. */
int story_batch_count(struct mm_story *story);

/* After the answers were chosen: their applications have room before all others. */
MM_MUST_USE bool story_picture_init(struct mm_story *story);
void story_picture_add(struct mm_story *story, const struct mm_logs_event *event, bool certain);
MM_MUST_USE bool story_picture_finish(struct mm_story *story);
void story_picture_clear(struct mm_story *story);

/* What an application is called, or 0. */
uint32_t story_application_name(const struct mm_story *story, const struct mm_subject *subject);

/* Put everything in order. False: memory is short. */
MM_MUST_USE bool story_finish(struct mm_story *story);

#endif
