/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a responder is told of a planted theft: exact numbers, what is certain and what possible, and what is missing.
 */
#include "test/unit/story/story_world.h"

#include <errno.h>
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

/* Seven messages in three mailboxes of two organisations, with two tokens from two networks. */
static void
plant(void)
{
	story_world_everyday(&world);
	story_world_theft(&world, (struct record){ .time = "2023-06-10T10:00:00Z", .messages = 2 }, 1);
	story_world_theft(&world, (struct record){ .time = "2023-06-10T11:00:00Z", .address = "198.51.100.9" }, 1);
	story_world_theft(&world,
	    (struct record){ .time = "2023-06-11T10:00:00Z", .mailbox = "bob", .messages = 3 }, 2);
	story_world_theft(&world,
	    (struct record){ .time = "2023-06-09T10:00:00Z", .mailbox = "carol", .tenant = FABRIKAM }, 2);
}

static void
assert_planted(const struct mm_answer *answer)
{
	assert_int_equal(answer->class, MM_FINDING_STRONG);
	assert_count(answer->organisations, 2, 2);
	assert_count(answer->mailboxes, 3, 3);
	assert_count(answer->messages, 7, 7);
	assert_count(answer->records, 4, 4);
	assert_count(answer->tokens, 2, 2);
	assert_count(answer->networks, 2, 2);
	assert_count(answer->folders, 3, 3);
	assert_int_equal(answer->first_us, world_time("2023-06-09T10:00:00Z"));
	assert_int_equal(answer->last_us, world_time("2023-06-11T10:00:00Z"));
	assert_false(answer->full);
	assert_int_equal(answer->lost, 0);
	assert_int_equal(answer->syncs, 0);
}

static void
test_exact_numbers(void **state)
{
	const struct mm_answer *answer;
	const struct mm_story_mailbox *bob;

	(void)state;
	plant();
	story_world_build(&world);
	answer = story_world_answer(&world, MM_SUBJECT_APPLICATION, STRANGER);
	assert_planted(answer);
	assert_int_equal(answer->organisations_listed, 2);
	world_assert_name(&world.logs.logs, answer->organisations_list[0].tenant, FABRIKAM);
	world_assert_name(&world.logs.logs, answer->organisations_list[1].tenant, CONTOSO);
	assert_count(answer->organisations_list[0].messages, 1, 1);
	assert_count(answer->organisations_list[1].messages, 6, 6);
	assert_count(answer->organisations_list[1].mailboxes, 2, 2);
	assert_int_equal(answer->mailboxes_listed, 3);
	bob = story_world_mailbox(&world, answer, "bob@contoso.example");
	assert_count(bob->messages, 3, 3);
	assert_count(bob->records, 1, 1);
	assert_true(bob->certain);
	assert_int_equal(bob->first_us, bob->last_us);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_exact_numbers, begin, finish),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
