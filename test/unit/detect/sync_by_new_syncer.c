/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A sync by an application that never synced is told, whether it was known or not.
 */
#include "test/unit/detect/detect_world.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define DETECTION (&mm_detect_sync_by_new_syncer)

static void
add(struct detect_world *world, const char *time, const char *application, const char *access)
{
	struct record record = { .time = time, .application = application, .access = access };

	detect_world_access(world, &record);
}

static void
test_new_syncer(void **state)
{
	struct detect_world *world = *state;
	const struct mm_finding *finding;

	add(world, "2023-06-01T08:00:00Z", MAILER, "Bind");
	add(world, "2023-06-02T08:00:00Z", STRANGER, "Sync");
	add(world, "2023-06-18T08:00:00Z", STRANGER, "Sync");
	add(world, "2023-06-18T08:00:00Z", MAILER, "Bind");
	detect_world_run(world, NULL, NULL);
	assert_int_equal(detect_world_count(world, DETECTION), 0);

	add(world, "2023-06-19T08:00:00Z", MAILER, "Sync");
	add(world, "2023-06-19T08:01:00Z", MAILER, "Bind");
	add(world, "2023-06-19T08:02:00Z", MAILER, "Sync");
	detect_world_run(world, NULL, NULL);
	assert_int_equal(detect_world_count(world, DETECTION), 1);
	finding = detect_world_finding(world, DETECTION, 0);
	assert_int_equal(finding->class, MM_FINDING_LEAD);
	assert_int_equal(finding->records, 2);
	world_assert_name(&world->logs, finding->subject.name, MAILER);
	assert_string_equal(detect_world_fact(finding, "application_itself_is_new")->word, "no");
}

static void
test_concerns(void **state)
{
	struct detect_world *world = *state;

	add(world, "2023-06-01T08:00:00Z", MAILER, "Bind");
	add(world, "2023-06-19T08:00:00Z", MAILER, "Sync");
	add(world, "2023-06-19T08:01:00Z", MAILER, "Bind");
	add(world, "2023-06-19T08:02:00Z", MAILER, "Sync");
	detect_world_run(world, NULL, NULL);
	assert_int_equal(detect_world_concerned(world, detect_world_finding(world, DETECTION, 0)), 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_new_syncer, detect_world_begin, detect_world_finish),
		cmocka_unit_test_setup_teardown(test_concerns, detect_world_begin, detect_world_finish),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
