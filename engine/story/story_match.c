/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which answers an event belongs to: by its subjects to the threads of its organisation, and there by asking the
 * detections whether their findings are about it.
 */
#include "engine/detect/known.h"
#include "engine/story/story_state.h"

#include <errno.h>

#define PROGRESS_EVENTS 65536

/* An event's matches, while they are found. */
struct finding_matches {
	struct mm_story *story;
	const struct mm_logs_event *event;
	struct story_match *matches;
	size_t count;
};

/* ---- what is asked ---- */

static bool
is_of_pivot(const struct mm_story *story, const struct mm_logs_event *event)
{
	const struct mm_subject *pivot = &story->source.pivot.subject;

	if (pivot->kind == MM_SUBJECT_APPLICATION)
		return pivot->name != 0 && (event->client == pivot->name || event->application == pivot->name ||
		    event->client_family == pivot->name);
	if (pivot->kind == MM_SUBJECT_MAILBOX && pivot->name == 0)
		return false;
	return mm_subject_matches(pivot, event);
}

bool
story_is_in_view(const struct mm_story *story, const struct mm_logs_event *event)
{
	uint32_t tenant = story->source.tenant;

	if (tenant != 0 && event->tenant != 0 && event->tenant != tenant)
		return false;
	return !story->source.pivot.given || is_of_pivot(story, event);
}

bool
story_is_in_time(const struct mm_story *story, const struct mm_logs_event *event)
{
	return mm_detect_asked(story->source.detect, event->time_us);
}

/* ---- matching ---- */

static void
add_match(struct finding_matches *found, uint32_t answer, enum story_way way)
{
	for (size_t i = 0; i < found->count; i++) {
		if (found->matches[i].answer != answer)
			continue;
		if (way > found->matches[i].way)
			found->matches[i].way = way;
		return;
	}
	if (found->count < STORY_MATCHES_MAX)
		found->matches[found->count++] = (struct story_match){ answer, way };
}

/* A detection without a rule of its own is about mail that was read, not about every action on mail. */
static bool
is_about(const struct mm_story *story, const struct mm_finding *finding, const struct mm_logs_event *event)
{
	if (event->kind == MM_LOGS_MAIL_ACTION && finding->detection->concerns == NULL)
		return false;
	return mm_detect_concerns(story->source.detect, finding, event);
}

/* The surest way in which an event belongs to a thread; with a pivot its findings are touched. */
static enum story_way
find_way(struct mm_story *story, const struct story_thread *thread, const struct mm_logs_event *event)
{
	enum story_way way = STORY_BESIDES;

	for (uint32_t number = thread->first; number != 0; number = story->next[number - 1]) {
		const struct mm_finding *finding = mm_detect_finding(story->source.detect, number - 1);

		if (!is_about(story, finding, event))
			continue;
		story->touched[number - 1] = true;
		if (way < STORY_CERTAIN)
			way = finding->class >= MM_FINDING_STRONG ? STORY_CERTAIN : STORY_POSSIBLE;
		/* Surest first: the others cannot make it surer. */
		if (!story->source.pivot.given)
			break;
	}
	return way;
}

/*
 * Nothing says whether a finding would be about it, too: the sign-in logs of its organisation do not cover the time at
 * which its token was made, and others of its subject were surely forged.
 */
static bool
cannot_be_told(const struct mm_story *story, const struct story_thread *thread, const struct mm_logs_event *event)
{
	const struct mm_finding *surest = mm_detect_finding(story->source.detect, thread->first - 1);
	const struct mm_known *known = mm_detect_known(story->source.detect);
	int64_t first_us, last_us;

	return surest->class >= MM_FINDING_STRONG && surest->subject.kind <= MM_SUBJECT_SESSION &&
	    event->kind == MM_LOGS_MAIL_ACCESS && mm_known_span(known, event->tenant, &first_us, &last_us) &&
	    mm_known_origin(known, event) == MM_ORIGIN_NOT_COVERED;
}

static const struct story_thread *
find_thread(const struct mm_story *story, const struct mm_subject *subject, uint32_t tenant)
{
	struct mm_subject_key key;

	if ((story->kinds & 1U << subject->kind) == 0)
		return NULL;
	key = mm_subject_key(subject, tenant);
	return mm_map_find(story->threads, &key);
}

static bool
is_mail(const struct mm_logs_event *event)
{
	return event->kind == MM_LOGS_MAIL_ACCESS || event->kind == MM_LOGS_LOGIN ||
	    event->kind == MM_LOGS_MAIL_ACTION;
}

static void
match_subject(struct finding_matches *found, const struct mm_subject *subject)
{
	const struct mm_logs_event *event = found->event;
	const struct story_thread *thread = find_thread(found->story, subject, event->tenant);
	enum story_way way;

	if (thread == NULL)
		return;
	way = find_way(found->story, thread, event);
	if (way == STORY_BESIDES && cannot_be_told(found->story, thread, event))
		way = STORY_POSSIBLE;
	if (thread->answer != STORY_NONE && is_mail(event) &&
	    (way > STORY_BESIDES || event->kind == MM_LOGS_MAIL_ACCESS))
		add_match(found, thread->answer, way);
}

static void
match_name(struct finding_matches *found, enum mm_subject_kind kind, uint32_t name)
{
	struct mm_subject subject = mm_subject_of_name(kind, name);

	if (name != 0)
		match_subject(found, &subject);
}

static void
match_id(struct finding_matches *found, enum mm_subject_kind kind, const struct mm_logs_id *id)
{
	struct mm_subject subject = mm_subject_of_id(kind, id);

	if (mm_logs_id_present(id))
		match_subject(found, &subject);
}

static void
match_address(struct finding_matches *found)
{
	struct mm_subject address = mm_subject_of_address(MM_SUBJECT_ADDRESS, &found->event->address), network;
	struct mm_logs_address of;

	if (found->event->address.network == MM_LOGS_NO_ADDRESS)
		return;
	match_subject(found, &address);
	mm_logs_network_of(&found->event->address, &of);
	network = mm_subject_of_address(MM_SUBJECT_NETWORK, &of);
	match_subject(found, &network);
}

/* Mail that was read by or of what had been changed before. */
static void
match_target(struct finding_matches *found, uint32_t name)
{
	struct mm_subject target = mm_subject_of_name(MM_SUBJECT_TARGET, name);
	const struct story_thread *thread;

	if (name == 0 || found->event->kind != MM_LOGS_MAIL_ACCESS)
		return;
	thread = find_thread(found->story, &target, found->event->tenant);
	if (thread == NULL || thread->answer == STORY_NONE)
		return;
	for (uint32_t number = thread->first; number != 0; number = found->story->next[number - 1]) {
		const struct mm_finding *finding = mm_detect_finding(found->story->source.detect, number - 1);

		if (finding->first_us == MM_LOGS_NO_TIME || found->event->time_us < finding->first_us)
			continue;
		found->story->touched[number - 1] = true;
		add_match(found, thread->answer, STORY_POSSIBLE);
	}
}

/* All that is of the pivot is of its answer, as sure as the surest finding that is about it. */
static void
match_pivot(struct finding_matches *found)
{
	enum story_way way = STORY_BESIDES;

	for (size_t i = 0; i < found->count; i++)
		if (found->matches[i].way > way)
			way = found->matches[i].way;
	if (way == STORY_BESIDES && (found->event->kind == MM_LOGS_MAIL_ACCESS || found->event->kind == MM_LOGS_LOGIN))
		way = STORY_POSSIBLE;
	if (way > STORY_BESIDES)
		add_match(found, 0, way);
}

/* A record whose token or session was surely forged is as sure for an application that surely used others. */
static void
raise_application(struct finding_matches *found)
{
	struct story_match *application = NULL;
	enum story_way way = STORY_BESIDES;

	for (size_t i = 0; i < found->count; i++) {
		switch ((enum mm_subject_kind)found->story->answers[found->matches[i].answer].told.subject.kind) {
		case MM_SUBJECT_APPLICATION:
			application = &found->matches[i];
			break;
		case MM_SUBJECT_TOKEN:
		case MM_SUBJECT_SESSION:
			if (found->matches[i].way > way)
				way = found->matches[i].way;
			break;
		default:
			break;
		}
	}
	if (application != NULL && way == STORY_CERTAIN &&
	    found->story->answers[application->answer].told.class >= MM_FINDING_STRONG)
		application->way = way;
}

size_t
story_match(struct mm_story *story, const struct mm_logs_event *event, struct story_match matches[STORY_MATCHES_MAX])
{
	struct finding_matches found = { .story = story, .event = event, .matches = matches };
	bool has_pivot = story->source.pivot.given;
	struct mm_subject application;

	if ((!is_mail(event) && !has_pivot) || !story_is_in_time(story, event) || !story_is_in_view(story, event))
		return 0;
	story->pivot_met = has_pivot;
	application = mm_subject_application(event);
	match_subject(&found, &application);
	match_id(&found, MM_SUBJECT_TOKEN, &event->token);
	match_id(&found, MM_SUBJECT_SESSION, &event->session);
	raise_application(&found);
	match_address(&found);
	match_name(&found, MM_SUBJECT_MAILBOX, event->mailbox);
	match_name(&found, MM_SUBJECT_USER, event->user);
	match_target(&found, event->client);
	match_target(&found, event->application);
	match_target(&found, event->mailbox);
	match_target(&found, event->user);
	if (has_pivot) {
		match_name(&found, MM_SUBJECT_TARGET, event->target);
		match_name(&found, MM_SUBJECT_ORGANISATION, event->tenant);
		if (is_mail(event))
			match_pivot(&found);
	}
	return found.count;
}

/* ---- walking ---- */

int
story_walk(struct mm_story *story, story_visit *visit, void *ctx)
{
	const struct mm_story_source *source = &story->source;
	struct mm_logs_store *store = mm_logs_reading_store(source->reading);
	struct mm_logs_cursor *cursor = mm_logs_cursor_new(store, INT64_MIN, INT64_MAX);
	const struct mm_logs_event *event;
	uint64_t done = 0;
	int status = -1;

	while (cursor != NULL && !story->failed && (status = mm_logs_cursor_next(cursor, &event)) == 1) {
		struct story_match matches[STORY_MATCHES_MAX];
		size_t count = story_match(story, event, matches);

		if (!visit(story, ctx, event, matches, count)) {
			status = 0;
			break;
		}
		if (++done % PROGRESS_EVENTS == 0 && source->progress != NULL)
			source->progress(source->ctx, done, mm_logs_store_count(store));
	}
	mm_logs_cursor_free(&cursor);
	if (!story->failed)
		return status;
	errno = ENOMEM;
	return -1;
}
