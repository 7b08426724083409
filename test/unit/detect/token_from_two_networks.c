/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A token that moves to a network new to its mailbox is a lead; moving about between known ones is none.
 */
#include "test/unit/detect/detect_world.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define DETECTION (&mm_detect_token_from_two_networks)

#define TOKEN "dddddddd-0000-4000-8000-000000000004"
#define OTHER_TOKEN "dddddddd-0000-4000-8000-000000000005"
#define HOME "192.0.2.7"
#define ELSEWHERE "203.0.113.9"

static void
add(struct detect_world *world, const char *time, const char *token, const char *address)
{
	struct record record = { .time = time, .token = token, .address = address };

	detect_world_access(world, &record);
}

static void
test_to_a_new_network(void **state)
{
	struct detect_world *world = *state;
	const struct mm_finding *finding;

	add(world, "2023-06-01T08:00:00Z", TOKEN, HOME);
	add(world, "2023-06-01T08:01:00Z", TOKEN, "192.0.2.200");
	detect_world_run(world, NULL, NULL);
	assert_int_equal(detect_world_count(world, DETECTION), 0);

	add(world, "2023-06-01T08:02:00Z", TOKEN, ELSEWHERE);
	detect_world_run(world, NULL, NULL);
	assert_int_equal(detect_world_count(world, DETECTION), 1);
	finding = detect_world_finding(world, DETECTION, 0);
	assert_int_equal(finding->class, MM_FINDING_LEAD);
	assert_int_equal(finding->first_us, world_time("2023-06-01T08:02:00Z"));
	assert_string_equal(detect_world_fact(finding, "new_to_organisation")->word, "yes");
}

static void
test_between_known_networks(void **state)
{
	struct detect_world *world = *state;

	add(world, "2023-06-01T08:00:00Z", TOKEN, HOME);
	add(world, "2023-06-01T09:30:00Z", OTHER_TOKEN, ELSEWHERE);
	add(world, "2023-06-01T09:31:00Z", OTHER_TOKEN, HOME);
	detect_world_run(world, NULL, NULL);
	assert_int_equal(detect_world_count(world, DETECTION), 0);
}

/* The provider's own, private ones, none at all. */
static void
test_what_does_not_count(void **state)
{
	struct detect_world *world = *state;

	add(world, "2023-06-01T08:00:00Z", TOKEN, HOME);
	add(world, "2023-06-01T08:01:00Z", TOKEN, "2603:10a6:100::1");
	add(world, "2023-06-01T08:02:00Z", TOKEN, "10.0.0.1");
	add(world, "2023-06-01T08:03:00Z", TOKEN, "-");
	detect_world_run(world, NULL, NULL);
	assert_int_equal(detect_world_count(world, DETECTION), 0);
}

/* Where a record has no token, its session stands for it. */
static void
test_of_a_session(void **state)
{
	struct detect_world *world = *state;
	struct record record = { .time = "2023-06-01T08:00:00Z", .token = "-", .address = HOME,
		.session = "ffffffff-0000-4000-8000-000000000006" };

	detect_world_access(world, &record);
	record.time = "2023-06-09T08:00:00Z";
	record.address = ELSEWHERE;
	detect_world_access(world, &record);
	detect_world_run(world, NULL, NULL);
	assert_int_equal(detect_world_count(world, DETECTION), 1);
	assert_int_equal(detect_world_finding(world, DETECTION, 0)->subject.kind, MM_SUBJECT_SESSION);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_to_a_new_network, detect_world_begin, detect_world_finish),
		cmocka_unit_test_setup_teardown(test_between_known_networks, detect_world_begin, detect_world_finish),
		cmocka_unit_test_setup_teardown(test_what_does_not_count, detect_world_begin, detect_world_finish),
		cmocka_unit_test_setup_teardown(test_of_a_session, detect_world_begin, detect_world_finish),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
