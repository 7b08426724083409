/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reports: valid whatever the logs say, harmless in what opens them, and the same bytes for the same input.
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

static void
assert_has(const char *text, const char *part)
{
	if (strstr(text, part) == NULL)
		fail_msg("'%s' is not in\n%s", part, text);
}

static void
plant(void)
{
	story_world_everyday(&world);
	story_world_theft(&world, (struct record){ .time = "2023-06-10T10:00:00Z", .messages = 2 }, 1);
}

static void
test_json(void **state)
{
	char *text;

	(void)state;
	plant();
	story_world_build(&world);
	text = story_world_text(&world, story_world_json);
	assert_has(text, "\"messages\":{\"at_least\":2,\"on_record\":2,\"complete\":");
	free(text);
}

static void
test_messages_csv(void **state)
{
	char *text;

	(void)state;
	plant();
	story_world_build(&world);
	text = story_world_text(&world, mm_report_messages_csv);
	assert_has(text, ",application," STRANGER ",certain," CONTOSO ",alice@contoso.example,2023-06-10T10:00:00Z,"
	                 "<401.0@contoso.example>,,,\\Inbox,100,");
	free(text);
}

static void
test_findings_csv(void **state)
{
	char *text;

	(void)state;
	plant();
	story_world_build(&world);
	text = story_world_text(&world, mm_report_findings_csv);
	assert_has(text, "\r\nstrong,access-without-sign-in,");
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_json, begin, finish),
		cmocka_unit_test_setup_teardown(test_messages_csv, begin, finish),
		cmocka_unit_test_setup_teardown(test_findings_csv, begin, finish),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
