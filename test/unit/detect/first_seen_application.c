/* SPDX-License-Identifier: Apache-2.0 */
/*
 * New is what neither the organisation nor, where few have it, the mailbox knew; after learning; by the best id.
 */
#include "test/unit/detect/detect_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define DETECTION (&mm_detect_first_seen_application)

static void
add(struct detect_world *world, const char *time, const char *mailbox, const char *application)
{
	struct record record = { .time = time, .mailbox = mailbox, .application = application };

	detect_world_access(world, &record);
}

#define NEWCOMER "bbbbbbbb-0000-4000-8000-000000000003"
#define SERVICE "00000002-0000-0ff1-ce00-000000000000"

/* A mailbox's everyday application from the first to the 25th of June. */
static void
add_everyday(struct detect_world *world, const char *mailbox)
{
	char time[32];

	for (unsigned day = 1; day <= 25; day += 4)
		add(world, detect_world_time(day, 8 * 3600, time), mailbox, MAILER);
}

static void
test_new_to_the_organisation(void **state)
{
	struct detect_world *world = *state;
	const struct mm_finding *finding;

	add_everyday(world, "alice");
	add(world, "2023-06-10T10:00:00Z", "alice", STRANGER);
	add(world, "2023-06-18T10:00:00Z", "alice", STRANGER);
	detect_world_run(world, NULL, NULL);
	assert_int_equal(detect_world_count(world, DETECTION), 0);

	add(world, "2023-06-18T11:00:00Z", "alice", NEWCOMER);
	add(world, "2023-06-19T11:00:00Z", "bob", NEWCOMER);
	detect_world_run(world, NULL, NULL);
	assert_int_equal(detect_world_count(world, DETECTION), 1);
	finding = detect_world_finding(world, DETECTION, 0);
	assert_int_equal(finding->class, MM_FINDING_LEAD);
	assert_int_equal(finding->records, 2);
	assert_true(finding->several_mailboxes);
	world_assert_name(&world->logs, finding->subject.name, NEWCOMER);
	assert_string_equal(detect_world_fact(finding, "new_to")->word, "organisation");
}

static void
test_new_again_after_90_days(void **state)
{
	static const char *const days[] = { "2023-06-01T08:00:00Z", "2023-07-01T08:00:00Z", "2023-08-01T08:00:00Z",
		"2023-09-01T08:00:00Z" };
	struct detect_world *world = *state;

	for (size_t i = 0; i < 4; i++)
		add(world, days[i], "alice", MAILER);
	add(world, "2023-06-02T08:00:00Z", "alice", STRANGER);
	add(world, "2023-08-30T08:00:00Z", "alice", STRANGER);
	add(world, "2023-06-02T08:00:00Z", "alice", NEWCOMER);
	add(world, "2023-09-02T08:00:00Z", "alice", NEWCOMER);
	detect_world_run(world, NULL, NULL);
	assert_int_equal(detect_world_count(world, DETECTION), 1);
	world_assert_name(&world->logs, detect_world_finding(world, DETECTION, 0)->subject.name, NEWCOMER);
}

/* Of twenty mailboxes two have it, then a third; and five have another, then a sixth. */
static void
test_new_to_a_mailbox(void **state)
{
	struct detect_world *world = *state;
	const struct mm_finding *finding;
	char mailbox[16];

	for (unsigned i = 0; i < 20; i++) {
		(void)snprintf(mailbox, sizeof(mailbox), "person%u", i);
		add_everyday(world, mailbox);
		if (i < 2)
			add(world, "2023-06-02T10:00:00Z", mailbox, STRANGER);
		if (i < 5)
			add(world, "2023-06-02T10:00:00Z", mailbox, NEWCOMER);
	}
	add(world, "2023-06-18T10:00:00Z", "person9", STRANGER);
	add(world, "2023-06-18T11:00:00Z", "person1", STRANGER);
	add(world, "2023-06-18T10:00:00Z", "person9", NEWCOMER);
	detect_world_run(world, NULL, NULL);
	assert_int_equal(detect_world_count(world, DETECTION), 1);
	finding = detect_world_finding(world, DETECTION, 0);
	world_assert_name(&world->logs, finding->subject.name, STRANGER);
	world_assert_name(&world->logs, finding->mailbox, "person9@contoso.example");
	assert_string_equal(detect_world_fact(finding, "new_to")->word, "mailbox");
	assert_int_equal(finding->records, 1);
}

/* A mailbox that is new itself is none of which anything is new. */
static void
test_a_new_mailbox_learns(void **state)
{
	struct detect_world *world = *state;
	char mailbox[16];

	for (unsigned i = 0; i < 20; i++) {
		(void)snprintf(mailbox, sizeof(mailbox), "person%u", i);
		add_everyday(world, mailbox);
	}
	add(world, "2023-06-02T10:00:00Z", "person1", STRANGER);
	add(world, "2023-06-18T10:00:00Z", "joiner", STRANGER);
	detect_world_run(world, NULL, NULL);
	assert_int_equal(detect_world_count(world, DETECTION), 0);
}

/* Records that lack the best id are explained by those which have it. */
static void
test_worse_ids(void **state)
{
	struct record known = { .time = "2023-06-01T08:00:00Z", .extra = ",\"AppId\":\"" SERVICE "\"" };
	struct record service = { .time = "2023-06-18T08:00:00Z", .application = "-",
		.extra = ",\"AppId\":\"" SERVICE "\"" };
	struct record family = { .time = "2023-06-18T09:00:00Z", .application = "-" };
	struct record unknown_family = { .time = "2023-06-18T10:00:00Z", .application = "-",
		.client_info = "Client=POP3/IMAP4;Protocol=IMAP4" };
	struct detect_world *world = *state;
	const struct mm_finding *finding;

	detect_world_access(world, &known);
	detect_world_access(world, &service);
	detect_world_access(world, &family);
	detect_world_run(world, NULL, NULL);
	assert_int_equal(detect_world_count(world, DETECTION), 0);

	detect_world_access(world, &unknown_family);
	detect_world_run(world, NULL, NULL);
	assert_int_equal(detect_world_count(world, DETECTION), 1);
	finding = detect_world_finding(world, DETECTION, 0);
	assert_int_equal(finding->subject.level, MM_APPLICATION_FAMILY);
}

static void
test_a_short_log_is_a_gap(void **state)
{
	struct detect_world *world = *state;
	const struct mm_finding *finding;

	add(world, "2023-06-01T08:00:00Z", "alice", MAILER);
	add(world, "2023-06-14T08:00:00Z", "alice", STRANGER);
	detect_world_run(world, NULL, NULL);
	assert_int_equal(detect_world_count(world, DETECTION), 1);
	finding = detect_world_finding(world, DETECTION, 0);
	assert_int_equal(finding->class, MM_FINDING_GAP);
	assert_int_equal(detect_world_fact(finding, "log_of_mail")->number, 13 * 86400);
	assert_false(mm_detect_concerns(world->detect, finding, &world->logs.events[0]));
}

static void
test_concerns(void **state)
{
	struct detect_world *world = *state;

	add_everyday(world, "alice");
	add(world, "2023-06-18T11:00:00Z", "alice", NEWCOMER);
	add(world, "2023-06-19T11:00:00Z", "bob", NEWCOMER);
	add(world, "2023-06-19T12:00:00Z", "bob", MAILER);
	detect_world_run(world, NULL, NULL);
	assert_int_equal(detect_world_concerned(world, detect_world_finding(world, DETECTION, 0)), 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_new_to_the_organisation, detect_world_begin, detect_world_finish),
		cmocka_unit_test_setup_teardown(test_new_again_after_90_days, detect_world_begin, detect_world_finish),
		cmocka_unit_test_setup_teardown(test_new_to_a_mailbox, detect_world_begin, detect_world_finish),
		cmocka_unit_test_setup_teardown(test_a_new_mailbox_learns, detect_world_begin, detect_world_finish),
		cmocka_unit_test_setup_teardown(test_worse_ids, detect_world_begin, detect_world_finish),
		cmocka_unit_test_setup_teardown(test_a_short_log_is_a_gap, detect_world_begin, detect_world_finish),
		cmocka_unit_test_setup_teardown(test_concerns, detect_world_begin, detect_world_finish),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
