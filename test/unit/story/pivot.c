/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A pivot narrows the story to one thread: nothing but what is of it counts, and it has an answer if anything is.
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

/* Of alice's mail the stranger reads three messages; of bob's, two. */
static void
plant(void)
{
	const char *session = "ffffffff-0000-4000-8000-000000000006";

	story_world_everyday(&world);
	story_world_theft(&world, (struct record){ .time = "2023-06-10T10:00:00Z", .messages = 3 }, 1);
	story_world_theft(&world, (struct record){ .time = "2023-06-10T11:00:00Z", .mailbox = "bob", .messages = 2,
		.address = "198.51.100.9", .session = session }, 2);
	story_world_read(&world);
}

static void
build(const struct mm_subject *subject)
{
	world.pivot = (struct mm_story_pivot){ .given = true, .subject = *subject };
	assert_int_equal(story_world_try(&world), 0);
}

static void
assert_thread_of_bob(void)
{
	const struct mm_answer *answer;

	assert_true(mm_story_answers(world.story) > 0);
	answer = mm_story_answer(world.story, 0);
	assert_true(mm_subject_equal(&answer->subject, &world.pivot.subject));
	assert_int_equal(answer->class, MM_FINDING_STRONG);
	assert_true(answer->findings_count > 0);
	assert_count(answer->mailboxes, 1, 1);
	assert_count(answer->records, 1, 1);
	assert_count(answer->messages, 2, 2);
	/* The stranger's answer has nothing but this thread either. */
	answer = story_world_answer(&world, MM_SUBJECT_APPLICATION, STRANGER);
	assert_count(answer->mailboxes, 1, 1);
	assert_count(answer->messages, 2, 2);
}

static struct mm_logs_event
bobs_event(void)
{
	for (size_t i = 0; i < world.logs.logs.count; i++)
		if (mm_logs_id_present(&world.logs.logs.events[i].session))
			return world.logs.logs.events[i];
	fail_msg("there is no event with a session");
	return world.logs.logs.events[0];
}

static void
test_each_kind(void **state)
{
	struct mm_subject subjects[5];
	struct mm_logs_event event;

	(void)state;
	plant();
	event = bobs_event();
	subjects[0] = mm_subject_of_name(MM_SUBJECT_MAILBOX, event.mailbox);
	subjects[1] = mm_subject_of_id(MM_SUBJECT_TOKEN, &event.token);
	subjects[2] = mm_subject_of_id(MM_SUBJECT_SESSION, &event.session);
	subjects[3] = mm_subject_of_address(MM_SUBJECT_ADDRESS, &event.address);
	subjects[4] = mm_subject_of_name(MM_SUBJECT_USER, event.user);
	for (size_t i = 0; i < 5; i++) {
		build(&subjects[i]);
		assert_thread_of_bob();
	}
}

/* Whatever its level says; and the answer that the application has anyway is the pivot's. */
static void
test_application(void **state)
{
	const struct mm_answer *answer;

	(void)state;
	plant();
	story_world_pivot(&world, MM_SUBJECT_APPLICATION, STRANGER);
	world.pivot.subject.level = MM_APPLICATION_FAMILY;
	assert_int_equal(story_world_try(&world), 0);
	answer = mm_story_answer(world.story, 0);
	assert_int_equal(answer->subject.name, world.pivot.subject.name);
	assert_count(answer->mailboxes, 2, 2);
	assert_count(answer->messages, 5, 5);
	for (size_t i = 1; i < mm_story_answers(world.story); i++)
		assert_int_not_equal(mm_story_answer(world.story, i)->subject.name, answer->subject.name);
}

static bool
count_message(void *ctx, const struct mm_story_message *message)
{
	uint64_t *counts = ctx;

	if (message->answer == mm_story_answer(world.story, 0))
		counts[message->certain]++;
	return true;
}

/* Everyday mail of a mailbox with a theft: possible, read again and told apart. */
static void
test_what_is_only_possible(void **state)
{
	uint64_t counts[2] = { 0, 0 };
	const struct mm_answer *answer;

	(void)state;
	plant();
	story_world_pivot(&world, MM_SUBJECT_MAILBOX, "alice@contoso.example");
	assert_int_equal(story_world_try(&world), 0);
	answer = mm_story_answer(world.story, 0);
	assert_count(answer->records, 1, 201);
	assert_count(answer->messages, 3, 203);
	assert_int_equal(mm_story_messages(world.story, count_message, counts), 0);
	assert_int_equal(counts[true], 3);
	assert_int_equal(counts[false], 200);
}

/* Nothing suspicious, and yet it was asked for. */
static void
test_without_a_finding(void **state)
{
	const struct mm_answer *answer;
	enum mm_finding_class class;

	(void)state;
	plant();
	story_world_pivot(&world, MM_SUBJECT_MAILBOX, "carol@contoso.example");
	assert_int_equal(story_world_try(&world), 0);
	answer = mm_story_answer(world.story, 0);
	assert_int_equal(answer->class, MM_FINDING_GAP);
	assert_count(answer->records, 0, 200);
	assert_count(answer->organisations, 0, 1);
	assert_true(!mm_story_class(world.story, &class) || class < MM_FINDING_STRONG);
}

/* There is no thread of what nothing is of. */
static void
test_of_nothing(void **state)
{
	struct mm_subject nothing = mm_subject_of_name(MM_SUBJECT_APPLICATION, 0);

	(void)state;
	plant();
	build(&nothing);
	assert_int_equal(mm_story_answers(world.story), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_each_kind, begin, finish),
		cmocka_unit_test_setup_teardown(test_application, begin, finish),
		cmocka_unit_test_setup_teardown(test_what_is_only_possible, begin, finish),
		cmocka_unit_test_setup_teardown(test_without_a_finding, begin, finish),
		cmocka_unit_test_setup_teardown(test_of_nothing, begin, finish),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
