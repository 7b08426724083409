/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What if the n-th allocation fails while a log is judged, or a story is built and told, for every n? It fails as a
 * whole, with ENOMEM; what succeeds is exact, and nothing is left behind.
 */
#include "test/unit/story/story_world.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

/* More allocations than a story of a few records makes. */
#define ALLOCATIONS_MAX 5000

/* Since the last arm(): 0 lets all succeed. */
static unsigned long failing, allocations;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *block, size_t size);
void *__real_reallocarray(void *block, size_t count, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *block, size_t size);
void *__wrap_reallocarray(void *block, size_t count, size_t size);

static bool
must_fail(void)
{
	if (++allocations != failing)
		return false;
	errno = ENOMEM;
	return true;
}

void *
__wrap_malloc(size_t size)
{
	return must_fail() ? NULL : __real_malloc(size);
}

void *
__wrap_calloc(size_t count, size_t size)
{
	return must_fail() ? NULL : __real_calloc(count, size);
}

void *
__wrap_realloc(void *block, size_t size)
{
	return must_fail() ? NULL : __real_realloc(block, size);
}

void *
__wrap_reallocarray(void *block, size_t count, size_t size)
{
	return must_fail() ? NULL : __real_reallocarray(block, count, size);
}

static void
arm(unsigned long number)
{
	failing = number;
	allocations = 0;
}

static struct story_world world;

static int
begin(void **state)
{
	(void)state;
	arm(0);
	story_world_make(&world);
	detect_world_sign_in(&world.logs, &(struct record){ .time = "2023-06-01T10:00:00Z" });
	detect_world_sign_in(&world.logs, &(struct record){ .time = "2023-06-20T10:00:00Z",
	    .token = "cccccccc-0000-4000-8000-000000000004" });
	story_world_theft(&world,
	    (struct record){ .time = "2023-06-10T10:00:00Z", .messages = 70, .throttled = true }, 1);
	story_world_theft(&world, (struct record){ .time = "2023-06-10T11:00:00Z", .mailbox = "bob" }, 1);
	story_world_read(&world);
	return 0;
}

static int
finish(void **state)
{
	(void)state;
	arm(0);
	story_world_remove(&world);
	return 0;
}

static bool
count_message(void *ctx, const struct mm_story_message *message)
{
	*(unsigned *)ctx += !message->again;
	return true;
}

static int
tell_messages(void)
{
	unsigned messages = 0;
	int status = mm_story_messages(world.story, count_message, &messages);

	if (status == 0)
		assert_int_equal(messages, 71);
	return status;
}

/* To a stream that asks for no memory. */
static int
write_reports(void)
{
	FILE *out = fopen("/dev/null", "w");
	int status;

	/* The stream itself found none. */
	if (out == NULL)
		return -1;
	status = story_world_json(out, world.story);
	if (status == 0)
		status = mm_report_findings_csv(out, world.story);
	if (status == 0)
		status = mm_report_messages_csv(out, world.story);
	(void)fclose(out);
	return status;
}

static int
build(void)
{
	struct mm_story_source source = { .reading = world.logs.logs.reading, .detect = world.logs.detect,
		.since_us = INT64_MIN, .until_us = INT64_MAX };
	const struct mm_answer *answer;

	mm_story_free(&world.story);
	world.story = mm_story_new(&source);
	if (world.story == NULL || mm_story_build(world.story) != 0)
		return -1;
	answer = story_world_answer(&world, MM_SUBJECT_APPLICATION, STRANGER);
	assert_count(answer->messages, 71, 71);
	assert_count(answer->mailboxes, 2, 2);
	assert_int_equal(answer->lost, 0);
	return 0;
}

/* Of the log that is there; the story's own run stays. */
static int
detect(void)
{
	struct mm_detect *detect = mm_detect_new(&world.logs.source);
	int status = detect == NULL ? -1 : mm_detect_run(detect);

	if (status == 0)
		assert_int_equal(mm_detect_count(detect), mm_detect_count(world.logs.detect));
	mm_detect_free(&detect);
	return status;
}

/* Fail each allocation of it in turn, until it makes fewer. */
static void
fail_each(int (*step)(void))
{
	unsigned long number = 0;
	bool done = false;

	while (!done) {
		int status;

		assert_true(++number < ALLOCATIONS_MAX);
		arm(number);
		errno = 0;
		status = step();
		done = allocations < number;
		failing = 0;
		if (done)
			assert_int_equal(status, 0);
		else if (status != 0)
			assert_int_equal(errno, ENOMEM);
	}
	assert_true(number > 3);
}

static void
test_detecting(void **state)
{
	(void)state;
	fail_each(detect);
}

static void
test_building(void **state)
{
	(void)state;
	fail_each(build);
}

static void
test_telling(void **state)
{
	(void)state;
	assert_int_equal(build(), 0);
	fail_each(tell_messages);
	fail_each(write_reports);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_detecting, begin, finish),
		cmocka_unit_test_setup_teardown(test_building, begin, finish),
		cmocka_unit_test_setup_teardown(test_telling, begin, finish),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
