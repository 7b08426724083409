/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Building a story: subjects, one walk over the events with the messages of certain ones, order.
 */
#include "engine/story/story_state.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

/* What one walk has besides the story. */
struct building {
	int failure; /* of reading records again */
};

static bool
draw_key(struct mm_story *story)
{
	unsigned char seed[MM_KEYED_DIGEST_SEED_LEN];

	return getrandom(seed, sizeof(seed), 0) == (ssize_t)sizeof(seed) &&
	    mm_keyed_digest_key_init(&story->digest_key, seed);
}

static bool
make_maps(struct mm_story *story)
{
	story->organisations = mm_map_new(sizeof(struct story_row_key), sizeof(struct story_organisation));
	story->mailboxes = mm_map_new(sizeof(struct story_row_key), sizeof(struct story_mailbox));
	story->throttled = mm_map_new(sizeof(struct story_row_key), sizeof(struct story_span));
	story->names = mm_map_new(sizeof(uint32_t), sizeof(uint32_t));
	story->distinct = mm_logs_ids_new();
	story->messages = mm_logs_ids_new();
	return story->organisations != NULL && story->mailboxes != NULL && story->throttled != NULL &&
	    story->names != NULL && story->distinct != NULL && story->messages != NULL;
}

struct mm_story *
mm_story_new(const struct mm_story_source *source)
{
	struct mm_story *story = calloc(1, sizeof(*story));

	if (story == NULL)
		return NULL;
	story->source = *source;
	if (!draw_key(story) || !make_maps(story) || !story_batch_init(&story->batch))
		mm_story_free(&story);
	return story;
}

void
mm_story_free(struct mm_story **story)
{
	struct mm_story *old = *story;

	if (old == NULL)
		return;
	mm_map_free(&old->threads);
	mm_map_free(&old->organisations);
	mm_map_free(&old->mailboxes);
	mm_map_free(&old->throttled);
	mm_map_free(&old->names);
	mm_logs_ids_free(&old->distinct);
	mm_logs_ids_free(&old->messages);
	story_batch_clear(&old->batch);
	story_picture_clear(old);
	free(old->answers);
	free(old->next);
	free(old->touched);
	free(old->answers_told);
	free(old->organisations_told);
	free(old->mailboxes_told);
	free(old->answer_findings);
	free(old->answer_gaps);
	free(old->findings);
	free(old);
	*story = NULL;
}

/* ---- building ---- */

static void
note_failure(struct building *building, int failure)
{
	if (building->failure == 0)
		building->failure = failure;
}

/* Put the record into the batch, which is read first where it is full. */
static void
keep_record(struct mm_story *story, struct building *building, const struct mm_logs_event *event,
    const struct story_match *matches, size_t count)
{
	if (story_batch_add(story, event, matches, count))
		return;
	note_failure(building, story_batch_count(story));
	story_batch_restart(&story->batch);
	story->failed |= !story_batch_add(story, event, matches, count);
}

static bool
build_event(struct mm_story *story, void *ctx, const struct mm_logs_event *event, const struct story_match *matches,
    size_t count)
{
	bool certain = false;

	story_learn(story, event);
	for (size_t i = 0; i < count; i++) {
		story_count(story, event, &matches[i]);
		certain |= matches[i].way == STORY_CERTAIN;
	}
	story_count_within(story, matches, count);
	story_picture_add(story, event, certain);
	if (count > 0)
		keep_record(story, ctx, event, matches, count);
	return true;
}

int
mm_story_build(struct mm_story *story)
{
	struct building building = { 0 };

	if (!story_collect(story) || !story_picture_init(story)) {
		errno = ENOMEM;
		return -1;
	}
	if (story_walk(story, build_event, &building) != 0)
		return -1;
	note_failure(&building, story_batch_count(story));
	if (story->failed || !story_finish(story) || !story_picture_finish(story))
		building.failure = ENOMEM;
	errno = building.failure;
	return building.failure == 0 ? 0 : -1;
}

/* ---- what came of it ---- */

size_t
mm_story_answers(const struct mm_story *story)
{
	return story->answers_told_count;
}

const struct mm_answer *
mm_story_answer(const struct mm_story *story, size_t number)
{
	return &story->answers_told[number];
}

uint64_t
mm_story_answers_dropped(const struct mm_story *story)
{
	return story->answers_dropped;
}

size_t
mm_story_findings(const struct mm_story *story)
{
	return story->findings_count;
}

const struct mm_finding *
mm_story_finding(const struct mm_story *story, size_t number)
{
	return story->findings[number];
}

bool
mm_story_class(const struct mm_story *story, enum mm_finding_class *class)
{
	if (story->findings_count == 0)
		return false;
	*class = story->findings[0]->class;
	return true;
}

const struct mm_story_picture *
mm_story_picture(const struct mm_story *story)
{
	return &story->picture.told;
}

const struct mm_story_source *
mm_story_source(const struct mm_story *story)
{
	return &story->source;
}
