/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An application without any sign-in is told by its records that name no token, where sign-in logs cover them.
 */
#include "test/unit/detect/detect_world.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define DETECTION (&mm_detect_application_never_signed_in)

static void
add_sign_ins(struct detect_world *world)
{
	struct record sign_in = { .time = "2023-06-01T08:00:00Z" };

	detect_world_sign_in(world, &sign_in);
	sign_in.time = "2023-06-20T08:00:00Z";
	sign_in.token = "cccccccc-0000-4000-8000-000000000007";
	detect_world_sign_in(world, &sign_in);
}

static void
add(struct detect_world *world, const char *time, const char *application, const char *token)
{
	struct record record = { .time = time, .application = application, .token = token };

	detect_world_access(world, &record);
}

static void
test_without_any_sign_in(void **state)
{
	struct detect_world *world = *state;
	const struct mm_finding *finding;

	add_sign_ins(world);
	add(world, "2023-06-10T10:00:00Z", MAILER, "-");
	add(world, "2023-06-10T10:00:00Z", STRANGER, "-");
	add(world, "2023-06-10T10:01:00Z", STRANGER, "dddddddd-0000-4000-8000-000000000004");
	add(world, "2023-06-10T10:02:00Z", STRANGER, "-");
	detect_world_run(world, NULL, NULL);
	assert_int_equal(detect_world_count(world, DETECTION), 1);
	finding = detect_world_finding(world, DETECTION, 0);
	assert_int_equal(finding->class, MM_FINDING_LEAD);
	assert_int_equal(finding->records, 2);
	assert_int_equal(detect_world_concerned(world, finding), 2);
	world_assert_name(&world->logs, finding->subject.name, STRANGER);
}

/* With a token it is told once, and as strong. */
static void
test_with_a_token(void **state)
{
	struct detect_world *world = *state;

	add_sign_ins(world);
	add(world, "2023-06-10T10:00:00Z", STRANGER, "dddddddd-0000-4000-8000-000000000004");
	detect_world_run(world, NULL, NULL);
	assert_int_equal(detect_world_count(world, DETECTION), 0);
	assert_int_equal(detect_world_count(world, &mm_detect_access_without_sign_in), 1);
}

static void
test_what_cannot_be_told(void **state)
{
	struct detect_world *world = *state;

	add(world, "2023-06-10T10:00:00Z", STRANGER, "-");
	detect_world_run(world, NULL, NULL);
	assert_int_equal(detect_world_count(world, DETECTION), 0);

	add_sign_ins(world);
	add(world, "2023-06-01T10:00:00Z", "bbbbbbbb-0000-4000-8000-000000000009", "-");
	add(world, "2023-06-10T10:00:00Z", "00000003-0000-0000-c000-000000000000", "-");
	add(world, "2023-06-21T10:00:00Z", "bbbbbbbb-0000-4000-8000-000000000009", "-");
	detect_world_run(world, NULL, NULL);
	assert_int_equal(detect_world_count(world, DETECTION), 1);
	world_assert_name(&world->logs, detect_world_finding(world, DETECTION, 0)->subject.name, STRANGER);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_without_any_sign_in, detect_world_begin, detect_world_finish),
		cmocka_unit_test_setup_teardown(test_with_a_token, detect_world_begin, detect_world_finish),
		cmocka_unit_test_setup_teardown(test_what_cannot_be_told, detect_world_begin, detect_world_finish),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
