/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The story: from findings to what a responder is asked: which organisations, mailboxes, folders and messages, since
 * when and until when, how sure, and what is missing.
 *
 *   mm_story_new(), mm_story_build(), then the answers; mm_story_messages() to have each message told; mm_story_free().
 *
 * There is one answer for each subject of a finding that mail can be read by (application, token, session, address,
 * network, mailbox, user), over all organisations; of leads, where records of mail are theirs. What was changed (a
 * target) has one where mail was read by it or of it afterwards, which is possible, never certain. What is certain are
 * the records that strong findings and proofs are about; what is possible, those of leads on the same subject besides,
 * and of an application, token or session with a strong finding those which sign-in logs do not cover. A number is
 * therefore never bare: at_least is certain, on_record is that and what is possible; and gaps say why there may be more
 * than is on record.
 *
 * Messages and folders that are possible are not told apart: each counts as often as a record names it, so that
 * on_record is an upper bound of them; with a pivot everything in its thread is read and told apart.
 *
 * Memory: MM_STORY_MAILBOX_ROWS_MAX and the other limits below together take less than 60 MB, but for messages beyond a
 * million, of which each takes 8 to 13 bytes more in each answer that has it.
 */
#ifndef MM_ENGINE_STORY_STORY_H
#define MM_ENGINE_STORY_STORY_H

#include "engine/detect/detect.h"
#include "engine/logs/reading.h"

#include <mintmark/version.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Answers: all that are strong or proof up to the first, then leads up to the second; more are only counted. */
#define MM_STORY_STRONG_MAX 4096
#define MM_STORY_LEADS_MAX 256

/* Equal slices of time that accesses are counted in, for pictures. */
#define MM_STORY_SLICES 120

/* Applications and mailboxes that pictures show: those of answers first, then those with the most records. */
#define MM_STORY_APPLICATIONS_MAX 24
#define MM_STORY_MAILBOXES_MAX 60

/* Rows of organisations and of mailboxes, of all answers together. An answer that lost some says so: full. */
#define MM_STORY_ORGANISATION_ROWS_MAX 32768
#define MM_STORY_MAILBOX_ROWS_MAX 65536

/* Tokens, sessions and networks that are told apart, of all answers together; and messages and folders. */
#define MM_STORY_DISTINCT_MAX (1 << 20)
#define MM_STORY_MESSAGES_MAX (1 << 22)

/* Mailboxes with throttled records, and applications whose names are kept. */
#define MM_STORY_THROTTLED_MAX 32768
#define MM_STORY_NAMES_MAX 32768

/* Gaps that one answer lists. */
#define MM_STORY_GAPS_MAX 256

/* What narrows the story to one thread of it: nothing but events of this subject counts, in all answers. */
struct mm_story_pivot {
	bool given;
	struct mm_subject subject; /* of an application: level says nothing, any of its ids may be the name */
};

struct mm_story_source {
	struct mm_logs_reading *reading;
	struct mm_detect *detect;  /* has run */
	struct mm_story_pivot pivot;
	int64_t since_us, until_us; /* as detect has them */
	uint32_t tenant;
	/* As in struct mm_detect_source. May be NULL. */
	void (*progress)(void *ctx, uint64_t done, uint64_t all);
	void *ctx;
};

struct mm_story_count {
	uint64_t at_least;  /* certain */
	uint64_t on_record; /* at_least and what is possible, among what the logs have */
};

struct mm_story_organisation {
	uint32_t tenant; /* name; 0: records that name none */
	uint32_t name;   /* its domain or mail domain, where the logs tell it */
	struct mm_story_count mailboxes, messages, records;
	int64_t first_us, last_us;
};

struct mm_story_mailbox {
	uint32_t tenant, mailbox; /* names; mailbox 0: records that name none */
	bool certain;      /* a strong finding or a proof is about it */
	bool whole_folders; /* a folder was synchronised: everything in it counts as read */
	bool throttled;    /* its log stopped, or had up to a day before, in the answer's time: there may be more */
	struct mm_story_count records, messages, folders;
	int64_t first_us, last_us; /* of what is certain, or where nothing is, of all */
};

struct mm_answer {
	struct mm_subject subject;
	uint32_t name;                /* what a sign-in or change calls the application; 0: none does */
	enum mm_finding_class class;  /* of its surest finding; GAP: a pivot that no finding is about */
	const struct mm_finding *const *findings; /* surest first */
	size_t findings_count;
	struct mm_story_count organisations, mailboxes, folders, messages, records, tokens, sessions, networks;
	uint64_t syncs;               /* records that expose a whole folder, on record */
	uint64_t lost;                /* records whose messages the export lost, or that could not be read again */
	uint64_t besides;             /* mail accesses of the subject in its organisations that no finding is about */
	bool full;                    /* there was no room for some: numbers are lower bounds */
	int64_t first_us, last_us;    /* of what is certain, or where nothing is, of all; MM_LOGS_NO_TIME: nothing */
	const struct mm_story_organisation *organisations_list; /* by first time */
	size_t organisations_listed;
	const struct mm_story_mailbox *mailboxes_list;          /* certain ones first, then by first time */
	size_t mailboxes_listed;
	const struct mm_finding *const *gaps; /* findings of class gap in its organisations, and of its mailboxes */
	size_t gaps_count;
	uint64_t gaps_dropped;                /* more of them */
	const struct mm_answer *within;       /* the application whose answer has all records of this one; NULL: none */
};

/* ---- for pictures ---- */

struct mm_story_application {
	struct mm_subject subject;
	uint32_t name;
	int64_t first_us;   /* its first mail access in the logs */
	enum mm_finding_class class; /* of its answer; LEAD - 1, that is GAP, where it has none */
	uint64_t records;
	uint64_t slices[MM_STORY_SLICES]; /* mail accesses */
};

struct mm_story_picture {
	int64_t first_us, slice_us;  /* the k-th slice begins at first_us + k * slice_us; slice_us 0: no accesses */
	const struct mm_story_application *applications;
	size_t applications_count;
	uint64_t others;             /* mail accesses by applications that are not shown */
	uint64_t timeless;           /* mail accesses whose time is none or doubtful: in no slice */
	const uint32_t *mailboxes;   /* names */
	size_t mailboxes_count, mailboxes_all;
	bool mailboxes_more;         /* than all: there was no room to tell more of them apart */
	const uint64_t *cells;       /* mail accesses: cells[mailbox * applications_count + application] */
};

struct mm_story;

/* NULL where memory is short. source is copied. */
struct mm_story *mm_story_new(const struct mm_story_source *source);
void mm_story_free(struct mm_story **story);

/*
 * Go through the events, then through the records of certain accesses (with a pivot: of all accesses of its thread)
 * again for their folders and messages. Returns 0, or -1 with errno. ESTALE: an input is not the file any more that it
 * was; everything but its messages is there, and the answers that miss some say so (lost). Once.
 */
MM_MUST_USE int mm_story_build(struct mm_story *story);

/* ---- what came of it; borrowed until it is freed ---- */

/* Surest first, then those with the most mailboxes. */
size_t mm_story_answers(const struct mm_story *story);
const struct mm_answer *mm_story_answer(const struct mm_story *story, size_t number);

/* Subjects for which there was no room. */
uint64_t mm_story_answers_dropped(const struct mm_story *story);

/*
 * Findings that the report is about: all, or with a pivot those of its thread; in the order of mm_detect_finding().
 */
size_t mm_story_findings(const struct mm_story *story);
const struct mm_finding *mm_story_finding(const struct mm_story *story, size_t number);

/* The surest class of its findings; false: there is none. */
bool mm_story_class(const struct mm_story *story, enum mm_finding_class *class);

const struct mm_story_picture *mm_story_picture(const struct mm_story *story);
const struct mm_story_source *mm_story_source(const struct mm_story *story);

/* One message that was read, and the first record, in order of coming, that names it. Borrowed for the call. */
struct mm_story_message {
	const struct mm_answer *answer;
	uint32_t tenant, mailbox;
	int64_t time_us;            /* of the record */
	bool certain;
	bool again;                 /* it was told before, of another answer */
	struct mm_logs_place place;
	const char *input;          /* path of the input */
	struct mm_slice record_id, folder, message_id, id, subject;
	uint64_t size;
};

/*
 * Tell each message of each answer once (by mailbox and InternetMessageId, where it has one, else the provider's id),
 * in the order of inputs and places, and of one record's answers in their order; of more than MM_STORY_BATCH records,
 * so many after the others in the order of time. Messages that are only possible are not told but with a pivot. visit
 * returns false to end it. Returns 0, or -1 with errno (ESTALE: an input is not the file any more that it was; the rest
 * was told).
 */
#define MM_STORY_BATCH 65536
typedef bool mm_story_message_visit(void *ctx, const struct mm_story_message *message);
MM_MUST_USE int mm_story_messages(struct mm_story *story, mm_story_message_visit *visit, void *ctx);

#endif
