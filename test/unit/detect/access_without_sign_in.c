/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A token without a sign-in is told, and how sure it is: by whether the application ever signed in, and by how complete
 * the sign-ins of the others are. What cannot be judged is no finding.
 */
#include "test/unit/detect/detect_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define DETECTION (&mm_detect_access_without_sign_in)

static struct detect_world world;

static int
begin(void **state)
{
	(void)state;
	detect_world_make(&world);
	return 0;
}

static int
finish(void **state)
{
	(void)state;
	detect_world_remove(&world);
	return 0;
}

/* The number-th token's id; text holds 40 bytes. */
static const char *
token(unsigned number, char *text)
{
	(void)snprintf(text, 40, "%08x-1111-4111-8111-111111111111", number);
	return text;
}

/* Mail accesses of the everyday application, each with a token of its own that has a sign-in but for the first ones. */
static void
add_everyday(unsigned count, unsigned lacking)
{
	char time[32], id[40];

	for (unsigned i = 0; i < count; i++) {
		struct record record = { .time = detect_world_time(1 + i % 20, i, time), .token = token(i, id) };

		record.issued = record.time;
		detect_world_access(&world, &record);
		if (i >= lacking)
			detect_world_sign_in(&world, &record);
	}
}

static void
add_stranger(const char *application)
{
	struct record record = { .time = "2023-06-10T10:00:00Z", .issued = "2023-06-10T09:50:00Z",
		.application = application, .token = "dddddddd-0000-4000-8000-000000000004" };

	detect_world_access(&world, &record);
}

static void
test_application_that_never_signed_in(void **state)
{
	const struct mm_finding *finding;

	(void)state;
	add_everyday(40, 0);
	add_stranger(STRANGER);
	detect_world_run(&world, NULL, NULL);
	assert_int_equal(detect_world_count(&world, DETECTION), 1);
	finding = detect_world_finding(&world, DETECTION, 0);
	assert_int_equal(finding->class, MM_FINDING_STRONG);
	assert_int_equal(finding->records, 1);
	assert_int_equal(finding->first_us, world_time("2023-06-10T10:00:00Z"));
	assert_int_equal(finding->subject.kind, MM_SUBJECT_APPLICATION);
	world_assert_name(&world.logs, finding->subject.name, STRANGER);
	world_assert_name(&world.logs, finding->tenant, CONTOSO);
	assert_string_equal(detect_world_fact(finding, "application_signed_in")->word, "never");
}

/* Its own sign-ins lack only now and then, and nobody else's tell how often that happens. */
static void
test_known_application_is_a_lead(void **state)
{
	(void)state;
	add_everyday(40, 2);
	detect_world_run(&world, NULL, NULL);
	assert_int_equal(detect_world_count(&world, DETECTION), 1);
	assert_int_equal(detect_world_finding(&world, DETECTION, 0)->class, MM_FINDING_LEAD);
	assert_int_equal(detect_world_finding(&world, DETECTION, 0)->records, 2);
}

/* A thief who names himself after an application that everybody uses, in a log that is whole. */
static void
test_known_application_in_a_whole_log(void **state)
{
	struct record known = { .time = "2023-06-02T10:00:00Z", .application = STRANGER,
		.token = "eeeeeeee-0000-4000-8000-000000000005" };

	(void)state;
	add_everyday(200, 0);
	detect_world_sign_in(&world, &known);
	detect_world_access(&world, &known);
	add_stranger(STRANGER);
	detect_world_run(&world, NULL, NULL);
	assert_int_equal(detect_world_count(&world, DETECTION), 1);
	assert_int_equal(detect_world_finding(&world, DETECTION, 0)->class, MM_FINDING_STRONG);
	assert_int_equal(detect_world_finding(&world, DETECTION, 0)->records, 1);
	assert_int_equal(
	    detect_world_fact(detect_world_finding(&world, DETECTION, 0), "accesses_with_sign_in")->number, 1);
}

static void
test_what_cannot_be_judged(void **state)
{
	struct record without_id = { .time = "2023-06-10T10:00:00Z", .application = STRANGER, .token = "-" };
	struct record before = { .time = "2023-04-10T10:00:00Z", .application = STRANGER,
		.token = "dddddddd-0000-4000-8000-000000000004" };

	(void)state;
	add_everyday(40, 0);
	detect_world_access(&world, &without_id);
	detect_world_access(&world, &before);
	detect_world_run(&world, NULL, NULL);
	assert_int_equal(detect_world_count(&world, DETECTION), 0);
}

/* Whoever makes a token says when it was issued, and would like that to be where no sign-in is asked for. */
static void
test_issued_when_it_cannot_be(void **state)
{
	static const char *const times[] = { "2050-01-01T00:00:00Z", "2023-06-10T12:00:00Z", "1999-01-01T00:00:00Z",
		"0001-01-01T00:00:00Z" };
	struct record record = { .time = "2023-06-10T10:00:00Z", .application = STRANGER };
	char id[40];

	(void)state;
	add_everyday(40, 0);
	for (unsigned i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		record.token = token(1000 + i, id);
		record.issued = times[i];
		detect_world_access(&world, &record);
	}
	detect_world_run(&world, NULL, NULL);
	assert_int_equal(detect_world_count(&world, DETECTION), 1);
	assert_int_equal(detect_world_finding(&world, DETECTION, 0)->class, MM_FINDING_STRONG);
	assert_int_equal(detect_world_finding(&world, DETECTION, 0)->records, 4);
}

/* It has no sign-in of its own, but goes on with those of others: some may lack for it as for anybody. */
static void
test_application_in_others_sessions(void **state)
{
	const char *session = "ffffffff-0000-4000-8000-000000000006";
	struct record sign_in = { .time = "2023-06-02T10:00:00Z", .session = session };
	struct record access = { .time = "2023-06-10T10:05:00Z", .session = session, .token = "-",
		.application = STRANGER };

	(void)state;
	add_everyday(40, 0);
	detect_world_sign_in(&world, &sign_in);
	add_stranger(STRANGER);
	detect_world_access(&world, &access);
	detect_world_run(&world, NULL, NULL);
	assert_int_equal(detect_world_count(&world, DETECTION), 1);
	assert_int_equal(detect_world_finding(&world, DETECTION, 0)->class, MM_FINDING_LEAD);
}

static void
test_without_sign_in_logs(void **state)
{
	(void)state;
	add_stranger(STRANGER);
	detect_world_run(&world, NULL, NULL);
	assert_int_equal(detect_world_count(&world, DETECTION), 0);
}

static void
test_a_session_that_signed_in(void **state)
{
	const char *session = "ffffffff-0000-4000-8000-000000000006";
	struct record sign_in = { .time = "2023-06-02T10:00:00Z", .session = session };
	struct record access = { .time = "2023-06-10T10:00:00Z", .issued = "2023-06-10T09:50:00Z", .session = session,
		.token = "dddddddd-0000-4000-8000-000000000004" };
	const struct mm_finding *gap;

	(void)state;
	add_everyday(40, 0);
	detect_world_sign_in(&world, &sign_in);
	detect_world_access(&world, &access);
	detect_world_run(&world, NULL, NULL);
	assert_int_equal(detect_world_count(&world, DETECTION), 0);
	/* Who knows a session's id can name it: it is told. */
	gap = detect_world_finding(&world, &mm_detect_ids_missing, 0);
	assert_int_equal(detect_world_fact(gap, "signed_in_by_session_alone")->number, 1);
}

/* One sign-in whose clock jumped covers no years: what lies between cannot be judged. */
static void
test_a_sign_in_of_the_future(void **state)
{
	struct record sign_in = { .time = "2031-01-01T00:00:00Z", .token = "eeeeeeee-0000-4000-8000-000000000005" };
	struct record access = { .time = "2026-01-10T10:00:00Z", .application = STRANGER,
		.token = "dddddddd-0000-4000-8000-000000000004" };
	const struct mm_finding *gap;

	(void)state;
	add_everyday(40, 0);
	detect_world_sign_in(&world, &sign_in);
	detect_world_access(&world, &access);
	detect_world_run(&world, NULL, NULL);
	assert_int_equal(detect_world_count(&world, DETECTION), 0);
	gap = detect_world_finding(&world, &mm_detect_ids_missing, 0);
	assert_int_equal(detect_world_fact(gap, "outside_of_sign_in_logs")->number, 1);
}

/* What is outside of the question teaches, but is no finding. */
static void
test_only_what_is_asked(void **state)
{
	(void)state;
	add_everyday(40, 0);
	add_stranger(STRANGER);
	detect_world_run(&world, "2023-06-11T00:00:00Z", NULL);
	assert_int_equal(detect_world_count(&world, DETECTION), 0);
	detect_world_run(&world, "2023-06-10T00:00:00Z", "2023-06-11T00:00:00Z");
	assert_int_equal(detect_world_count(&world, DETECTION), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_application_that_never_signed_in, begin, finish),
		cmocka_unit_test_setup_teardown(test_known_application_is_a_lead, begin, finish),
		cmocka_unit_test_setup_teardown(test_known_application_in_a_whole_log, begin, finish),
		cmocka_unit_test_setup_teardown(test_what_cannot_be_judged, begin, finish),
		cmocka_unit_test_setup_teardown(test_issued_when_it_cannot_be, begin, finish),
		cmocka_unit_test_setup_teardown(test_application_in_others_sessions, begin, finish),
		cmocka_unit_test_setup_teardown(test_without_sign_in_logs, begin, finish),
		cmocka_unit_test_setup_teardown(test_a_session_that_signed_in, begin, finish),
		cmocka_unit_test_setup_teardown(test_a_sign_in_of_the_future, begin, finish),
		cmocka_unit_test_setup_teardown(test_only_what_is_asked, begin, finish),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
