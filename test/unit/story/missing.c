/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is not on record is told: whole folders, throttled logs, lost messages, gaps, files that are gone.
 */
#include "test/unit/story/story_world.h"

#include "engine/story/report_text.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static struct story_world world;

static int
begin(void **state)
{
	(void)state;
	story_world_make(&world);
	return 0;
}

static int
finish(void **state)
{
	(void)state;
	story_world_remove(&world);
	return 0;
}

static const struct mm_answer *
stranger(void)
{
	return story_world_answer(&world, MM_SUBJECT_APPLICATION, STRANGER);
}

static void
test_whole_folders(void **state)
{
	struct mm_report_missing missing;

	(void)state;
	story_world_everyday(&world);
	story_world_theft(&world, (struct record){ .time = "2023-06-10T10:00:00Z", .access = "Sync" }, 1);
	story_world_theft(&world, (struct record){ .time = "2023-06-10T11:00:00Z", .mailbox = "bob" }, 1);
	story_world_build(&world);
	assert_int_equal(stranger()->syncs, 1);
	assert_true(story_world_mailbox(&world, stranger(), "alice@contoso.example")->whole_folders);
	assert_false(story_world_mailbox(&world, stranger(), "bob@contoso.example")->whole_folders);
	mm_report_missing(stranger(), &missing);
	assert_int_equal(missing.whole_folders, 1);
	assert_false(mm_report_messages_complete(&missing));
}

/* By any application's record: the log is the mailbox's. */
static void
test_throttled(void **state)
{
	(void)state;
	story_world_everyday(&world);
	story_world_theft(&world, (struct record){ .time = "2023-06-10T10:00:00Z" }, 1);
	story_world_theft(&world, (struct record){ .time = "2023-06-10T10:00:00Z", .mailbox = "bob" }, 1);
	story_world_theft(&world, (struct record){ .time = "2023-06-12T10:00:00Z", .mailbox = "dan" }, 1);
	detect_world_access(&world.logs, &(struct record){ .time = "2023-06-09T22:00:00Z", .throttled = true });
	detect_world_access(&world.logs,
	    &(struct record){ .time = "2023-06-08T22:00:00Z", .mailbox = "bob", .throttled = true });
	detect_world_access(&world.logs,
	    &(struct record){ .time = "2023-06-11T10:00:00Z", .mailbox = "dan", .throttled = true });
	story_world_build(&world);
	/* Twelve hours before the first record; a day and a half before it; within. */
	assert_true(story_world_mailbox(&world, stranger(), "alice@contoso.example")->throttled);
	assert_false(story_world_mailbox(&world, stranger(), "bob@contoso.example")->throttled);
	assert_true(story_world_mailbox(&world, stranger(), "dan@contoso.example")->throttled);
}

static void
test_gaps(void **state)
{
	struct mm_report_missing missing;

	(void)state;
	story_world_everyday(&world);
	story_world_theft(&world, (struct record){ .time = "2023-06-10T10:00:00Z", .throttled = true }, 1);
	story_world_build(&world);
	assert_true(stranger()->gaps_count > 0);
	for (size_t i = 0; i < stranger()->gaps_count; i++) {
		assert_int_equal(stranger()->gaps[i]->class, MM_FINDING_GAP);
		assert_int_equal(stranger()->gaps[i]->tenant, stranger()->organisations_list[0].tenant);
	}
	mm_report_missing(stranger(), &missing);
	assert_int_equal(missing.gaps, stranger()->gaps_count);
	assert_int_equal(missing.throttled_mailboxes, 1);
	assert_false(mm_report_complete(&missing));
}

/* What PowerShell leaves of folders that it does not show. */
static void
test_lost_messages(void **state)
{
	(void)state;
	story_world_everyday(&world);
	story_world_theft(&world, (struct record){ .time = "2023-06-10T10:00:00Z" }, 1);
	detect_world_line(&world.logs,
	    "{\"CreationTime\":\"2023-06-10T11:00:00Z\",\"Id\":\"00000001-9999-4000-8000-000000000000\","
	    "\"Operation\":\"MailItemsAccessed\",\"OrganizationId\":\"" CONTOSO "\",\"RecordType\":50,"
	    "\"Workload\":\"Exchange\",\"UserId\":\"alice@contoso.example\","
	    "\"MailboxOwnerUPN\":\"alice@contoso.example\",\"ClientAppId\":\"" STRANGER "\","
	    "\"OperationProperties\":[{\"Name\":\"MailAccessType\",\"Value\":\"Bind\"}],"
	    "\"AppAccessContext\":{\"IssuedAtTime\":\"2023-06-10T11:00:00Z\",\"ClientAppId\":\"" STRANGER "\","
	    "\"UniqueTokenId\":\"dddddddd-0000-4000-8000-000000000004\"},\"Folders\":[\"System.Object[]\"]}");
	story_world_build(&world);
	assert_count(stranger()->records, 2, 2);
	assert_count(stranger()->messages, 1, 1);
	assert_int_equal(stranger()->lost, 1);
}

/* Between the passes: what was counted stays, what could not be read is missing, and it is told. */
static void
test_file_changed(void **state)
{
	(void)state;
	story_world_everyday(&world);
	story_world_theft(&world, (struct record){ .time = "2023-06-10T10:00:00Z" }, 1);
	story_world_read(&world);
	world_write(&world.logs.logs, "audit.jsonl", "{}\n");
	errno = 0;
	assert_int_equal(story_world_try(&world), -1);
	assert_int_equal(errno, ESTALE);
	assert_count(stranger()->records, 1, 1);
	assert_count(stranger()->mailboxes, 1, 1);
	assert_count(stranger()->messages, 0, 0);
	assert_int_equal(stranger()->lost, 1);
}

static bool
take_message(void *ctx, const struct mm_story_message *message)
{
	(void)message;
	++*(unsigned *)ctx;
	return true;
}

static void
test_file_changed_before_telling(void **state)
{
	unsigned told = 0;

	(void)state;
	story_world_everyday(&world);
	story_world_theft(&world, (struct record){ .time = "2023-06-10T10:00:00Z" }, 1);
	story_world_build(&world);
	world_write(&world.logs.logs, "audit.jsonl", "{}\n");
	errno = 0;
	assert_int_equal(mm_story_messages(world.story, take_message, &told), -1);
	assert_int_equal(errno, ESTALE);
	assert_int_equal(told, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_whole_folders, begin, finish),
		cmocka_unit_test_setup_teardown(test_throttled, begin, finish),
		cmocka_unit_test_setup_teardown(test_gaps, begin, finish),
		cmocka_unit_test_setup_teardown(test_lost_messages, begin, finish),
		cmocka_unit_test_setup_teardown(test_file_changed, begin, finish),
		cmocka_unit_test_setup_teardown(test_file_changed_before_telling, begin, finish),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
