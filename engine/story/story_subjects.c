/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Subjects: which of them get an answer, and which findings are on each.
 *
 * All subjects of findings are looked at before the events are, so that what has no room is what weighs least: class
 * first, then how many records findings are about.
 */
#include "engine/story/story_state.h"

#include <stdlib.h>

/* What is known of a subject before its answer is made. */
struct candidate {
	struct mm_subject subject;
	enum mm_finding_class class;
	uint64_t records;
	uint32_t answer;
	uint32_t coming;
};

bool
story_is_pivot(const struct mm_story *story, const struct mm_subject *subject)
{
	const struct mm_story_pivot *pivot = &story->source.pivot;

	if (!pivot->given || subject->kind != pivot->subject.kind)
		return false;
	if (subject->kind == MM_SUBJECT_APPLICATION)
		return subject->name != 0 && subject->name == pivot->subject.name;
	return mm_subject_equal(subject, &pivot->subject);
}

/* Mail is read by it, of it, or of what was changed. */
static bool
can_have_answer(const struct mm_finding *finding)
{
	return finding->class >= MM_FINDING_LEAD && finding->subject.kind != MM_SUBJECT_ORGANISATION;
}

/* ---- choosing ---- */

static struct mm_map *
find_candidates(const struct mm_story *story)
{
	struct mm_map *candidates = mm_map_new(sizeof(struct mm_subject_key), sizeof(struct candidate));

	for (size_t i = 0; candidates != NULL && i < mm_detect_count(story->source.detect); i++) {
		const struct mm_finding *finding = mm_detect_finding(story->source.detect, i);
		struct mm_subject_key key = mm_subject_key(&finding->subject, 0);
		struct candidate *candidate;

		if (!can_have_answer(finding) || story_is_pivot(story, &finding->subject))
			continue;
		candidate = mm_map_get(candidates, &key);
		if (candidate == NULL) {
			mm_map_free(&candidates);
			return NULL;
		}
		candidate->subject = finding->subject;
		if (finding->class > candidate->class)
			candidate->class = finding->class;
		candidate->records += finding->records;
	}
	return candidates;
}

static int
compare_candidates(const void *left, const void *right)
{
	const struct candidate *a = *(const struct candidate *const *)left;
	const struct candidate *b = *(const struct candidate *const *)right;

	if (a->class != b->class)
		return a->class > b->class ? -1 : 1;
	if (a->records != b->records)
		return a->records > b->records ? -1 : 1;
	return a->coming < b->coming ? -1 : 1;
}

static void
add_answer(struct mm_story *story, const struct mm_subject *subject, enum mm_finding_class class)
{
	struct story_answer *answer = &story->answers[story->answers_count];

	answer->told.subject = *subject;
	answer->told.class = class;
	answer->coming = (uint32_t)story->answers_count++;
	story_spans_init(&answer->spans);
}

/* The candidates in order: the first get answers. */
static void
choose(struct mm_story *story, struct candidate **order, size_t count)
{
	size_t strong = 0, leads = 0;

	for (size_t i = 0; i < count; i++) {
		bool is_strong = order[i]->class >= MM_FINDING_STRONG;
		size_t *number = is_strong ? &strong : &leads;

		order[i]->answer = STORY_NONE;
		if (*number >= (is_strong ? MM_STORY_STRONG_MAX : MM_STORY_LEADS_MAX)) {
			story->answers_dropped++;
			continue;
		}
		++*number;
		order[i]->answer = (uint32_t)story->answers_count;
		add_answer(story, &order[i]->subject, order[i]->class);
	}
}

static bool
make_answers(struct mm_story *story, struct mm_map *candidates)
{
	size_t count = mm_map_count(candidates);
	struct candidate **order = calloc(count + 1, sizeof(struct candidate *));

	story->answers = calloc(1 + MM_STORY_STRONG_MAX + MM_STORY_LEADS_MAX, sizeof(*story->answers));
	if (order == NULL || story->answers == NULL) {
		free(order);
		return false;
	}
	if (story->source.pivot.given) {
		add_answer(story, &story->source.pivot.subject, MM_FINDING_GAP);
		story->answers[0].is_pivot = true;
	}
	for (size_t i = 0; i < count; i++) {
		order[i] = mm_map_value(candidates, i);
		order[i]->coming = (uint32_t)i;
	}
	qsort(order, count, sizeof(struct candidate *), compare_candidates);
	choose(story, order, count);
	free(order);
	return true;
}

/* ---- threads ---- */

static uint32_t
answer_of(const struct mm_story *story, const struct mm_map *candidates, const struct mm_finding *finding)
{
	struct mm_subject_key key = mm_subject_key(&finding->subject, 0);
	const struct candidate *candidate;

	if (story_is_pivot(story, &finding->subject))
		return 0;
	candidate = mm_map_find(candidates, &key);
	return candidate == NULL ? STORY_NONE : candidate->answer;
}

static bool
add_to_thread(struct mm_story *story, size_t number, const struct mm_finding *finding, uint32_t answer)
{
	struct mm_subject_key key = mm_subject_key(&finding->subject, finding->tenant);
	struct story_thread *thread = mm_map_get(story->threads, &key);

	if (thread == NULL)
		return false;
	thread->answer = answer;
	if (thread->first == 0)
		thread->first = (uint32_t)number + 1;
	else
		story->next[thread->last - 1] = (uint32_t)number + 1;
	thread->last = (uint32_t)number + 1;
	story->kinds |= 1U << finding->subject.kind;
	return true;
}

/* With a pivot also those without an answer: they may be of its thread. */
static bool
make_threads(struct mm_story *story, const struct mm_map *candidates)
{
	size_t count = mm_detect_count(story->source.detect);

	story->threads = mm_map_new(sizeof(struct mm_subject_key), sizeof(struct story_thread));
	story->next = calloc(count + 1, sizeof(*story->next));
	story->touched = calloc(count + 1, sizeof(*story->touched));
	if (story->threads == NULL || story->next == NULL || story->touched == NULL)
		return false;
	for (size_t i = 0; i < count; i++) {
		const struct mm_finding *finding = mm_detect_finding(story->source.detect, i);
		uint32_t answer = answer_of(story, candidates, finding);

		if (finding->class < MM_FINDING_LEAD || (answer == STORY_NONE && !story->source.pivot.given))
			continue;
		if (!add_to_thread(story, i, finding, answer))
			return false;
	}
	return true;
}

bool
story_collect(struct mm_story *story)
{
	struct mm_map *candidates = find_candidates(story);
	bool made = candidates != NULL && make_answers(story, candidates) && make_threads(story, candidates);

	mm_map_free(&candidates);
	return made;
}
