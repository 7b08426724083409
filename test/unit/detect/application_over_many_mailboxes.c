/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A day on which an application reads many more mailboxes, or organisations, than on its highest day before.
 */
#include "test/unit/detect/detect_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define DETECTION (&mm_detect_application_over_many_mailboxes)

/* One day of an application at so many mailboxes, twice each. */
static void
add_day(struct detect_world *world, unsigned day, const char *application, unsigned mailboxes)
{
	char time[32], mailbox[16];

	for (unsigned i = 0; i < mailboxes * 2; i++) {
		struct record record = { .time = detect_world_time(day, i, time), .application = application,
			.mailbox = mailbox };

		(void)snprintf(mailbox, sizeof(mailbox), "person%u", i % mailboxes);
		detect_world_access(world, &record);
	}
}

static void
test_mailboxes(void **state)
{
	struct detect_world *world = *state;
	const struct mm_finding *finding;

	for (unsigned day = 1; day <= 20; day++) {
		add_day(world, day, MAILER, 12);
		add_day(world, day, STRANGER, day == 18 ? 9 : 3);
	}
	detect_world_run(world, NULL, NULL);
	assert_int_equal(detect_world_count(world, DETECTION), 0);

	add_day(world, 21, MAILER, 30);
	add_day(world, 21, STRANGER, 30);
	detect_world_run(world, NULL, NULL);
	assert_int_equal(detect_world_count(world, DETECTION), 1);
	finding = detect_world_finding(world, DETECTION, 0);
	assert_int_equal(finding->class, MM_FINDING_LEAD);
	world_assert_name(&world->logs, finding->subject.name, STRANGER);
	/* Of 60 records the first 27 are within the bound of three times nine. */
	assert_int_equal(finding->records, 33);
	assert_int_equal(detect_world_fact(finding, "most_mailboxes_on_a_day_before")->number, 9);
}

static void
test_learning(void **state)
{
	struct detect_world *world = *state;

	add_day(world, 1, MAILER, 3);
	add_day(world, 10, STRANGER, 30);
	detect_world_run(world, NULL, NULL);
	assert_int_equal(detect_world_count(world, DETECTION), 0);
}

static void
add_organisations(struct detect_world *world, unsigned day, const char *application, unsigned organisations)
{
	char time[32], tenant[40];

	for (unsigned i = 0; i < organisations; i++) {
		struct record record = { .time = detect_world_time(day, i, time), .application = application,
			.tenant = tenant };

		(void)snprintf(tenant, sizeof(tenant), "%08x-44f8-435c-a7a6-b479385df6d4", i + 1);
		detect_world_access(world, &record);
	}
}

static void
test_organisations(void **state)
{
	struct detect_world *world = *state;

	for (unsigned day = 1; day <= 20; day++) {
		add_organisations(world, day, MAILER, 8);
		add_organisations(world, day, STRANGER, 1);
	}
	add_organisations(world, 21, MAILER, 8);
	add_organisations(world, 21, STRANGER, 8);
	detect_world_run(world, NULL, NULL);
	/* Told in the fifth organisation and those after it. */
	assert_int_equal(detect_world_count(world, DETECTION), 4);
	world_assert_name(&world->logs, detect_world_finding(world, DETECTION, 0)->subject.name, STRANGER);
	assert_int_equal(detect_world_fact(detect_world_finding(world, DETECTION, 0),
	    "most_organisations_on_a_day_before")->number, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_mailboxes, detect_world_begin, detect_world_finish),
		cmocka_unit_test_setup_teardown(test_learning, detect_world_begin, detect_world_finish),
		cmocka_unit_test_setup_teardown(test_organisations, detect_world_begin, detect_world_finish),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
