/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A consumer's token in a company's log is strong; another company's is a lead.
 */
#include "test/unit/detect/detect_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define DETECTION (&mm_detect_token_of_another_tenant)

#define CONSUMERS "9188040d-6c67-4c5b-b112-36a304b66dad"

static void
add(struct detect_world *world, const char *application, const char *token_tenant)
{
	struct record record = { .time = "2023-06-01T08:00:00Z", .application = application };
	char extra[96];

	(void)snprintf(extra, sizeof(extra), ",\"TokenTenantId\":\"%s\"", token_tenant);
	record.extra = extra;
	detect_world_access(world, &record);
}

static void
test_tokens_of_the_tenant(void **state)
{
	struct detect_world *world = *state;
	struct record not_told = { .time = "2023-06-01T08:00:00Z" };

	detect_world_access(world, &not_told);
	add(world, MAILER, CONTOSO);
	detect_world_run(world, NULL, NULL);
	assert_int_equal(detect_world_count(world, DETECTION), 0);
}

static void
test_tokens_of_others(void **state)
{
	struct detect_world *world = *state;
	const struct mm_finding *finding;

	add(world, STRANGER, CONSUMERS);
	add(world, STRANGER, CONTOSO);
	add(world, MAILER, FABRIKAM);
	detect_world_run(world, NULL, NULL);
	assert_int_equal(detect_world_count(world, DETECTION), 2);
	finding = detect_world_finding(world, DETECTION, 0);
	assert_int_equal(finding->class, MM_FINDING_STRONG);
	assert_int_equal(finding->records, 1);
	world_assert_name(&world->logs, finding->subject.name, STRANGER);
	world_assert_name(&world->logs, (uint32_t)detect_world_fact(finding, "first_tokens_tenant")->number, CONSUMERS);
	finding = detect_world_finding(world, DETECTION, 1);
	assert_int_equal(finding->class, MM_FINDING_LEAD);
	world_assert_name(&world->logs, finding->subject.name, MAILER);
}

/* Only the accesses with such a token are the finding's. */
static void
test_concerns(void **state)
{
	struct detect_world *world = *state;

	add(world, STRANGER, CONSUMERS);
	add(world, STRANGER, CONTOSO);
	detect_world_run(world, NULL, NULL);
	assert_int_equal(detect_world_concerned(world, detect_world_finding(world, DETECTION, 0)), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_tokens_of_the_tenant, detect_world_begin, detect_world_finish),
		cmocka_unit_test_setup_teardown(test_tokens_of_others, detect_world_begin, detect_world_finish),
		cmocka_unit_test_setup_teardown(test_concerns, detect_world_begin, detect_world_finish),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
