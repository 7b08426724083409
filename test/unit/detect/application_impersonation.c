/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An application that begins to read for nobody is told, and any after the role was given.
 */
#include "test/unit/detect/detect_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define DETECTION (&mm_detect_application_impersonation)

#define BY_ITSELF ",\"UserType\":5"

static void
add(struct detect_world *world, const char *time, const char *application, const char *extra)
{
	struct record record = { .time = time, .application = application, .extra = extra };

	detect_world_access(world, &record);
}

static void
test_begins_with_it(void **state)
{
	struct detect_world *world = *state;
	const struct mm_finding *finding;

	add(world, "2023-06-01T08:00:00Z", MAILER, "");
	add(world, "2023-06-02T08:00:00Z", STRANGER, BY_ITSELF);
	add(world, "2023-06-18T08:00:00Z", STRANGER, BY_ITSELF);
	detect_world_run(world, NULL, NULL);
	assert_int_equal(detect_world_count(world, DETECTION), 0);

	add(world, "2023-06-18T09:00:00Z", MAILER, "");
	add(world, "2023-06-18T09:01:00Z", MAILER, BY_ITSELF);
	add(world, "2023-06-18T09:02:00Z", MAILER, "");
	add(world, "2023-06-18T09:03:00Z", MAILER, BY_ITSELF);
	detect_world_run(world, NULL, NULL);
	assert_int_equal(detect_world_count(world, DETECTION), 1);
	finding = detect_world_finding(world, DETECTION, 0);
	assert_int_equal(finding->class, MM_FINDING_LEAD);
	assert_int_equal(finding->records, 2);
	assert_int_equal(detect_world_concerned(world, finding), 2);
	world_assert_name(&world->logs, finding->subject.name, MAILER);
	assert_string_equal(detect_world_fact(finding, "role_was_just_given")->word, "no");
}

static void
give_role(struct detect_world *world, const char *id, const char *result)
{
	char line[1024];

	(void)snprintf(line, sizeof(line), "{\"CreationTime\":\"2023-06-02T08:00:00\",\"Id\":\"%s\","
	    "\"Operation\":\"New-RoleGroup\",\"OrganizationId\":\"" CONTOSO "\",\"RecordType\":1,"
	    "\"Workload\":\"Exchange\",\"UserId\":\"admin@contoso.example\",\"ResultStatus\":\"%s\","
	    "\"Parameters\":[{\"Name\":\"Roles\",\"Value\":\"ApplicationImpersonation\"}]}", id, result);
	detect_world_line(world, line);
}

/* Nobody has it by an attempt that failed. */
static void
test_after_the_role_was_given(void **state)
{
	struct detect_world *world = *state;

	add(world, "2023-06-01T08:00:00Z", MAILER, "");
	give_role(world, "7627a837-18de-44fb-1e94-08db640a589b", "False");
	add(world, "2023-06-03T07:00:00Z", STRANGER, BY_ITSELF);
	detect_world_run(world, NULL, NULL);
	assert_int_equal(detect_world_count(world, DETECTION), 0);
	give_role(world, "7627a837-18de-44fb-1e94-08db640a589c", "True");
	add(world, "2023-06-03T08:00:00Z", STRANGER, BY_ITSELF);
	detect_world_run(world, NULL, NULL);
	assert_int_equal(detect_world_count(world, DETECTION), 1);
	assert_string_equal(
	    detect_world_fact(detect_world_finding(world, DETECTION, 0), "role_was_just_given")->word, "yes");
}

/* A delegate through Exchange Web Services is one; through the web he is a colleague. */
static void
test_as_somebody_else(void **state)
{
	struct record record = { .time = "2023-06-18T08:00:00Z", .application = STRANGER,
		.client_info = "Client=OWA;Action=ViaProxy",
		.extra = ",\"LogonType\":2,\"UserId\":\"service@contoso.example\"" };
	struct detect_world *world = *state;

	add(world, "2023-06-01T08:00:00Z", MAILER, "");
	detect_world_access(world, &record);
	detect_world_run(world, NULL, NULL);
	assert_int_equal(detect_world_count(world, DETECTION), 0);

	record.client_info = "Client=WebServices;python-requests/2.25.1;";
	detect_world_access(world, &record);
	detect_world_run(world, NULL, NULL);
	assert_int_equal(detect_world_count(world, DETECTION), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_begins_with_it, detect_world_begin, detect_world_finish),
		cmocka_unit_test_setup_teardown(test_after_the_role_was_given, detect_world_begin, detect_world_finish),
		cmocka_unit_test_setup_teardown(test_as_somebody_else, detect_world_begin, detect_world_finish),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
