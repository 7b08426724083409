/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Order: the answers, their organisations and mailboxes, findings and gaps, as they are told.
 */
#include "engine/story/story_state.h"

#include <stdlib.h>

#define DAY_US (INT64_C(86400) * 1000000)

/* ---- answers ---- */

static int
compare_counts(const struct mm_story_count *a, const struct mm_story_count *b)
{
	if (a->at_least != b->at_least)
		return a->at_least > b->at_least ? -1 : 1;
	return (a->on_record < b->on_record) - (a->on_record > b->on_record);
}

static int
compare_answers(const void *left, const void *right)
{
	const struct story_answer *a = *(const struct story_answer *const *)left;
	const struct story_answer *b = *(const struct story_answer *const *)right;
	int order;

	if (a->is_pivot != b->is_pivot)
		return a->is_pivot ? -1 : 1;
	if (a->told.class != b->told.class)
		return a->told.class > b->told.class ? -1 : 1;
	order = compare_counts(&a->told.mailboxes, &b->told.mailboxes);
	if (order == 0)
		order = compare_counts(&a->told.records, &b->told.records);
	return order != 0 ? order : a->coming < b->coming ? -1 : 1;
}

/* Of leads and of what was changed there is an answer where mail was read, and so of all but the pivot in a thread. */
static bool
is_told(const struct mm_story *story, const struct story_answer *answer)
{
	if (answer->told.records.on_record > 0)
		return true;
	if (story->source.pivot.given)
		return answer->is_pivot && story->pivot_met;
	return answer->told.class >= MM_FINDING_STRONG && answer->told.subject.kind != MM_SUBJECT_TARGET;
}

static bool
order_answers(struct mm_story *story)
{
	struct story_answer **order = calloc(story->answers_count + 1, sizeof(struct story_answer *));

	story->answers_told = calloc(story->answers_count + 1, sizeof(*story->answers_told));
	if (order == NULL || story->answers_told == NULL) {
		free(order);
		return false;
	}
	for (size_t i = 0; i < story->answers_count; i++)
		order[i] = &story->answers[i];
	qsort(order, story->answers_count, sizeof(struct story_answer *), compare_answers);
	for (size_t i = 0; i < story->answers_count; i++) {
		struct mm_answer *told = &story->answers_told[story->answers_told_count];
		const struct story_span *span = story_spans_told(&order[i]->spans);

		order[i]->place = STORY_NONE;
		if (!is_told(story, order[i]))
			continue;
		order[i]->place = (uint32_t)story->answers_told_count++;
		*told = order[i]->told;
		told->first_us = span->first_us;
		told->last_us = span->last_us;
		told->name = story_application_name(story, &told->subject);
	}
	free(order);
	return true;
}

/* ---- their organisations and mailboxes ---- */

static int
compare_organisations(const void *left, const void *right)
{
	const struct story_organisation *a = *(const struct story_organisation *const *)left;
	const struct story_organisation *b = *(const struct story_organisation *const *)right;

	if (a->answer != b->answer)
		return a->answer < b->answer ? -1 : 1;
	if (a->told.first_us != b->told.first_us)
		return a->told.first_us < b->told.first_us ? -1 : 1;
	return a->told.tenant < b->told.tenant ? -1 : 1;
}

static int
compare_mailboxes(const void *left, const void *right)
{
	const struct story_mailbox *a = *(const struct story_mailbox *const *)left;
	const struct story_mailbox *b = *(const struct story_mailbox *const *)right;

	if (a->answer != b->answer)
		return a->answer < b->answer ? -1 : 1;
	if (a->told.certain != b->told.certain)
		return a->told.certain ? -1 : 1;
	if (a->told.first_us != b->told.first_us)
		return a->told.first_us < b->told.first_us ? -1 : 1;
	if (a->told.tenant != b->told.tenant)
		return a->told.tenant < b->told.tenant ? -1 : 1;
	return a->told.mailbox < b->told.mailbox ? -1 : 1;
}

static struct mm_answer *
told_answer(const struct mm_story *story, uint32_t answer)
{
	uint32_t place = story->answers[answer].place;

	return place == STORY_NONE ? NULL : &story->answers_told[place];
}

/* Mailboxes and users are answers of their own, whoever read them; so is what was asked for. */
static void
find_within(struct mm_story *story)
{
	for (size_t i = 0; i < story->answers_count; i++) {
		const struct story_answer *answer = &story->answers[i];
		struct mm_answer *told = told_answer(story, (uint32_t)i);

		if (told == NULL || answer->is_pivot || !answer->has_within || answer->within == STORY_NONE)
			continue;
		if (told->subject.kind >= MM_SUBJECT_TOKEN && told->subject.kind <= MM_SUBJECT_NETWORK)
			told->within = told_answer(story, answer->within);
	}
}

static bool
order_organisations(struct mm_story *story)
{
	size_t count = mm_map_count(story->organisations);
	struct story_organisation **order = calloc(count + 1, sizeof(struct story_organisation *));

	story->organisations_told = calloc(count + 1, sizeof(*story->organisations_told));
	if (order == NULL || story->organisations_told == NULL) {
		free(order);
		return false;
	}
	for (size_t i = 0; i < count; i++) {
		const struct story_span *span;

		order[i] = mm_map_value(story->organisations, i);
		span = story_spans_told(&order[i]->spans);
		order[i]->told.first_us = span->first_us;
		order[i]->told.last_us = span->last_us;
	}
	qsort(order, count, sizeof(struct story_organisation *), compare_organisations);
	for (size_t i = 0; i < count; i++) {
		struct mm_answer *answer = told_answer(story, order[i]->answer);

		story->organisations_told[i] = order[i]->told;
		if (answer != NULL && answer->organisations_listed++ == 0)
			answer->organisations_list = &story->organisations_told[i];
	}
	free(order);
	return true;
}

/* Whether a mailbox's log was cut, or may have been, while an answer's records were made. */
static bool
was_throttled(const struct mm_story *story, const struct story_mailbox *mailbox)
{
	struct story_row_key key = { 0, mailbox->told.tenant, mailbox->told.mailbox };
	const struct story_span *span = mm_map_find(story->throttled, &key);
	const struct story_span *all = &story->answers[mailbox->answer].spans.all;

	if (span == NULL)
		return mm_map_count(story->throttled) >= MM_STORY_THROTTLED_MAX;
	if (span->first_us == MM_LOGS_NO_TIME || all->first_us == MM_LOGS_NO_TIME)
		return true;
	return span->first_us <= all->last_us && span->last_us + DAY_US >= all->first_us;
}

static bool
order_mailboxes(struct mm_story *story)
{
	size_t count = mm_map_count(story->mailboxes);
	struct story_mailbox **order = calloc(count + 1, sizeof(struct story_mailbox *));

	story->mailboxes_told = calloc(count + 1, sizeof(*story->mailboxes_told));
	if (order == NULL || story->mailboxes_told == NULL) {
		free(order);
		return false;
	}
	for (size_t i = 0; i < count; i++) {
		const struct story_span *span;

		order[i] = mm_map_value(story->mailboxes, i);
		span = story_spans_told(&order[i]->spans);
		order[i]->told.first_us = span->first_us;
		order[i]->told.last_us = span->last_us;
		order[i]->told.throttled = was_throttled(story, order[i]);
	}
	qsort(order, count, sizeof(struct story_mailbox *), compare_mailboxes);
	for (size_t i = 0; i < count; i++) {
		struct mm_answer *answer = told_answer(story, order[i]->answer);

		story->mailboxes_told[i] = order[i]->told;
		if (answer != NULL && answer->mailboxes_listed++ == 0)
			answer->mailboxes_list = &story->mailboxes_told[i];
	}
	free(order);
	return true;
}

/* ---- their findings ---- */

/* Whether a finding is about an answer: its subject's; of a pivot, all that are about its thread. */
static uint32_t
answer_of(const struct mm_story *story, const struct mm_finding *finding)
{
	struct mm_subject_key key = mm_subject_key(&finding->subject, finding->tenant);
	const struct story_thread *thread = mm_map_find(story->threads, &key);

	return finding->class < MM_FINDING_LEAD || thread == NULL ? STORY_NONE : thread->answer;
}

/* What was changed of the pivot. */
static bool
is_change_of_pivot(const struct mm_story *story, const struct mm_finding *finding)
{
	const struct mm_subject *pivot = &story->source.pivot.subject;

	return finding->subject.kind == MM_SUBJECT_TARGET && finding->subject.name != 0 &&
	    finding->subject.name == pivot->name && (pivot->kind == MM_SUBJECT_APPLICATION ||
	    pivot->kind == MM_SUBJECT_MAILBOX || pivot->kind == MM_SUBJECT_USER);
}

static bool
is_in_thread(const struct mm_story *story, size_t number)
{
	const struct mm_finding *finding = mm_detect_finding(story->source.detect, number);

	return !story->source.pivot.given || story->touched[number] || story_is_pivot(story, &finding->subject) ||
	    is_change_of_pivot(story, finding);
}

/* Call add for each finding of each answer that is told. */
static void
each_finding(struct mm_story *story, void (*add)(struct mm_story *story, struct mm_answer *answer, size_t number))
{
	bool has_pivot = story->source.pivot.given;

	for (size_t i = 0; i < mm_detect_count(story->source.detect); i++) {
		const struct mm_finding *finding = mm_detect_finding(story->source.detect, i);
		uint32_t answer = answer_of(story, finding);

		if (finding->class < MM_FINDING_LEAD || !is_in_thread(story, i))
			continue;
		if (answer != STORY_NONE && told_answer(story, answer) != NULL)
			add(story, told_answer(story, answer), i);
		if (has_pivot && answer != 0 && told_answer(story, 0) != NULL)
			add(story, told_answer(story, 0), i);
	}
}

static void
count_finding(struct mm_story *story, struct mm_answer *answer, size_t number)
{
	(void)story;
	(void)number;
	answer->findings_count++;
}

/* The list of an answer lies in the common array; findings_count counts up once more. */
static void
put_finding(struct mm_story *story, struct mm_answer *answer, size_t number)
{
	size_t at = (size_t)(answer->findings - (const struct mm_finding *const *)story->answer_findings);
	const struct mm_finding *finding = mm_detect_finding(story->source.detect, number);

	story->answer_findings[at + answer->findings_count++] = finding;
	if (finding->class > answer->class)
		answer->class = finding->class;
}

static bool
list_findings(struct mm_story *story)
{
	size_t all = 0;

	each_finding(story, count_finding);
	for (size_t i = 0; i < story->answers_told_count; i++)
		all += story->answers_told[i].findings_count;
	story->answer_findings = calloc(all + 1, sizeof(struct mm_finding *));
	if (story->answer_findings == NULL)
		return false;
	all = 0;
	for (size_t i = 0; i < story->answers_told_count; i++) {
		struct mm_answer *answer = &story->answers_told[i];

		answer->findings = story->answer_findings + all;
		all += answer->findings_count;
		answer->findings_count = 0;
	}
	each_finding(story, put_finding);
	return true;
}

/* ---- gaps ---- */

/* The gaps of one organisation: a chain, as that of a thread. */
static bool
thread_gaps(struct mm_story *story, struct mm_map *tenants)
{
	/* Findings are in the order of their classes: gaps are last. */
	for (size_t i = mm_detect_count(story->source.detect); i > 0; i--) {
		const struct mm_finding *finding = mm_detect_finding(story->source.detect, i - 1);
		uint32_t *first;

		if (finding->class != MM_FINDING_GAP)
			break;
		first = mm_map_get(tenants, &finding->tenant);
		if (first == NULL)
			return false;
		story->next[i - 1] = *first;
		*first = (uint32_t)i;
	}
	return true;
}

/* Numbers of findings, and 1, that are gaps of an answer. */
struct gap_list {
	uint32_t *numbers;
	size_t count;
};

/* Of one of its organisations; a gap of one mailbox, where the mailbox is among its own. */
static void
take_gaps(const struct mm_story *story, const struct mm_map *tenants, uint32_t answer, uint32_t tenant,
    struct gap_list *list)
{
	const uint32_t *first = mm_map_find(tenants, &tenant);

	for (uint32_t number = first == NULL ? 0 : *first; number != 0; number = story->next[number - 1]) {
		const struct mm_finding *gap = mm_detect_finding(story->source.detect, number - 1);
		uint32_t mailbox = gap->subject.kind == MM_SUBJECT_MAILBOX ? gap->subject.name : gap->mailbox;

		if (mailbox == 0 || story_mailbox_find(story, answer, tenant, mailbox) != NULL)
			list->numbers[list->count++] = number;
	}
}

static int
compare_numbers(const void *left, const void *right)
{
	const uint32_t *a = left, *b = right;

	return (*a > *b) - (*a < *b);
}

/* Gaps of an answer, in the order of findings; of logs that name no organisation in any case. */
static void
find_gaps(const struct mm_story *story, const struct mm_map *tenants, uint32_t number, struct gap_list *list)
{
	const struct mm_answer *answer = told_answer(story, number);
	bool has_nameless = false;

	list->count = 0;
	for (size_t i = 0; i < answer->organisations_listed; i++) {
		has_nameless |= answer->organisations_list[i].tenant == 0;
		take_gaps(story, tenants, number, answer->organisations_list[i].tenant, list);
	}
	if (!has_nameless)
		take_gaps(story, tenants, number, 0, list);
	qsort(list->numbers, list->count, sizeof(*list->numbers), compare_numbers);
}

/* Give each answer its part of the common array. */
static bool
put_gaps(struct mm_story *story, const struct mm_map *tenants, struct gap_list *list, size_t each)
{
	size_t used = 0;

	story->answer_gaps = calloc(story->answers_told_count * each + 1, sizeof(struct mm_finding *));
	if (story->answer_gaps == NULL)
		return false;
	for (uint32_t i = 0; i < story->answers_count; i++) {
		struct mm_answer *answer = told_answer(story, i);

		if (answer == NULL)
			continue;
		find_gaps(story, tenants, i, list);
		answer->gaps = story->answer_gaps + used;
		answer->gaps_count = list->count < each ? list->count : each;
		answer->gaps_dropped = list->count - answer->gaps_count;
		for (size_t j = 0; j < answer->gaps_count; j++) {
			story->answer_gaps[used++] = mm_detect_finding(story->source.detect, list->numbers[j] - 1);
			story->touched[list->numbers[j] - 1] = true;
		}
	}
	return true;
}

static bool
list_gaps(struct mm_story *story)
{
	size_t findings = mm_detect_count(story->source.detect);
	struct mm_map *tenants = mm_map_new(sizeof(uint32_t), sizeof(uint32_t));
	struct gap_list list = { calloc(findings + 1, sizeof(*list.numbers)), 0 };
	bool listed = tenants != NULL && list.numbers != NULL && thread_gaps(story, tenants) &&
	    put_gaps(story, tenants, &list, findings < MM_STORY_GAPS_MAX ? findings : MM_STORY_GAPS_MAX);

	mm_map_free(&tenants);
	free(list.numbers);
	return listed;
}

/* ---- all findings ---- */

static bool
choose_findings(struct mm_story *story)
{
	size_t count = mm_detect_count(story->source.detect);

	story->findings = calloc(count + 1, sizeof(struct mm_finding *));
	if (story->findings == NULL)
		return false;
	for (size_t i = 0; i < count; i++)
		if (is_in_thread(story, i))
			story->findings[story->findings_count++] = mm_detect_finding(story->source.detect, i);
	return true;
}

bool
story_finish(struct mm_story *story)
{
	if (!order_answers(story))
		return false;
	find_within(story);
	return order_organisations(story) && order_mailboxes(story) && list_findings(story) &&
	    list_gaps(story) && choose_findings(story);
}
