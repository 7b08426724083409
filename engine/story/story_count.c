/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counting: an event for the answers that it belongs to, their organisations and mailboxes.
 *
 * Things are told apart by 62 bits of a digest under a random key (engine/logs/ids.h), a thing of each answer for
 * itself; its rank there is 1 once it is certain.
 */
#include "engine/story/story_state.h"

#include <string.h>

/* What a digest is made of; filled member by member into zeroes. */
enum thing { TOKEN, SESSION, NETWORK };

struct thing_key {
	uint32_t answer;
	uint8_t thing, kind;
	uint8_t bytes[16];
	uint8_t unused[2];
};
_Static_assert(sizeof(struct thing_key) == 24, "no padding");

/* ---- spans ---- */

void
story_span_init(struct story_span *span)
{
	*span = (struct story_span){ MM_LOGS_NO_TIME, MM_LOGS_NO_TIME };
}

void
story_span_extend(struct story_span *span, int64_t time_us)
{
	if (time_us == MM_LOGS_NO_TIME)
		return;
	if (span->first_us == MM_LOGS_NO_TIME || time_us < span->first_us)
		span->first_us = time_us;
	if (time_us > span->last_us)
		span->last_us = time_us;
}

void
story_spans_init(struct story_spans *spans)
{
	story_span_init(&spans->certain);
	story_span_init(&spans->all);
}

void
story_spans_extend(struct story_spans *spans, int64_t time_us, bool certain)
{
	story_span_extend(&spans->all, time_us);
	if (certain)
		story_span_extend(&spans->certain, time_us);
}

const struct story_span *
story_spans_told(const struct story_spans *spans)
{
	return spans->certain.first_us != MM_LOGS_NO_TIME ? &spans->certain : &spans->all;
}

/* ---- of events of any kind ---- */

static void
learn_name(struct mm_story *story, const struct mm_logs_event *event)
{
	uint32_t id = event->client != 0 ? event->client : event->application, *name;

	if (id == 0 || event->application_name == 0)
		return;
	name = mm_map_find(story->names, &id);
	if (name == NULL && mm_map_count(story->names) < MM_STORY_NAMES_MAX) {
		name = mm_map_get(story->names, &id);
		story->failed |= name == NULL;
	}
	if (name != NULL && *name == 0)
		*name = event->application_name;
}

uint32_t
story_application_name(const struct mm_story *story, const struct mm_subject *subject)
{
	const uint32_t *name;

	if (subject->kind != MM_SUBJECT_APPLICATION || subject->name == 0)
		return 0;
	name = mm_map_find(story->names, &subject->name);
	return name == NULL ? 0 : *name;
}

static void
learn_throttling(struct mm_story *story, const struct mm_logs_event *event)
{
	struct story_row_key key = { 0, event->tenant, event->mailbox };
	struct story_span *span;

	if (event->kind != MM_LOGS_MAIL_ACCESS || (event->flags & MM_LOGS_THROTTLED) == 0)
		return;
	span = mm_map_find(story->throttled, &key);
	if (span == NULL && mm_map_count(story->throttled) < MM_STORY_THROTTLED_MAX) {
		span = mm_map_get(story->throttled, &key);
		if (span == NULL)
			story->failed = true;
		else
			story_span_init(span);
	}
	if (span != NULL)
		story_span_extend(span, event->time_us);
}

void
story_learn(struct mm_story *story, const struct mm_logs_event *event)
{
	learn_name(story, event);
	learn_throttling(story, event);
}

/* ---- rows ---- */

struct story_organisation *
story_organisation_find(const struct mm_story *story, uint32_t answer, uint32_t tenant)
{
	struct story_row_key key = { answer, tenant, 0 };

	return mm_map_find(story->organisations, &key);
}

struct story_mailbox *
story_mailbox_find(const struct mm_story *story, uint32_t answer, uint32_t tenant, uint32_t mailbox)
{
	struct story_row_key key = { answer, tenant, mailbox };

	return mm_map_find(story->mailboxes, &key);
}

static void
add(struct mm_story_count *count, bool certain)
{
	count->on_record++;
	count->at_least += certain;
}

/* A row of a map, new or old; NULL: it has no room, or memory is short. */
static void *
get_row(struct mm_story *story, struct mm_map *map, size_t most, const struct story_row_key *key, bool *is_new)
{
	void *row = mm_map_find(map, key);

	*is_new = row == NULL;
	if (row != NULL)
		return row;
	if (mm_map_count(map) >= most) {
		story->answers[key->answer].told.full = true;
		return NULL;
	}
	row = mm_map_get(map, key);
	story->failed |= row == NULL;
	return row;
}

/* The domain of a mailbox, where it stands alone somewhere in the logs. */
static uint32_t
mail_domain(const struct mm_story *story, uint32_t mailbox)
{
	const struct mm_names *names = mm_logs_reading_names(story->source.reading);
	struct mm_slice text = mm_names_text(names, mailbox);
	const char *at = text.len == 0 ? NULL : memrchr(text.ptr, '@', text.len);

	if (at == NULL)
		return 0;
	return mm_names_find(names, mm_slice(at + 1, (size_t)(text.ptr + text.len - at - 1)));
}

static struct story_organisation *
get_organisation(struct mm_story *story, uint32_t answer, const struct mm_logs_event *event, bool certain)
{
	struct story_row_key key = { answer, event->tenant, 0 };
	struct mm_story_count *organisations = &story->answers[answer].told.organisations;
	bool is_new;
	struct story_organisation *row = get_row(story, story->organisations, MM_STORY_ORGANISATION_ROWS_MAX, &key,
	    &is_new);

	if (row == NULL)
		return NULL;
	if (is_new) {
		row->answer = answer;
		row->told.tenant = event->tenant;
		story_spans_init(&row->spans);
		organisations->on_record += event->tenant != 0;
	}
	if (certain && row->told.records.at_least == 0)
		organisations->at_least += event->tenant != 0;
	if (row->told.name == 0)
		row->told.name = event->organisation != 0 ? event->organisation : mail_domain(story, event->mailbox);
	add(&row->told.records, certain);
	story_spans_extend(&row->spans, event->time_us, certain);
	return row;
}

static struct story_mailbox *
get_mailbox(struct mm_story *story, uint32_t answer, const struct mm_logs_event *event, bool certain,
    struct mm_story_count *of_organisation)
{
	struct story_row_key key = { answer, event->tenant, event->mailbox };
	struct mm_story_count *mailboxes = &story->answers[answer].told.mailboxes;
	bool is_new, counts = event->mailbox != 0;
	struct story_mailbox *row = get_row(story, story->mailboxes, MM_STORY_MAILBOX_ROWS_MAX, &key, &is_new);

	if (row == NULL)
		return NULL;
	if (is_new) {
		row->answer = answer;
		row->told.tenant = event->tenant;
		row->told.mailbox = event->mailbox;
		story_spans_init(&row->spans);
		mailboxes->on_record += counts;
		of_organisation->on_record += counts;
	}
	if (certain && !row->told.certain) {
		row->told.certain = true;
		mailboxes->at_least += counts;
		of_organisation->at_least += counts;
	}
	row->told.whole_folders |= event->access == MM_LOGS_SYNC;
	add(&row->told.records, certain);
	story_spans_extend(&row->spans, event->time_us, certain);
	return row;
}

/* ---- things ---- */

uint64_t
story_digest(const struct mm_story *story, const void *bytes, size_t len)
{
	struct mm_keyed_digest digest;

	/* There is one of all that is shorter than MM_TOKEN_LEN_MAX, as keys here are. */
	return mm_keyed_digest_make(&story->digest_key, mm_slice(bytes, len), &digest) ? digest.half[0] : 0;
}

void
story_count_distinct(struct mm_story *story, struct mm_logs_ids *ids, uint64_t most, uint64_t digest,
    const struct story_match *match, struct mm_story_count *count[3])
{
	bool certain = match->way == STORY_CERTAIN;
	enum mm_logs_ids_added added;

	if (mm_logs_ids_count(ids) >= most && mm_logs_ids_rank(ids, digest) < 0) {
		story->answers[match->answer].told.full = true;
		return;
	}
	added = mm_logs_ids_add(ids, digest, certain);
	story->failed |= added == MM_LOGS_ID_FAILED;
	for (size_t i = 0; i < 3 && count[i] != NULL; i++) {
		count[i]->on_record += added == MM_LOGS_ID_NEW;
		count[i]->at_least += certain && (added == MM_LOGS_ID_NEW || added == MM_LOGS_ID_RAISED);
	}
}

static void
count_thing(struct mm_story *story, const struct story_match *match, enum thing thing, uint8_t kind,
    const uint8_t bytes[16], struct mm_story_count *count)
{
	struct thing_key key = { 0 };
	struct mm_story_count *counts[3] = { count, NULL, NULL };

	if (kind == 0)
		return;
	key.answer = match->answer;
	key.thing = (uint8_t)thing;
	key.kind = kind;
	memcpy(key.bytes, bytes, sizeof(key.bytes));
	story_count_distinct(story, story->distinct, MM_STORY_DISTINCT_MAX, story_digest(story, &key, sizeof(key)),
	    match, counts);
}

static void
count_things(struct mm_story *story, const struct mm_logs_event *event, const struct story_match *match)
{
	struct mm_answer *told = &story->answers[match->answer].told;
	struct mm_logs_address network;

	_Static_assert(MM_LOGS_NO_ID == 0 && MM_LOGS_NO_ADDRESS == 0, "0 is none of each");
	mm_logs_network_of(&event->address, &network);
	count_thing(story, match, TOKEN, event->token.kind, event->token.bytes, &told->tokens);
	count_thing(story, match, SESSION, event->session.kind, event->session.bytes, &told->sessions);
	count_thing(story, match, NETWORK, network.network, network.bytes, &told->networks);
}

/* ---- an event ---- */

/* The record had messages, and the export has left them out. */
static bool
has_lost_items(const struct mm_logs_event *event)
{
	return (event->flags & MM_LOGS_ITEMS_CUT) != 0 || ((event->flags & MM_LOGS_PARTIAL) != 0 &&
	    event->kind == MM_LOGS_MAIL_ACCESS && event->access != MM_LOGS_SYNC && event->messages == 0);
}

/* What a record names and is not read: each may be one that another names too. */
static void
count_unread_items(struct mm_answer *told, struct story_organisation *organisation, struct story_mailbox *mailbox,
    const struct mm_logs_event *event)
{
	told->messages.on_record += event->messages;
	told->folders.on_record += event->folders;
	if (organisation != NULL)
		organisation->told.messages.on_record += event->messages;
	if (mailbox != NULL) {
		mailbox->told.messages.on_record += event->messages;
		mailbox->told.folders.on_record += event->folders;
	}
}

void
story_count(struct mm_story *story, const struct mm_logs_event *event, const struct story_match *match)
{
	struct story_answer *answer = &story->answers[match->answer];
	bool certain = match->way == STORY_CERTAIN;
	struct mm_story_count nowhere = { 0, 0 };
	struct story_organisation *organisation;
	struct story_mailbox *mailbox;

	if (match->way == STORY_BESIDES) {
		answer->told.besides++;
		return;
	}
	add(&answer->told.records, certain);
	story_spans_extend(&answer->spans, event->time_us, certain);
	answer->told.syncs += event->access == MM_LOGS_SYNC;
	answer->told.lost += has_lost_items(event);
	organisation = get_organisation(story, match->answer, event, certain);
	mailbox = get_mailbox(story, match->answer, event, certain,
	    organisation != NULL ? &organisation->told.mailboxes : &nowhere);
	count_things(story, event, match);
	if (!certain && !story->source.pivot.given)
		count_unread_items(&answer->told, organisation, mailbox, event);
}

/* The application's answer that an event belongs to, and how; STORY_NONE: there is none. */
static struct story_match
application_match(const struct mm_story *story, const struct story_match *matches, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (story->answers[matches[i].answer].told.subject.kind == MM_SUBJECT_APPLICATION &&
		    matches[i].way > STORY_BESIDES)
			return matches[i];
	return (struct story_match){ STORY_NONE, STORY_BESIDES };
}

void
story_count_within(struct mm_story *story, const struct story_match *matches, size_t count)
{
	struct story_match application = application_match(story, matches, count);

	for (size_t i = 0; i < count; i++) {
		struct story_answer *answer = &story->answers[matches[i].answer];
		bool is_as_sure = application.answer != STORY_NONE && application.way >= matches[i].way;

		if (matches[i].way == STORY_BESIDES || answer->told.subject.kind == MM_SUBJECT_APPLICATION)
			continue;
		if (!answer->has_within)
			answer->within = is_as_sure ? application.answer : STORY_NONE;
		else if (!is_as_sure || answer->within != application.answer)
			answer->within = STORY_NONE;
		answer->has_within = true;
	}
}
