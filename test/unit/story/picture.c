/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What pictures are made from: each access once in a slice and in a cell, whatever is shown of them.
 */
#include "test/unit/story/story_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static struct story_world world;

static int
begin(void **state)
{
	(void)state;
	story_world_make(&world);
	return 0;
}

static int
finish(void **state)
{
	(void)state;
	story_world_remove(&world);
	return 0;
}

static const struct mm_story_application *
application(const char *name)
{
	const struct mm_story_picture *picture = mm_story_picture(world.story);
	const struct mm_names *names = mm_logs_reading_names(world.logs.logs.reading);

	for (size_t i = 0; i < picture->applications_count; i++)
		if (mm_slice_equal(mm_names_text(names, picture->applications[i].subject.name), mm_slice_str(name)))
			return &picture->applications[i];
	fail_msg("'%s' is not in the picture", name);
	return NULL;
}

static uint64_t
in_slices(const struct mm_story_application *application)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < MM_STORY_SLICES; i++)
		sum += application->slices[i];
	return sum;
}

static uint64_t
in_cells(const struct mm_story_picture *picture, size_t column)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < picture->mailboxes_count; i++)
		sum += picture->cells[i * picture->applications_count + column];
	return sum;
}

static void
test_accesses(void **state)
{
	const struct mm_story_picture *picture;
	const struct mm_story_application *stranger;
	int64_t theft_us = world_time("2023-06-10T10:00:00Z");

	(void)state;
	story_world_everyday(&world);
	story_world_theft(&world, (struct record){ .time = "2023-06-10T10:00:00Z" }, 1);
	story_world_theft(&world, (struct record){ .time = "2023-06-10T10:00:01Z", .mailbox = "bob" }, 1);
	story_world_build(&world);
	picture = mm_story_picture(world.story);
	assert_int_equal(picture->applications_count, 2);
	assert_int_equal(picture->others, 0);
	assert_int_equal(picture->timeless, 0);
	stranger = application(STRANGER);
	assert_ptr_equal(stranger, &picture->applications[0]);
	assert_int_equal(stranger->class, MM_FINDING_STRONG);
	assert_int_equal(stranger->first_us, theft_us);
	assert_int_equal(stranger->records, 2);
	assert_int_equal(in_slices(stranger), 2);
	assert_int_equal(stranger->slices[(theft_us - picture->first_us) / picture->slice_us], 2);
	assert_int_equal(in_slices(application(MAILER)), 400);
	assert_int_equal(in_cells(picture, 0), 2);
	assert_int_equal(in_cells(picture, 1), 400);
	assert_int_equal(picture->mailboxes_count, 3);
	assert_int_equal(picture->mailboxes_all, 3);
}

/* Slices are of whole hours or days, and hold all of the time. */
static void
test_slices_widen(void **state)
{
	const struct mm_story_picture *picture;

	(void)state;
	story_world_everyday(&world);
	story_world_build(&world);
	picture = mm_story_picture(world.story);
	assert_int_equal(picture->slice_us, INT64_C(21600) * 1000000);
	assert_int_equal(picture->first_us % picture->slice_us, 0);
	assert_true(picture->first_us <= world_time("2023-06-01T00:00:00Z"));
	assert_int_equal(in_slices(application(MAILER)), 400);
}

static void
test_one_record(void **state)
{
	const struct mm_story_picture *picture;

	(void)state;
	story_world_theft(&world, (struct record){ .time = "2023-06-10T10:00:30Z" }, 1);
	story_world_build(&world);
	picture = mm_story_picture(world.story);
	assert_int_equal(picture->slice_us, 60000000);
	assert_int_equal(picture->first_us, world_time("2023-06-10T10:00:00Z"));
	assert_int_equal(picture->applications_count, 1);
	assert_int_equal(picture->applications[0].slices[0], 1);
}

/* A record from the future, or of 1970, does not make the time of all others a line. */
static void
test_wrong_times(void **state)
{
	const struct mm_story_picture *picture;

	(void)state;
	story_world_theft(&world, (struct record){ .time = "1970-06-10T10:00:30Z" }, 1);
	story_world_theft(&world, (struct record){ .time = "2023-06-10T10:00:30Z" }, 1);
	story_world_theft(&world, (struct record){ .time = "2099-06-10T10:00:30Z" }, 1);
	story_world_build(&world);
	picture = mm_story_picture(world.story);
	assert_int_equal(picture->slice_us, 60000000);
	assert_int_equal(picture->timeless, 2);
	assert_int_equal(picture->applications[0].records, 3);
	assert_int_equal(picture->applications[0].first_us, world_time("2023-06-10T10:00:30Z"));
}

/* More applications than are shown: the others are counted. */
static void
test_many_applications(void **state)
{
	const struct mm_story_picture *picture;
	char id[40];

	(void)state;
	for (unsigned i = 0; i < MM_STORY_APPLICATIONS_MAX + 6; i++) {
		struct record record = { .time = "2023-06-10T10:00:30Z", .application = id };

		(void)snprintf(id, sizeof(id), "%08x-eeee-4eee-8eee-eeeeeeeeeeee", i);
		detect_world_access(&world.logs, &record);
	}
	story_world_build(&world);
	picture = mm_story_picture(world.story);
	assert_int_equal(picture->applications_count, MM_STORY_APPLICATIONS_MAX);
	assert_int_equal(picture->others, 6);
}

static void
test_of_nothing(void **state)
{
	const struct mm_story_picture *picture;

	(void)state;
	story_world_build(&world);
	picture = mm_story_picture(world.story);
	assert_int_equal(picture->applications_count, 0);
	assert_int_equal(picture->mailboxes_count, 0);
	assert_int_equal(picture->slice_us, 0);
	assert_int_equal(mm_story_answers(world.story), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_accesses, begin, finish),
		cmocka_unit_test_setup_teardown(test_slices_widen, begin, finish),
		cmocka_unit_test_setup_teardown(test_one_record, begin, finish),
		cmocka_unit_test_setup_teardown(test_wrong_times, begin, finish),
		cmocka_unit_test_setup_teardown(test_many_applications, begin, finish),
		cmocka_unit_test_setup_teardown(test_of_nothing, begin, finish),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
