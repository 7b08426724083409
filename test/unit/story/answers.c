/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a responder is told of a planted theft: exact numbers, what is certain and what possible, and what is missing.
 */
#include "test/unit/story/story_world.h"

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

/* Seven messages in three mailboxes of two organisations, with two tokens from two networks. */
static void
plant(void)
{
	story_world_everyday(&world);
	story_world_theft(&world, (struct record){ .time = "2023-06-10T10:00:00Z", .messages = 2 }, 1);
	story_world_theft(&world, (struct record){ .time = "2023-06-10T11:00:00Z", .address = "198.51.100.9" }, 1);
	story_world_theft(&world,
	    (struct record){ .time = "2023-06-11T10:00:00Z", .mailbox = "bob", .messages = 3 }, 2);
	story_world_theft(&world,
	    (struct record){ .time = "2023-06-09T10:00:00Z", .mailbox = "carol", .tenant = FABRIKAM }, 2);
}

static void
assert_planted(const struct mm_answer *answer)
{
	assert_int_equal(answer->class, MM_FINDING_STRONG);
	assert_count(answer->organisations, 2, 2);
	assert_count(answer->mailboxes, 3, 3);
	assert_count(answer->messages, 7, 7);
	assert_count(answer->records, 4, 4);
	assert_count(answer->tokens, 2, 2);
	assert_count(answer->networks, 2, 2);
	assert_count(answer->folders, 3, 3);
	assert_int_equal(answer->first_us, world_time("2023-06-09T10:00:00Z"));
	assert_int_equal(answer->last_us, world_time("2023-06-11T10:00:00Z"));
	assert_false(answer->full);
	assert_int_equal(answer->lost, 0);
	assert_int_equal(answer->syncs, 0);
}

static void
test_exact_numbers(void **state)
{
	const struct mm_answer *answer;
	const struct mm_story_mailbox *bob;

	(void)state;
	plant();
	story_world_build(&world);
	answer = story_world_answer(&world, MM_SUBJECT_APPLICATION, STRANGER);
	assert_planted(answer);
	assert_int_equal(answer->organisations_listed, 2);
	world_assert_name(&world.logs.logs, answer->organisations_list[0].tenant, FABRIKAM);
	world_assert_name(&world.logs.logs, answer->organisations_list[1].tenant, CONTOSO);
	assert_count(answer->organisations_list[0].messages, 1, 1);
	assert_count(answer->organisations_list[1].messages, 6, 6);
	assert_count(answer->organisations_list[1].mailboxes, 2, 2);
	assert_int_equal(answer->mailboxes_listed, 3);
	bob = story_world_mailbox(&world, answer, "bob@contoso.example");
	assert_count(bob->messages, 3, 3);
	assert_count(bob->records, 1, 1);
	assert_true(bob->certain);
	assert_int_equal(bob->first_us, bob->last_us);
}

/* Exported twice, in part or whole: nothing counts twice. */
static void
test_duplicates(void **state)
{
	(void)state;
	plant();
	world_write_bytes(&world.logs.logs, "again.jsonl", world.logs.audit.data, world.logs.audit.len);
	story_world_build(&world);
	assert_true(world_step(&world.logs.logs, MM_LOGS_STEP_DUPLICATE) > 0);
	assert_planted(story_world_answer(&world, MM_SUBJECT_APPLICATION, STRANGER));
}

static void
add_message(const char *time, const char *mailbox, const char *record, const char *message)
{
	char line[2048];

	(void)snprintf(line, sizeof(line),
	    "{\"CreationTime\":\"%s\",\"Id\":\"%s-9999-4000-8000-000000000000\",\"Operation\":\"MailItemsAccessed\","
	    "\"OrganizationId\":\"" CONTOSO "\",\"RecordType\":50,\"Workload\":\"Exchange\",\"UserId\":\"%s\","
	    "\"MailboxOwnerUPN\":\"%s\",\"ClientAppId\":\"" STRANGER "\","
	    "\"OperationProperties\":[{\"Name\":\"MailAccessType\",\"Value\":\"Bind\"}],"
	    "\"AppAccessContext\":{\"IssuedAtTime\":\"%s\",\"ClientAppId\":\"" STRANGER "\","
	    "\"UniqueTokenId\":\"dddddddd-0000-4000-8000-000000000004\"},"
	    "\"Folders\":[{\"Path\":\"\\\\Inbox\",\"FolderItems\":[%s]}]}",
	    time, record, mailbox, mailbox, time, message);
	detect_world_line(&world.logs, line);
}

/* One message read three times counts once; the same id in another mailbox, or in other letters, is another message. */
static void
test_messages_are_told_apart(void **state)
{
	const struct mm_answer *answer;

	(void)state;
	story_world_everyday(&world);
	add_message("2023-06-10T10:00:00Z", "alice@contoso.example", "00000001",
	    "{\"InternetMessageId\":\"<one@example>\"},{\"InternetMessageId\":\"<one@example>\"}");
	add_message("2023-06-10T11:00:00Z", "alice@contoso.example", "00000002",
	    "{\"InternetMessageId\":\"<one@example>\"},{\"InternetMessageId\":\"<ONE@example>\"}");
	add_message("2023-06-10T12:00:00Z", "bob@contoso.example", "00000003",
	    "{\"InternetMessageId\":\"<one@example>\"}");
	/* Those without one: by the provider's id, or each for itself. */
	add_message("2023-06-10T13:00:00Z", "bob@contoso.example", "00000004", "{\"Id\":\"x\"},{\"Id\":\"x\"}");
	story_world_build(&world);
	answer = story_world_answer(&world, MM_SUBJECT_APPLICATION, STRANGER);
	assert_count(answer->records, 4, 4);
	assert_count(answer->messages, 4, 4);
	assert_count(answer->folders, 2, 2);
	assert_count(story_world_mailbox(&world, answer, "alice@contoso.example")->messages, 2, 2);
}

/* Some sign-ins of a known application are missing: a lead, and its records are possible. */
static void
test_possible(void **state)
{
	const struct mm_answer *answer;
	char time[32], token[40];

	(void)state;
	for (unsigned i = 0; i < 40; i++) {
		struct record record = { .time = detect_world_time(1 + i / 2, i, time), .token = token, .messages = 2 };

		(void)snprintf(token, sizeof(token), "%08x-1111-4111-8111-111111111111", i);
		record.issued = record.time;
		detect_world_access(&world.logs, &record);
		if (i < 10 || i > 11)
			detect_world_sign_in(&world.logs, &record);
	}
	story_world_build(&world);
	answer = story_world_answer(&world, MM_SUBJECT_APPLICATION, MAILER);
	assert_int_equal(answer->class, MM_FINDING_LEAD);
	assert_int_equal(answer->records.at_least, 0);
	assert_true(answer->records.on_record >= 2);
	assert_int_equal(answer->messages.on_record, answer->records.on_record * 2);
	assert_int_equal(answer->messages.at_least, 0);
	assert_count(answer->mailboxes, 0, 1);
	assert_count(answer->organisations, 0, 1);
	assert_false(answer->mailboxes_list[0].certain);
	assert_int_not_equal(answer->first_us, MM_LOGS_NO_TIME);
	assert_int_equal(answer->records.on_record + answer->besides, 40);
}

/* Messages are told once of each answer, with the record that they are from. */
static bool
look_at_message(void *ctx, const struct mm_story_message *message)
{
	unsigned *told = ctx;

	assert_true(message->again == (message->answer->subject.kind != MM_SUBJECT_APPLICATION));
	if (message->again)
		return true;
	++*told;
	assert_true(message->certain);
	assert_true(message->message_id.len > 0);
	assert_true(mm_slice_equal(message->folder, mm_slice_str("\\Inbox")));
	assert_int_equal(message->size, 100);
	assert_int_equal(message->record_id.len, 36);
	assert_non_null(strstr(message->input, "audit.jsonl"));
	return true;
}

static bool
end_at_once(void *ctx, const struct mm_story_message *message)
{
	(void)message;
	++*(unsigned *)ctx;
	return false;
}

static void
test_messages(void **state)
{
	unsigned told = 0;

	(void)state;
	plant();
	story_world_build(&world);
	assert_int_equal(mm_story_messages(world.story, look_at_message, &told), 0);
	assert_int_equal(told, 7);
	told = 0;
	assert_int_equal(mm_story_messages(world.story, end_at_once, &told), 0);
	assert_int_equal(told, 1);
}

struct told {
	unsigned first, again;
};

static bool
count_again(void *ctx, const struct mm_story_message *message)
{
	struct told *told = ctx;

	/* The application's answer comes first: it has more mailboxes. */
	assert_true(message->again == (message->answer->subject.kind != MM_SUBJECT_APPLICATION));
	told->first += !message->again;
	told->again += message->again;
	return true;
}

/* With a token that is used for longer than one lives, which is a finding of its own. */
static void
test_messages_of_two_answers(void **state)
{
	struct told told = { 0, 0 };
	char *csv;
	size_t rows = 0;

	(void)state;
	story_world_everyday(&world);
	story_world_theft(&world, (struct record){ .time = "2023-06-10T10:00:00Z", .issued = "2023-06-05T10:00:00Z",
		.messages = 2 }, 1);
	story_world_theft(&world, (struct record){ .time = "2023-06-10T10:05:00Z", .issued = "2023-06-05T10:00:00Z",
		.mailbox = "carol", .tenant = FABRIKAM }, 1);
	story_world_theft(&world, (struct record){ .time = "2023-06-10T10:06:00Z", .mailbox = "bob" }, 2);
	story_world_build(&world);
	assert_count(story_world_answer(&world, MM_SUBJECT_TOKEN, "00000001-dddd-4ddd-8ddd-dddddddddddd")->messages,
	    3, 3);
	assert_int_equal(mm_story_messages(world.story, count_again, &told), 0);
	assert_int_equal(told.first, 4);
	assert_int_equal(told.again, 3);
	csv = story_world_text(&world, mm_report_messages_csv);
	for (const char *at = strchr(csv, '\n'); at != NULL; at = strchr(at + 1, '\n'))
		rows++;
	assert_int_equal(rows, 1 + 4);
	free(csv);
}

/* More leads than there is room for: those with the fewest records are only counted. */
static void
test_too_many_leads(void **state)
{
	size_t leads = 0;
	char id[40], time[32];

	(void)state;
	story_world_everyday(&world);
	for (unsigned i = 0; i < MM_STORY_LEADS_MAX + 44; i++) {
		struct record record = { .time = detect_world_time(10, i, time), .application = id, .token = "-" };

		(void)snprintf(id, sizeof(id), "%08x-eeee-4eee-8eee-eeeeeeeeeeee", i);
		detect_world_access(&world.logs, &record);
		/* The last ones have two. */
		if (i >= 44)
			detect_world_access(&world.logs, &record);
	}
	story_world_build(&world);
	for (size_t i = 0; i < mm_story_answers(world.story); i++)
		leads += mm_story_answer(world.story, i)->class == MM_FINDING_LEAD;
	assert_in_range(leads, 1, MM_STORY_LEADS_MAX);
	assert_true(mm_story_answers_dropped(world.story) >= 44);
	assert_int_equal(story_world_answer(&world, MM_SUBJECT_APPLICATION, id)->records.on_record, 2);
}

/* Only what is asked for counts, and only what is asked for is told. */
static void
test_question(void **state)
{
	const struct mm_answer *answer;

	(void)state;
	plant();
	world.since = "2023-06-10T10:30:00Z";
	world.until = "2023-06-12T00:00:00Z";
	story_world_build(&world);
	answer = story_world_answer(&world, MM_SUBJECT_APPLICATION, STRANGER);
	assert_count(answer->records, 2, 2);
	assert_count(answer->organisations, 1, 1);
	assert_count(answer->messages, 4, 4);
}

static void
test_of_nothing(void **state)
{
	enum mm_finding_class class;

	(void)state;
	story_world_build(&world);
	assert_int_equal(mm_story_answers(world.story), 0);
	assert_int_equal(mm_story_answers_dropped(world.story), 0);
	assert_false(mm_story_class(world.story, &class) && class > MM_FINDING_GAP);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_exact_numbers, begin, finish),
		cmocka_unit_test_setup_teardown(test_duplicates, begin, finish),
		cmocka_unit_test_setup_teardown(test_messages_are_told_apart, begin, finish),
		cmocka_unit_test_setup_teardown(test_possible, begin, finish),
		cmocka_unit_test_setup_teardown(test_messages, begin, finish),
		cmocka_unit_test_setup_teardown(test_messages_of_two_answers, begin, finish),
		cmocka_unit_test_setup_teardown(test_too_many_leads, begin, finish),
		cmocka_unit_test_setup_teardown(test_question, begin, finish),
		cmocka_unit_test_setup_teardown(test_of_nothing, begin, finish),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
