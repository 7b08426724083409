/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A user's name with a service's beside it is told; the groups that services change so every day are not.
 */
#include "test/unit/detect/detect_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define DETECTION (&mm_detect_actor_token)

static void
add(struct detect_world *world, const char *id, const char *operation, const char *name)
{
	char line[512];

	(void)snprintf(line, sizeof(line),
	    "{\"id\":\"%s\",\"activityDisplayName\":\"%s\",\"activityDateTime\":\"2025-09-01T00:00:00Z\","
	    "\"targetResources\":[{\"displayName\":\"Global Administrator\"}],"
	    "\"initiatedBy\":{\"user\":{\"userPrincipalName\":\"admin@contoso.example\",\"displayName\":\"%s\"}}}",
	    id, operation, name);
	detect_world_line(world, line);
}

static void
test_everyday(void **state)
{
	struct detect_world *world = *state;

	add(world, "1", "Update user", "Ada Min");
	add(world, "2", "Add member to group", "Office 365 Exchange Online");
	add(world, "3", "Group_GetDynamicGroupProperties", "Office 365 Exchange Online");
	add(world, "4", "Set directory feature on tenant", "Office 365 SharePoint Online");
	detect_world_run(world, NULL, NULL);
	assert_int_equal(detect_world_count(world, DETECTION), 0);
}

static void
test_a_service_as_a_user(void **state)
{
	struct detect_world *world = *state;
	const struct mm_finding *finding;

	add(world, "1", "Add user", "Office 365 Exchange Online");
	add(world, "2", "Add member to role", "Office 365 Exchange Online");
	add(world, "3", "Add member to group", "Office 365 Exchange Online");
	detect_world_run(world, NULL, NULL);
	assert_int_equal(detect_world_count(world, DETECTION), 1);
	finding = detect_world_finding(world, DETECTION, 0);
	assert_int_equal(finding->class, MM_FINDING_STRONG);
	assert_int_equal(finding->records, 2);
	world_assert_name(&world->logs, finding->subject.name, "admin@contoso.example");
	world_assert_name(&world->logs, (uint32_t)detect_world_fact(finding, "service")->number,
	    "Office 365 Exchange Online");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_everyday, detect_world_begin, detect_world_finish),
		cmocka_unit_test_setup_teardown(test_a_service_as_a_user, detect_world_begin, detect_world_finish),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
