/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reports: valid whatever the logs say, harmless in what opens them, and the same bytes for the same input.
 */
#include "engine/story/report_text.h"
#include "test/unit/story/story_world.h"

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

static void
assert_has(const char *text, const char *part)
{
	if (strstr(text, part) == NULL)
		fail_msg("'%s' is not in\n%s", part, text);
}

static void
assert_has_not(const char *text, const char *part)
{
	if (strstr(text, part) != NULL)
		fail_msg("'%s' is in\n%s", part, text);
}

static void
plant(void)
{
	story_world_everyday(&world);
	story_world_theft(&world, (struct record){ .time = "2023-06-10T10:00:00Z", .messages = 2 }, 1);
	story_world_theft(&world,
	    (struct record){ .time = "2023-06-10T11:00:00Z", .mailbox = "bob", .access = "Sync" }, 1);
}

static void
test_json(void **state)
{
	char *text;

	(void)state;
	plant();
	world_write(&world.logs.logs, "cut.jsonl", "{\"CreationTime\":\"2023-06-10T10:00:00Z\",\"Id\":\n");
	story_world_build(&world);
	text = story_world_text(&world, story_world_json);
	assert_has(text, "\"read\":\"whole\",");
	assert_has(text, "\"read\":\"in-part\",");
	assert_has(text, "{\"question\":{\"version\":\"1.2.3\",\"arguments\":[\"hunt\",\"logs\"],\"zone\":\"UTC\"},");
	assert_has(text, "\"compression\":\"none\"");
	assert_has(text, "\"form\":\"json-lines\"");
	assert_has(text, "\"records\":402,\"events\":402,\"duplicates\":0,\"first\":\"2023-06-01T00:00:00Z\"");
	assert_has(text, "\"shapes\":{\"m365-audit\":402}");
	assert_has(text, "\"trouble_places\":[{\"trouble\":\"");
	assert_has(text, "\"class\":\"strong\",\"findings\":[\n{\"detection\":");
	assert_has(text, "{\"name\":\"access-without-sign-in\",\"class\":\"strong\",\"title\":");
	assert_has(text, "\"facts\":{\"accesses_without_sign_in\":2,");
	assert_has(text, "\"application_signed_in\":\"never\"");
	assert_has(text, "\"answers\":[\n{\"subject\":{\"kind\":\"application\",\"known_by\":\"client\","
	                 "\"id\":\"" STRANGER "\"}");
	assert_has(text, "\"messages\":{\"at_least\":3,\"on_record\":3,\"complete\":false}");
	assert_has(text, "\"whole_folders\":1,");
	assert_has(text, "\"mailbox\":\"bob@contoso.example\",\"certain\":true,\"whole_folders\":true,");
	assert_has(text, "\"answers_dropped\":0}\n");
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
	assert_int_equal(strncmp(text, "answer,subject_kind,subject,certainty,tenant,mailbox,time,", 58), 0);
	assert_has(text, "\r\n1,application," STRANGER ",certain," CONTOSO ",alice@contoso.example,"
	                 "2023-06-10T10:00:00Z,<401.0@contoso.example>,,,\\Inbox,100,"
	                 "00000191-0000-4000-8000-000000000000,");
	assert_has(text, "<401.1@contoso.example>");
	assert_has(text, "<402.0@contoso.example>");
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
	assert_int_equal(strncmp(text, "class,detection,title,subject_kind,subject,tenant,", 50), 0);
	assert_has(text, "\r\nstrong,access-without-sign-in,"
	                 "Mail was read with a token or session that no sign-in log knows,application,"
	                 STRANGER "," CONTOSO ",,2023-06-10T10:00:00Z,2023-06-10T11:00:00Z,2,"
	                 "\"accesses_without_sign_in=2; ");
	free(text);
}

/* ---- hostile logs ---- */

/* Escapes of a terminal, marks of direction, HTML, a formula, quotes, in all that is told. */
#define HOSTILE "=cmd|' /C calc'!A0\\u001b[31m\\u202e<script>alert(1)</script>\\\"quoted\\\",next\\r\\n@SUM(1)"

static void
plant_hostile(void)
{
	story_world_everyday(&world);
	detect_world_line(&world.logs,
	    "{\"CreationTime\":\"2023-06-10T11:00:00Z\",\"Id\":\"00000001-9999-4000-8000-000000000000\","
	    "\"Operation\":\"MailItemsAccessed\",\"OrganizationId\":\"" CONTOSO "\",\"RecordType\":50,"
	    "\"Workload\":\"Exchange\",\"UserId\":\"" HOSTILE "\",\"MailboxOwnerUPN\":\"" HOSTILE "\","
	    "\"ClientAppId\":\"" HOSTILE "\",\"OrganizationName\":\"" HOSTILE "\","
	    "\"OperationProperties\":[{\"Name\":\"MailAccessType\",\"Value\":\"Bind\"}],"
	    "\"AppAccessContext\":{\"IssuedAtTime\":\"2023-06-10T11:00:00Z\",\"ClientAppId\":\"" HOSTILE "\","
	    "\"UniqueTokenId\":\"dddddddd-0000-4000-8000-000000000004\"},\"Folders\":[{\"Path\":\"" HOSTILE "\","
	    "\"FolderItems\":[{\"InternetMessageId\":\"" HOSTILE "\",\"Subject\":\"" HOSTILE "\"}]}]}");
	story_world_build(&world);
	assert_true(mm_story_answers(world.story) > 0);
}

/* Quoted so that it is one cell, no formula, and nothing that a terminal or an editor obeys. */
static void
assert_harmless_cells(const char *text)
{
	assert_has(text, ",\"'=cmd|' /");
	assert_has(text, "alc'!a0U+001B[31mU+202E<script>");
	assert_has(text, "\"\"quoted\"\",nextU+000DU+000A@");
	assert_has_not(text, "\x1b");
	assert_has_not(text, "\xe2\x80\xae");
	assert_has_not(text, ",=");
	assert_has_not(text, "\"=");
	for (const char *at = strchr(text, '\n'); at != NULL; at = strchr(at + 1, '\n'))
		assert_true(at[-1] == '\r' && at[1] != '@');
}

static void
test_hostile_cells(void **state)
{
	char *text;

	(void)state;
	plant_hostile();
	text = story_world_text(&world, mm_report_findings_csv);
	assert_harmless_cells(text);
	free(text);
	text = story_world_text(&world, mm_report_messages_csv);
	assert_harmless_cells(text);
	assert_has(text, "\"'=cmd|' /C calc'!A0U+001B[31mU+202E<script>alert(1)</script>\"\"quoted\"\",nextU+000D");
	free(text);
}

/* Spreadsheets set to an East Asian language take the wide signs for the narrow ones. */
static void
test_wide_formula(void **state)
{
	struct mm_buf cell;

	(void)state;
	mm_buf_init(&cell, 64);
	mm_report_add_cell(&cell, mm_slice_str("\xef\xbc\x9d""1+1"));
	mm_report_add_cell(&cell, mm_slice_str("\xef\xbc\x81"));
	assert_true(mm_buf_ok(&cell));
	assert_int_equal(cell.len, 10);
	assert_memory_equal(cell.data, "'\xef\xbc\x9d""1+1\xef\xbc\x81", 10);
	mm_buf_clear(&cell);
}

/*
 * Where a spreadsheet's language has the comma in its numbers, it cuts rows at semicolons, and knows quotes at the
 * beginning of a cell alone.
 */
static void
test_formula_behind_a_semicolon(void **state)
{
	static const char *const cells[][2] = {
		{ "a;=1+1", "\"a;'=1+1\"" }, { "a; -1;b;;@x", "\"a;' -1;b;;'@x\"" }, { "a;\"=1", "\"a;'\"\"=1\"" },
		{ " =1", "\"' =1\"" }, { "a=1;b", "\"a=1;b\"" }, { "=", "'=" }, { "a;", "\"a;\"" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cells) / sizeof(cells[0]); i++) {
		struct mm_buf cell;

		mm_buf_init(&cell, 64);
		mm_report_add_cell(&cell, mm_slice_str(cells[i][0]));
		mm_buf_add_u8(&cell, 0);
		assert_true(mm_buf_ok(&cell));
		assert_string_equal((const char *)cell.data, cells[i][1]);
		mm_buf_clear(&cell);
	}
}

static void
test_hostile_json(void **state)
{
	char *text;

	(void)state;
	plant_hostile();
	text = story_world_text(&world, story_world_json);
	assert_has(text, "!a0\\u001b[31m");
	assert_has(text, "\\\"quoted\\\",next\\u000d\\u000a@");
	assert_has_not(text, "\x1b");
	free(text);
}

/* ---- the same for everybody ---- */

static void
test_same_bytes(void **state)
{
	static story_world_report *const reports[] = { story_world_json, mm_report_findings_csv,
		mm_report_messages_csv };
	char *first[3], *again;

	(void)state;
	plant();
	world_write_bytes(&world.logs.logs, "again.jsonl", world.logs.audit.data, world.logs.audit.len / 2);
	world.logs.threads = 1;
	story_world_build(&world);
	for (size_t i = 0; i < 3; i++)
		first[i] = story_world_text(&world, reports[i]);
	for (unsigned threads = 1; threads <= 3; threads += 2) {
		world.logs.threads = threads;
		story_world_build(&world);
		for (size_t i = 0; i < 3; i++) {
			again = story_world_text(&world, reports[i]);
			assert_string_equal(again, first[i]);
			free(again);
		}
	}
	for (size_t i = 0; i < 3; i++)
		free(first[i]);
}

static void
test_of_nothing(void **state)
{
	char *text;

	(void)state;
	story_world_build(&world);
	text = story_world_text(&world, story_world_json);
	assert_has(text, "\"inputs\":[],");
	assert_has(text, "\"answers\":[],\"answers_dropped\":0}\n");
	free(text);
	text = story_world_text(&world, mm_report_messages_csv);
	assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
	free(text);
}

/* The disk is full. */
static void
test_stream_fails(void **state)
{
	static story_world_report *const reports[] = { story_world_json, mm_report_findings_csv,
		mm_report_messages_csv };

	(void)state;
	plant();
	story_world_build(&world);
	for (size_t i = 0; i < 3; i++) {
		FILE *full = fopen("/dev/full", "w");

		assert_non_null(full);
		errno = 0;
		assert_int_equal(reports[i](full, world.story), -1);
		assert_int_equal(errno, ENOSPC);
		(void)fclose(full);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_json, begin, finish),
		cmocka_unit_test_setup_teardown(test_messages_csv, begin, finish),
		cmocka_unit_test_setup_teardown(test_findings_csv, begin, finish),
		cmocka_unit_test_setup_teardown(test_hostile_cells, begin, finish),
		cmocka_unit_test(test_wide_formula),
		cmocka_unit_test(test_formula_behind_a_semicolon),
		cmocka_unit_test_setup_teardown(test_hostile_json, begin, finish),
		cmocka_unit_test_setup_teardown(test_same_bytes, begin, finish),
		cmocka_unit_test_setup_teardown(test_of_nothing, begin, finish),
		cmocka_unit_test_setup_teardown(test_stream_fails, begin, finish),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
