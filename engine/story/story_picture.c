/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The picture: mail accesses by application and slice of time, and by application and mailbox.
 *
 * Events come in the order of their time, so slices begin short, and become longer while the time does: each length is
 * a multiple of the one before, and slices begin at multiples of their length.
 */
#include "engine/story/story_state.h"

#include <stdlib.h>

#define SECOND_US INT64_C(1000000)

/* What is counted while nobody knows what will be shown. Twice as many of what is certain. */
#define APPLICATIONS_COUNTED 2048
#define MAILBOXES_COUNTED 32768
#define CELLS_COUNTED 65536

struct story_cell {
	uint32_t mailbox, application; /* name; number in the map of applications */
};

void
story_picture_clear(struct mm_story *story)
{
	mm_map_free(&story->picture.applications);
	mm_map_free(&story->picture.mailboxes);
	mm_map_free(&story->picture.cells);
	free(story->picture.applications_list);
	free(story->picture.mailboxes_list);
	free(story->picture.cells_list);
}

/* ---- slices ---- */

static int64_t
next_slice(int64_t slice_us)
{
	static const int64_t lengths_s[] = { 60, 300, 900, 3600, 10800, 21600, 43200, 86400 };

	for (size_t i = 0; i < sizeof(lengths_s) / sizeof(lengths_s[0]); i++)
		if (lengths_s[i] * SECOND_US > slice_us)
			return lengths_s[i] * SECOND_US;
	return slice_us * 2;
}

static void
widen(struct story_picture *picture)
{
	int64_t old_us = picture->told.slice_us, old_first_us = picture->told.first_us;
	int64_t slice_us = next_slice(old_us), first_us = old_first_us / slice_us * slice_us;

	for (size_t i = 0; i < mm_map_count(picture->applications); i++) {
		struct story_application *application = mm_map_value(picture->applications, i);
		uint64_t slices[MM_STORY_SLICES] = { 0 };

		for (size_t k = 0; k < MM_STORY_SLICES; k++)
			slices[(old_first_us + (int64_t)k * old_us - first_us) / slice_us] +=
			    application->told.slices[k];
		memcpy(application->told.slices, slices, sizeof(slices));
	}
	picture->told.first_us = first_us;
	picture->told.slice_us = slice_us;
}

/* The slice of a time, which is not before any other. */
static size_t
slice_of(struct story_picture *picture, int64_t time_us)
{
	struct mm_story_picture *told = &picture->told;

	if (told->slice_us == 0) {
		told->slice_us = next_slice(0);
		told->first_us = time_us / told->slice_us * told->slice_us;
	}
	while ((time_us - told->first_us) / told->slice_us >= MM_STORY_SLICES)
		widen(picture);
	return (size_t)((time_us - told->first_us) / told->slice_us);
}

/* ---- counting ---- */

/* The value of a key, if there is room for it. */
static void *
get(struct mm_story *story, struct mm_map *map, const void *key, size_t most, bool certain)
{
	void *value = mm_map_find(map, key);

	if (value != NULL || mm_map_count(map) >= (certain ? most * 2 : most))
		return value;
	value = mm_map_get(map, key);
	story->failed |= value == NULL;
	return value;
}

static void
count_cell(struct mm_story *story, const struct story_application *application, uint32_t mailbox, bool certain)
{
	struct story_picture *picture = &story->picture;
	struct story_cell cell = { mailbox, application->number };
	uint64_t *value = mailbox == 0 ? NULL : get(story, picture->mailboxes, &mailbox, MAILBOXES_COUNTED, certain);

	if (value == NULL) {
		picture->told.mailboxes_more |= mailbox != 0;
		return;
	}
	++*value;
	value = get(story, picture->cells, &cell, CELLS_COUNTED, certain);
	if (value != NULL)
		++*value;
}

static struct story_application *
get_application(struct mm_story *story, const struct mm_subject *subject, bool certain)
{
	struct mm_map *applications = story->picture.applications;
	struct mm_subject_key key = mm_subject_key(subject, 0);
	size_t known = mm_map_count(applications);
	struct story_application *row = get(story, applications, &key, APPLICATIONS_COUNTED, certain);

	if (row == NULL || mm_map_count(applications) == known)
		return row;
	row->number = (uint32_t)known;
	row->place = STORY_NONE;
	row->told.subject = *subject;
	row->told.class = MM_FINDING_GAP;
	row->told.first_us = MM_LOGS_NO_TIME;
	return row;
}

bool
story_picture_init(struct mm_story *story)
{
	struct story_picture *picture = &story->picture;

	picture->applications = mm_map_new(sizeof(struct mm_subject_key), sizeof(struct story_application));
	picture->mailboxes = mm_map_new(sizeof(uint32_t), sizeof(uint64_t));
	picture->cells = mm_map_new(sizeof(struct story_cell), sizeof(uint64_t));
	if (picture->applications == NULL || picture->mailboxes == NULL || picture->cells == NULL)
		return false;
	for (size_t i = 0; i < story->answers_count; i++)
		if (story->answers[i].told.subject.kind == MM_SUBJECT_APPLICATION && !story->answers[i].is_pivot)
			(void)get_application(story, &story->answers[i].told.subject, false);
	return !story->failed;
}

void
story_picture_add(struct mm_story *story, const struct mm_logs_event *event, bool certain)
{
	struct story_picture *picture = &story->picture;
	struct mm_subject subject = mm_subject_application(event);
	struct story_application *row;

	if ((event->kind != MM_LOGS_MAIL_ACCESS && event->kind != MM_LOGS_LOGIN) || !story_is_in_view(story, event))
		return;
	row = get_application(story, &subject, certain);
	if (row != NULL && row->told.first_us == MM_LOGS_NO_TIME && mm_logs_has_right_time(event))
		row->told.first_us = event->time_us;
	if (!story_is_in_time(story, event))
		return;
	picture->accesses++;
	if (row == NULL)
		return;
	row->told.records++;
	if (mm_logs_has_right_time(event))
		row->told.slices[slice_of(picture, event->time_us)]++;
	else
		picture->told.timeless++;
	count_cell(story, row, event->mailbox, certain);
}

/* ---- what is shown ---- */

static void
mark_answers(struct mm_story *story)
{
	for (size_t i = 0; i < story->answers_told_count; i++) {
		const struct mm_answer *answer = &story->answers_told[i];
		struct mm_subject_key key = mm_subject_key(&answer->subject, 0);
		struct story_application *row = NULL;

		if (answer->subject.kind == MM_SUBJECT_APPLICATION)
			row = mm_map_find(story->picture.applications, &key);
		if (row != NULL && answer->class > row->told.class)
			row->told.class = answer->class;
	}
}

static int
compare_applications(const void *left, const void *right)
{
	const struct story_application *a = *(const struct story_application *const *)left;
	const struct story_application *b = *(const struct story_application *const *)right;

	if (a->told.class != b->told.class)
		return a->told.class > b->told.class ? -1 : 1;
	if (a->told.records != b->told.records)
		return a->told.records > b->told.records ? -1 : 1;
	return a->number < b->number ? -1 : 1;
}

static bool
choose_applications(struct mm_story *story)
{
	struct story_picture *picture = &story->picture;
	size_t all = mm_map_count(picture->applications), *count = &picture->told.applications_count;
	struct story_application **order = calloc(all + 1, sizeof(struct story_application *));

	picture->applications_list = calloc(MM_STORY_APPLICATIONS_MAX, sizeof(*picture->applications_list));
	if (order == NULL || picture->applications_list == NULL) {
		free(order);
		return false;
	}
	for (size_t i = 0; i < all; i++)
		order[i] = mm_map_value(picture->applications, i);
	qsort(order, all, sizeof(struct story_application *), compare_applications);
	picture->told.others = picture->accesses;
	for (size_t i = 0; i < all && *count < MM_STORY_APPLICATIONS_MAX; i++) {
		if (order[i]->told.records == 0)
			continue;
		order[i]->place = (uint32_t)*count;
		order[i]->told.name = story_application_name(story, &order[i]->told.subject);
		picture->told.others -= order[i]->told.records;
		picture->applications_list[(*count)++] = order[i]->told;
	}
	picture->told.applications = picture->applications_list;
	free(order);
	return true;
}

/* A mailbox and how many accesses there were. */
struct mailbox_count {
	uint32_t mailbox, coming;
	uint64_t records;
};

static int
compare_mailboxes(const void *left, const void *right)
{
	const struct mailbox_count *a = left, *b = right;

	if (a->records != b->records)
		return a->records > b->records ? -1 : 1;
	return a->coming < b->coming ? -1 : 1;
}

static size_t
place_of_mailbox(const struct story_picture *picture, uint32_t mailbox)
{
	size_t place = 0;

	while (place < picture->told.mailboxes_count && picture->mailboxes_list[place] != mailbox)
		place++;
	return place;
}

static void
show_mailbox(struct story_picture *picture, uint32_t mailbox)
{
	size_t *count = &picture->told.mailboxes_count;

	if (mailbox != 0 && *count < MM_STORY_MAILBOXES_MAX && place_of_mailbox(picture, mailbox) == *count)
		picture->mailboxes_list[(*count)++] = mailbox;
}

static bool
choose_mailboxes(struct mm_story *story)
{
	struct story_picture *picture = &story->picture;
	size_t all = mm_map_count(picture->mailboxes);
	struct mailbox_count *order = calloc(all + 1, sizeof(*order));

	picture->mailboxes_list = calloc(MM_STORY_MAILBOXES_MAX, sizeof(*picture->mailboxes_list));
	if (order == NULL || picture->mailboxes_list == NULL) {
		free(order);
		return false;
	}
	for (size_t i = 0; i < story->answers_told_count; i++)
		for (size_t j = 0; j < story->answers_told[i].mailboxes_listed; j++)
			show_mailbox(picture, story->answers_told[i].mailboxes_list[j].mailbox);
	for (size_t i = 0; i < all; i++) {
		const uint32_t *mailbox = mm_map_key(picture->mailboxes, i);
		const uint64_t *records = mm_map_value(picture->mailboxes, i);

		order[i] = (struct mailbox_count){ *mailbox, (uint32_t)i, *records };
	}
	qsort(order, all, sizeof(*order), compare_mailboxes);
	for (size_t i = 0; i < all; i++)
		show_mailbox(picture, order[i].mailbox);
	picture->told.mailboxes = picture->mailboxes_list;
	picture->told.mailboxes_all = all;
	free(order);
	return true;
}

static bool
fill_cells(struct story_picture *picture)
{
	size_t columns = picture->told.applications_count, rows = picture->told.mailboxes_count;

	picture->cells_list = calloc(rows * columns + 1, sizeof(*picture->cells_list));
	if (picture->cells_list == NULL)
		return false;
	for (size_t i = 0; i < mm_map_count(picture->cells); i++) {
		const struct story_cell *cell = mm_map_key(picture->cells, i);
		const uint64_t *records = mm_map_value(picture->cells, i);
		const struct story_application *row = mm_map_value(picture->applications, cell->application);
		size_t place = place_of_mailbox(picture, cell->mailbox);

		if (place < rows && row->place != STORY_NONE)
			picture->cells_list[place * columns + row->place] = *records;
	}
	picture->told.cells = picture->cells_list;
	return true;
}

bool
story_picture_finish(struct mm_story *story)
{
	mark_answers(story);
	return choose_applications(story) && choose_mailboxes(story) && fill_cells(&story->picture);
}
