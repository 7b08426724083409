/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages: the records of certain accesses, with a pivot of all of its thread, are read again from their places, a
 * batch at a time.
 */
#include "engine/story/story_state.h"

#include <errno.h>
#include <stdlib.h>

/* Matches of one record that are kept, on the average; a batch ends where they have no room. */
#define MATCHES_A_RECORD 4

/* What a message or folder is known by in its mailbox; all of it and a longer text is cut. */
#define THING_TEXT_MAX 8192
enum thing { BY_MESSAGE_ID, BY_ID, BY_PLACE, FOLDER };

struct thing_head {
	uint32_t answer, tenant, mailbox;
	uint32_t thing;
};

struct thing_key {
	struct thing_head head;
	char text[THING_TEXT_MAX];
};

/* Where BY_PLACE a message is known that has no name. */
struct thing_place {
	uint64_t offset, number;
	uint32_t input, unused;
};

/* ---- batches ---- */

bool
story_batch_init(struct story_batch *batch)
{
	batch->places = calloc(MM_STORY_BATCH, sizeof(*batch->places));
	batch->records = calloc(MM_STORY_BATCH, sizeof(*batch->records));
	batch->matches = calloc(MM_STORY_BATCH * MATCHES_A_RECORD, sizeof(*batch->matches));
	return batch->places != NULL && batch->records != NULL && batch->matches != NULL;
}

void
story_batch_clear(struct story_batch *batch)
{
	free(batch->places);
	free(batch->records);
	free(batch->matches);
}

void
story_batch_restart(struct story_batch *batch)
{
	batch->count = batch->matches_count = 0;
	batch->overflowed = true;
}

static bool
is_read_again(const struct mm_story *story, const struct story_match *match)
{
	return match->way == STORY_CERTAIN || (match->way == STORY_POSSIBLE && story->source.pivot.given);
}

bool
story_batch_add(struct mm_story *story, const struct mm_logs_event *event, const struct story_match *matches,
    size_t count)
{
	struct story_batch *batch = &story->batch;
	size_t first = batch->matches_count;

	if (event->messages == 0 && event->folders == 0)
		return true;
	if (batch->count == MM_STORY_BATCH || first + count > MM_STORY_BATCH * MATCHES_A_RECORD)
		return false;
	for (size_t i = 0; i < count; i++)
		if (is_read_again(story, &matches[i]))
			batch->matches[batch->matches_count++] = matches[i];
	if (batch->matches_count == first)
		return true;
	batch->places[batch->count] = event->place;
	batch->records[batch->count++] = (struct story_record){ .time_us = event->time_us, .tenant = event->tenant,
		.mailbox = event->mailbox, .matches = (uint32_t)first };
	return true;
}

static size_t
matches_end(const struct story_batch *batch, size_t number)
{
	return number + 1 < batch->count ? batch->records[number + 1].matches : batch->matches_count;
}

/* ---- telling messages apart ---- */

static uint64_t
thing_digest(const struct mm_story *story, struct thing_key *key, uint32_t answer, const struct story_record *record,
    enum thing thing, struct mm_slice text)
{
	size_t len = text.len < THING_TEXT_MAX ? text.len : THING_TEXT_MAX;

	key->head = (struct thing_head){ answer, record->tenant, record->mailbox, (uint32_t)thing };
	memcpy(key->text, text.ptr, len);
	return story_digest(story, key, sizeof(key->head) + len);
}

static uint64_t
message_digest(const struct mm_story *story, struct thing_key *key, uint32_t answer, size_t record_number,
    const struct mm_logs_items *items, size_t number)
{
	const struct story_record *record = &story->batch.records[record_number];
	const struct mm_logs_place *at = &story->batch.places[record_number];
	const struct mm_logs_message *message = &items->messages[number];
	struct thing_place place = { 0 };

	if (message->message_id.len > 0)
		return thing_digest(story, key, answer, record, BY_MESSAGE_ID, message->message_id);
	if (message->id.len > 0)
		return thing_digest(story, key, answer, record, BY_ID, message->id);
	place.offset = at->offset;
	place.number = number;
	place.input = at->input;
	return thing_digest(story, key, answer, record, BY_PLACE, mm_slice(&place, sizeof(place)));
}

/* ---- counting ---- */

struct counting {
	struct mm_story *story;
	struct thing_key key;
};

static void
count_items(struct counting *counting, size_t record_number, const struct mm_logs_items *items,
    const struct story_match *match)
{
	struct mm_story *story = counting->story;
	const struct story_record *record = &story->batch.records[record_number];
	struct mm_answer *told = &story->answers[match->answer].told;
	struct story_organisation *organisation = story_organisation_find(story, match->answer, record->tenant);
	struct story_mailbox *mailbox = story_mailbox_find(story, match->answer, record->tenant, record->mailbox);
	struct mm_story_count nowhere = { 0, 0 };
	struct mm_story_count *messages[3] = { &told->messages,
		organisation != NULL ? &organisation->told.messages : &nowhere,
		mailbox != NULL ? &mailbox->told.messages : &nowhere };
	struct mm_story_count *folders[3] = { &told->folders, mailbox != NULL ? &mailbox->told.folders : &nowhere };

	for (size_t i = 0; i < items->messages_count; i++)
		story_count_distinct(story, story->messages, MM_STORY_MESSAGES_MAX,
		    message_digest(story, &counting->key, match->answer, record_number, items, i), match, messages);
	for (size_t i = 0; i < items->folders_count; i++) {
		const struct mm_logs_folder *folder = &items->folders[i];
		struct mm_slice text = folder->path.len > 0 ? folder->path : folder->id;

		if (text.len == 0)
			continue;
		story_count_distinct(story, story->messages, MM_STORY_MESSAGES_MAX,
		    thing_digest(story, &counting->key, match->answer, record, FOLDER, text), match, folders);
	}
}

static bool
count_record(void *ctx, size_t number, const struct mm_logs_items *items)
{
	struct counting *counting = ctx;
	struct story_batch *batch = &counting->story->batch;

	batch->records[number].visited = true;
	for (size_t i = batch->records[number].matches; i < matches_end(batch, number); i++)
		count_items(counting, number, items, &batch->matches[i]);
	return !counting->story->failed;
}

/* What could not be read again is missing in the answers. */
static void
count_unvisited(struct mm_story *story)
{
	const struct story_batch *batch = &story->batch;

	for (size_t i = 0; i < batch->count; i++)
		for (size_t j = batch->records[i].matches; !batch->records[i].visited && j < matches_end(batch, i); j++)
			story->answers[batch->matches[j].answer].told.lost++;
}

int
story_batch_count(struct mm_story *story)
{
	struct counting *counting = calloc(1, sizeof(*counting));
	int failure = ENOMEM;

	if (counting == NULL)
		return failure;
	counting->story = story;
	failure = mm_logs_again(story->source.reading, story->batch.places, story->batch.count, count_record,
	              counting) == 0 ? 0 : errno;
	count_unvisited(story);
	free(counting);
	return story->failed ? ENOMEM : failure;
}

/* ---- telling ---- */

struct telling {
	struct mm_story *story;
	mm_story_message_visit *visit;
	void *ctx;
	struct mm_logs_ids *told; /* of each answer; and of any, as of STORY_NONE */
	struct thing_key key;
	bool ended;
	int failure;
};

/* Whether a message is told for the first time, of an answer or of any; false too where memory is short. */
static bool
is_new(struct telling *telling, uint64_t digest)
{
	enum mm_logs_ids_added added = mm_logs_ids_add(telling->told, digest, 0);

	if (added == MM_LOGS_ID_FAILED)
		telling->failure = ENOMEM;
	return added == MM_LOGS_ID_NEW;
}

/* Tell the number-th message of a record, unless it was told of this answer. Returns whether to go on. */
static bool
tell(struct telling *telling, size_t record_number, const struct mm_logs_items *items, size_t number,
    const struct story_match *match)
{
	const struct mm_story *story = telling->story;
	const struct story_record *record = &story->batch.records[record_number];
	const struct mm_logs_message *item = &items->messages[number];
	uint32_t place = story->answers[match->answer].place;
	uint64_t digest = message_digest(story, &telling->key, match->answer, record_number, items, number);
	struct mm_story_message message = {
		.tenant = record->tenant,
		.mailbox = record->mailbox,
		.time_us = record->time_us,
		.certain = match->way == STORY_CERTAIN || mm_logs_ids_rank(story->messages, digest) == 1,
		.place = story->batch.places[record_number],
		.record_id = items->record_id,
		.message_id = item->message_id,
		.id = item->id,
		.subject = item->subject,
		.size = item->size,
	};

	/* What found no room when it was counted is not told either: the answer is full. */
	if (mm_logs_ids_rank(story->messages, digest) < 0 || !is_new(telling, digest))
		return telling->failure == 0;
	digest = message_digest(story, &telling->key, STORY_NONE, record_number, items, number);
	message.again = !is_new(telling, digest);
	message.answer = &story->answers_told[place];
	message.input = mm_logs_reading_input(story->source.reading, message.place.input)->path;
	if (item->folder < items->folders_count)
		message.folder = items->folders[item->folder].path;
	return telling->visit(telling->ctx, &message);
}

/* The match of a record whose answer comes next behind place; NULL: it was the last one that is told. */
static const struct story_match *
next_match(const struct mm_story *story, size_t record_number, uint32_t from)
{
	const struct story_batch *batch = &story->batch;
	const struct story_match *next = NULL;

	for (size_t i = batch->records[record_number].matches; i < matches_end(batch, record_number); i++) {
		uint32_t place = story->answers[batch->matches[i].answer].place;

		if (place != STORY_NONE && place >= from &&
		    (next == NULL || place < story->answers[next->answer].place))
			next = &batch->matches[i];
	}
	return next;
}

static bool
tell_record(void *ctx, size_t number, const struct mm_logs_items *items)
{
	struct telling *telling = ctx;
	const struct mm_story *story = telling->story;
	const struct story_match *match = next_match(story, number, 0);

	while (match != NULL && !telling->ended) {
		for (size_t i = 0; i < items->messages_count && !telling->ended; i++)
			telling->ended = !tell(telling, number, items, i, match);
		match = next_match(story, number, story->answers[match->answer].place + 1);
	}
	return !telling->ended;
}

static void
tell_batch(struct telling *telling)
{
	const struct story_batch *batch = &telling->story->batch;

	if (mm_logs_again(telling->story->source.reading, batch->places, batch->count, tell_record, telling) != 0 &&
	    telling->failure == 0)
		telling->failure = errno;
}

/* Fill the batch again, which was emptied while counting. */
static bool
tell_event(struct mm_story *story, void *ctx, const struct mm_logs_event *event, const struct story_match *matches,
    size_t count)
{
	struct telling *telling = ctx;

	if (story_batch_add(story, event, matches, count))
		return true;
	tell_batch(telling);
	story_batch_restart(&story->batch);
	return !telling->ended && story_batch_add(story, event, matches, count);
}

static void
tell_all(struct telling *telling)
{
	struct mm_story *story = telling->story;

	if (story->batch.overflowed) {
		story_batch_restart(&story->batch);
		if (story_walk(story, tell_event, telling) != 0 && telling->failure == 0)
			telling->failure = errno;
	}
	if (!telling->ended)
		tell_batch(telling);
}

int
mm_story_messages(struct mm_story *story, mm_story_message_visit *visit, void *ctx)
{
	struct telling *telling = calloc(1, sizeof(*telling));
	int failure = ENOMEM;

	if (telling != NULL) {
		telling->story = story;
		telling->visit = visit;
		telling->ctx = ctx;
		telling->told = mm_logs_ids_new();
		if (telling->told != NULL) {
			tell_all(telling);
			failure = telling->failure;
		}
		mm_logs_ids_free(&telling->told);
	}
	free(telling);
	errno = failure;
	return failure == 0 ? 0 : -1;
}
