/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The synthetic theft of 2023 (test/maker/log_main.c) in 10^5 rows of an audit log: its application, organisations,
 * mailboxes and messages are found, exactly. With records gone and a log throttled, the bounds hold.
 *
 * Few rows mean few sign-ins: before a tenant's first and behind its last one nobody can say that a token has none.
 * These accesses are possible; they are less than one in a thousand.
 */
#include "test/unit/story/story_world.h"

#include <inttypes.h>
#include <setjmp.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

#include <cmocka.h>

#define MESSAGES UINT64_C(60000)
#define HOUR_S 3600

extern char **environ;

struct truth {
	char application[64];
	uint64_t organisations, mailboxes, seen_records, seen_messages, throttled_records;
	int64_t first_s, last_s;
};

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

static void
run(const char *const *arguments)
{
	pid_t child;
	int status;

	assert_int_equal(posix_spawn(&child, arguments[0], NULL, NULL, (char *const *)(uintptr_t)arguments, environ),
	    0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static int64_t
number(const char *text, const char *name)
{
	char member[64];
	const char *at;

	(void)snprintf(member, sizeof(member), "\"%s\":", name);
	at = strstr(text, member);
	assert_non_null(at);
	return strtoll(at + strlen(member), NULL, 10);
}

static void
read_truth(const char *path, struct truth *truth)
{
	char text[2048] = { 0 };
	FILE *file = fopen(path, "r");
	const char *application;

	assert_non_null(file);
	assert_true(fread(text, 1, sizeof(text) - 1, file) > 0);
	assert_int_equal(fclose(file), 0);
	/* It would be read as a log otherwise. */
	assert_int_equal(remove(path), 0);
	application = strstr(text, "\"application\":\"");
	assert_non_null(application);
	application += strlen("\"application\":\"");
	(void)snprintf(truth->application, sizeof(truth->application), "%.*s", (int)strcspn(application, "\""),
	    application);
	truth->organisations = (uint64_t)number(text, "organisations");
	truth->mailboxes = (uint64_t)number(text, "mailboxes");
	truth->seen_records = (uint64_t)number(text, "seen_records");
	truth->seen_messages = (uint64_t)number(text, "seen_messages");
	truth->throttled_records = (uint64_t)number(text, "throttled_records");
	truth->first_s = number(text, "first_s");
	truth->last_s = number(text, "last_s");
}

/* Make the logs in the world's folder, and build their story. */
static void
make(struct truth *truth, const char *removed, bool throttle)
{
	const char *folder = world.logs.logs.folder;
	char program[1024], audit[128], sign_ins[128], facts[128];
	const char *arguments[] = { program, "--records", "100000", "--repeat", "100", "--tenants", "22", "--people",
		"20000", "--out", audit, "--sign-ins", sign_ins, "--truth", facts, "--remove", removed,
		throttle ? "--throttle" : NULL, "yes", NULL };

	assert_non_null(getenv("MINTMARK_BUILD"));
	(void)snprintf(program, sizeof(program), "%s/test/maker/mintmark-log-maker", getenv("MINTMARK_BUILD"));
	(void)snprintf(audit, sizeof(audit), "%s/audit.jsonl", folder);
	(void)snprintf(sign_ins, sizeof(sign_ins), "%s/sign-ins.jsonl", folder);
	(void)snprintf(facts, sizeof(facts), "%s/truth.json", folder);
	run(arguments);
	read_truth(facts, truth);
	world.logs.threads = 2;
	story_world_build(&world);
}

/* All of it is on record, and nothing else; all but a thousandth is certain. */
static void
assert_all_of(const struct mm_story_count *count, uint64_t all)
{
	assert_int_equal(count->on_record, all);
	assert_in_range(count->at_least, all - all / 1000, all);
}

static void
test_everything_is_found(void **state)
{
	const struct mm_answer *answer;
	struct truth truth;

	(void)state;
	make(&truth, "0", false);
	answer = story_world_answer(&world, MM_SUBJECT_APPLICATION, truth.application);
	assert_ptr_equal(answer, mm_story_answer(world.story, 0));
	assert_int_equal(answer->class, MM_FINDING_STRONG);
	assert_int_equal(truth.seen_messages, MESSAGES);
	assert_count(answer->organisations, truth.organisations, truth.organisations);
	assert_count(answer->mailboxes, truth.mailboxes, truth.mailboxes);
	assert_all_of(&answer->messages, MESSAGES);
	assert_all_of(&answer->records, truth.seen_records);
	assert_int_equal(answer->organisations_listed, truth.organisations);
	assert_int_equal(answer->mailboxes_listed, truth.mailboxes);
	assert_in_range(answer->first_us, truth.first_s * 1000000, (truth.first_s + HOUR_S) * 1000000);
	assert_in_range(answer->last_us, (truth.last_s - HOUR_S) * 1000000, truth.last_s * 1000000);
	assert_int_equal(answer->besides, 0);
	assert_false(answer->full);
}

static bool
count_message(void *ctx, const struct mm_story_message *message)
{
	uint64_t *messages = ctx;

	if (message->answer == mm_story_answer(world.story, 0))
		++*messages;
	return true;
}

static void
test_bounds_hold(void **state)
{
	const struct mm_answer *answer;
	struct truth truth;
	uint64_t messages = 0, throttled = 0;

	(void)state;
	make(&truth, "100", true);
	answer = story_world_answer(&world, MM_SUBJECT_APPLICATION, truth.application);
	assert_true(truth.seen_messages < MESSAGES);
	assert_all_of(&answer->messages, truth.seen_messages);
	assert_all_of(&answer->records, truth.seen_records);
	for (size_t i = 0; i < answer->mailboxes_listed; i++)
		throttled += answer->mailboxes_list[i].throttled;
	assert_int_equal(throttled, 1);
	assert_true(answer->gaps_count > 0);
	assert_int_equal(mm_story_messages(world.story, count_message, &messages), 0);
	assert_int_equal(messages, answer->messages.at_least);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_everything_is_found, begin, finish),
		cmocka_unit_test_setup_teardown(test_bounds_hold, begin, finish),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
