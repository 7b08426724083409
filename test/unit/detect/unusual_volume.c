/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A day with far more messages than an application's days at a mailbox have.
 */
#include "test/unit/detect/detect_world.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define DETECTION (&mm_detect_unusual_volume)

static void
add_day(struct detect_world *world, unsigned day, const char *mailbox, unsigned messages)
{
	char time[32];
	struct record record = { .time = detect_world_time(day, 8 * 3600, time), .mailbox = mailbox,
		.messages = messages };

	detect_world_access(world, &record);
}

static void
test_volume(void **state)
{
	struct detect_world *world = *state;
	const struct mm_finding *finding;

	for (unsigned day = 1; day <= 20; day++) {
		add_day(world, day, "alice", 20 + day % 3);
		add_day(world, day, "bob", 500 + day % 3 * 100);
	}
	add_day(world, 21, "alice", 199);
	add_day(world, 21, "bob", 2500);
	detect_world_run(world, NULL, NULL);
	assert_int_equal(detect_world_count(world, DETECTION), 0);

	/* The same application's at another mailbox, at the same time, are none of them. */
	add_day(world, 22, "bob", 500);
	add_day(world, 22, "alice", 190);
	add_day(world, 22, "alice", 190);
	add_day(world, 22, "bob", 500);
	add_day(world, 23, "alice", 20);
	detect_world_run(world, NULL, NULL);
	assert_int_equal(detect_world_count(world, DETECTION), 1);
	finding = detect_world_finding(world, DETECTION, 0);
	assert_int_equal(finding->class, MM_FINDING_LEAD);
	assert_int_equal(finding->records, 1);
	world_assert_name(&world->logs, finding->mailbox, "alice@contoso.example");
	assert_int_equal(detect_world_fact(finding, "messages_that_day_when_told")->number, 380);
	assert_int_equal(detect_world_concerned(world, finding), 2);
	assert_int_equal(detect_world_fact(finding, "usual_messages_a_day")->number, 21);
}

/* Days that differ much let a day differ more. */
static void
test_days_that_differ(void **state)
{
	struct detect_world *world = *state;

	for (unsigned day = 1; day <= 20; day++)
		add_day(world, day, "alice", day % 2 == 0 ? 20 : 400);
	add_day(world, 21, "alice", 3000);
	detect_world_run(world, NULL, NULL);
	assert_int_equal(detect_world_count(world, DETECTION), 0);

	add_day(world, 21, "alice", 2000);
	detect_world_run(world, NULL, NULL);
	assert_int_equal(detect_world_count(world, DETECTION), 1);
}

static void
test_without_a_history(void **state)
{
	struct detect_world *world = *state;

	for (unsigned day = 1; day <= 6; day++)
		add_day(world, day, "alice", 20);
	add_day(world, 7, "alice", 3000);
	detect_world_run(world, NULL, NULL);
	assert_int_equal(detect_world_count(world, DETECTION), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_volume, detect_world_begin, detect_world_finish),
		cmocka_unit_test_setup_teardown(test_days_that_differ, detect_world_begin, detect_world_finish),
		cmocka_unit_test_setup_teardown(test_without_a_history, detect_world_begin, detect_world_finish),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
