/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A token that is used in a second tenant is told there; one used twice in one, and one of nobody, is not.
 */
#include "test/unit/detect/detect_world.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define DETECTION (&mm_detect_token_in_several_tenants)

#define TOKEN "dddddddd-0000-4000-8000-000000000004"

static void
add(struct detect_world *world, const char *time, const char *tenant, const char *token)
{
	struct record record = { .time = time, .tenant = tenant, .token = token };

	detect_world_access(world, &record);
}

static void
test_in_two(void **state)
{
	struct detect_world *world = *state;
	const struct mm_finding *finding;

	add(world, "2023-06-01T08:00:00Z", CONTOSO, TOKEN);
	add(world, "2023-06-01T08:01:00Z", CONTOSO, TOKEN);
	detect_world_run(world, NULL, NULL);
	assert_int_equal(detect_world_count(world, DETECTION), 0);

	add(world, "2023-06-01T08:02:00Z", FABRIKAM, TOKEN);
	add(world, "2023-06-01T08:03:00Z", FABRIKAM, TOKEN);
	detect_world_run(world, NULL, NULL);
	assert_int_equal(detect_world_count(world, DETECTION), 1);
	finding = detect_world_finding(world, DETECTION, 0);
	assert_int_equal(finding->class, MM_FINDING_STRONG);
	assert_int_equal(finding->subject.kind, MM_SUBJECT_APPLICATION);
	assert_int_equal(finding->records, 2);
	world_assert_name(&world->logs, finding->tenant, FABRIKAM);
	world_assert_name(&world->logs, (uint32_t)detect_world_fact(finding, "used_before_in")->number, CONTOSO);
	assert_int_equal(detect_world_fact(finding, "used_there_first")->number, world_time("2023-06-01T08:00:00Z"));
}

/* Not what the application did there with tokens of that tenant. */
static void
test_concerns(void **state)
{
	struct detect_world *world = *state;

	add(world, "2023-06-01T08:00:00Z", CONTOSO, TOKEN);
	add(world, "2023-06-01T08:02:00Z", FABRIKAM, TOKEN);
	add(world, "2023-06-01T08:03:00Z", FABRIKAM, "dddddddd-0000-4000-8000-000000000005");
	add(world, "2023-06-01T08:04:00Z", FABRIKAM, TOKEN);
	detect_world_run(world, NULL, NULL);
	assert_int_equal(detect_world_concerned(world, detect_world_finding(world, DETECTION, 0)), 2);
}

static void
test_no_token(void **state)
{
	struct detect_world *world = *state;

	add(world, "2023-06-01T08:00:00Z", CONTOSO, "-");
	add(world, "2023-06-01T08:01:00Z", FABRIKAM, "-");
	detect_world_run(world, NULL, NULL);
	assert_int_equal(detect_world_count(world, DETECTION), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_in_two, detect_world_begin, detect_world_finish),
		cmocka_unit_test_setup_teardown(test_concerns, detect_world_begin, detect_world_finish),
		cmocka_unit_test_setup_teardown(test_no_token, detect_world_begin, detect_world_finish),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
