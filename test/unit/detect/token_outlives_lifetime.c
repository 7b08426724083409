/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A token that is used for longer than one lives is told: by its time of issue, else by its first use.
 */
#include "test/unit/detect/detect_world.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define DETECTION (&mm_detect_token_outlives_lifetime)

#define TOKEN "dddddddd-0000-4000-8000-000000000004"

static void
test_by_its_time_of_issue(void **state)
{
	struct detect_world *world = *state;
	struct record in_time = { .time = "2023-06-02T12:30:00Z", .issued = "2023-06-01T08:00:00Z", .token = TOKEN };
	struct record late = { .time = "2023-06-02T13:30:00Z", .issued = "2023-06-01T08:00:00Z", .token = TOKEN };
	const struct mm_finding *finding;

	detect_world_access(world, &in_time);
	detect_world_run(world, NULL, NULL);
	assert_int_equal(detect_world_count(world, DETECTION), 0);

	detect_world_access(world, &late);
	detect_world_run(world, NULL, NULL);
	assert_int_equal(detect_world_count(world, DETECTION), 1);
	finding = detect_world_finding(world, DETECTION, 0);
	assert_int_equal(finding->class, MM_FINDING_STRONG);
	assert_int_equal(finding->subject.kind, MM_SUBJECT_TOKEN);
	assert_int_equal(finding->records, 1);
	assert_int_equal(detect_world_fact(finding, "issued")->number, world_time("2023-06-01T08:00:00Z"));
	assert_int_equal(detect_world_fact(finding, "age_when_first_too_old")->number, 29 * 3600 + 1800);
}

static void
test_by_its_first_use(void **state)
{
	struct detect_world *world = *state;
	struct record first = { .time = "2023-06-01T08:00:00Z", .token = TOKEN };
	struct record late = { .time = "2023-06-02T13:30:00Z", .token = TOKEN };

	detect_world_access(world, &first);
	detect_world_access(world, &late);
	detect_world_run(world, NULL, NULL);
	assert_int_equal(detect_world_count(world, DETECTION), 1);
	assert_int_equal(detect_world_fact(detect_world_finding(world, DETECTION, 0), "first_used")->number,
	    world_time("2023-06-01T08:00:00Z"));
}

/* Sessions live for weeks; a time of issue before the service is none. */
static void
test_what_is_no_age(void **state)
{
	struct detect_world *world = *state;
	struct record session = { .time = "2023-06-01T08:00:00Z", .token = "-",
		.session = "ffffffff-0000-4000-8000-000000000006" };
	struct record nonsense = { .time = "2023-06-01T08:00:00Z", .issued = "2001-01-01T00:00:00Z", .token = TOKEN };

	detect_world_access(world, &session);
	session.time = "2023-06-20T08:00:00Z";
	detect_world_access(world, &session);
	detect_world_access(world, &nonsense);
	detect_world_run(world, NULL, NULL);
	assert_int_equal(detect_world_count(world, DETECTION), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_by_its_time_of_issue, detect_world_begin, detect_world_finish),
		cmocka_unit_test_setup_teardown(test_by_its_first_use, detect_world_begin, detect_world_finish),
		cmocka_unit_test_setup_teardown(test_what_is_no_age, detect_world_begin, detect_world_finish),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
