/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Problems: how they are told, and that a terminal gets nothing dangerous.
 */
#include "engine/problems.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void
assert_printed(const struct mm_problems *problems, bool with_remarks, const char *wanted)
{
	char *text = NULL;
	size_t len = 0;
	FILE *stream = open_memstream(&text, &len);

	assert_non_null(stream);
	mm_problems_print(problems, stream, with_remarks);
	assert_int_equal(fclose(stream), 0);
	assert_string_equal(text, wanted);
	free(text);
}

static void
test_form(void **state)
{
	struct mm_problems problems = { .count = 0 };

	(void)state;
	mm_problems_add(&problems, MM_PROBLEM_REMARK, "a.conf", 0, NULL, "just so");
	mm_problems_add(&problems, MM_PROBLEM_ALARM, "k.jwks", 0, "look at it", "a finding");
	assert_false(mm_problems_has_error(&problems));
	mm_problems_add(&problems, MM_PROBLEM_ERROR, "a.conf", 12, "write 10", "realm %s: %d is octal", "x", 8);
	assert_true(mm_problems_has_error(&problems));
	assert_printed(&problems, false,
	    "k.jwks: alarm: a finding\n    look at it\na.conf:12: realm x: 8 is octal\n    write 10\n");
	assert_printed(&problems, true,
	    "a.conf: remark: just so\nk.jwks: alarm: a finding\n    look at it\n"
	    "a.conf:12: realm x: 8 is octal\n    write 10\n");
	mm_problems_clear(&problems);
	assert_false(mm_problems_has_error(&problems));
	assert_printed(&problems, true, "");
}

static void
test_dangerous_bytes(void **state)
{
	struct mm_problems problems = { .count = 0 };

	(void)state;
	mm_problems_add(&problems, MM_PROBLEM_ERROR, "a\n.conf", 1, NULL, "%s",
	    "\x1b[31m \x7f \xff \xc2\x9b \xe2\x80\xae \xc2\xad \xc3\xa9");
	assert_printed(&problems, true,
	    "a\\x0a.conf:1: \\x1b[31m \\x7f \\xff \\xc2\\x9b \\xe2\\x80\\xae \\xc2\\xad \xc3\xa9\n");
	mm_problems_clear(&problems);
}

static void
test_notes(void **state)
{
	struct mm_problems problems = { .count = 0 };
	struct mm_note note = {
		.note_class = MM_NOTE_ALARM, .where = "common.jwks", .kid = mm_slice("a\0\\\xff", 4),
		.text = "is odd", .mend = "x",
	};

	(void)state;
	mm_problems_note(&problems, &note);
	note = (struct mm_note){ .note_class = MM_NOTE_REFUSED, .where = "imap", .text = "no realm" };
	mm_problems_note(&problems, &note);
	note = (struct mm_note){ .note_class = MM_NOTE_REMARK, .where = "imap", .text = "fine" };
	mm_problems_note(&problems, &note);
	assert_int_equal(problems.items[0].class, MM_PROBLEM_ALARM);
	assert_string_equal(problems.items[0].text, "key 'a\\x00\\x5c\\xff': is odd");
	assert_int_equal(problems.items[1].class, MM_PROBLEM_ERROR);
	assert_null(problems.items[1].mend);
	assert_int_equal(problems.items[2].class, MM_PROBLEM_REMARK);
	mm_problems_clear(&problems);
}

static void
test_kid_of_any_length(void **state)
{
	struct mm_problems problems = { .count = 0 };
	char kid[5000];
	struct mm_note note = { .note_class = MM_NOTE_ALARM, .where = "k", .kid = { kid, sizeof(kid) }, .text = "t" };

	(void)state;
	memset(kid, 1, sizeof(kid));
	mm_problems_note(&problems, &note);
	assert_int_equal(problems.count, 1);
	assert_true(strlen(problems.items[0].text) < 1100);
	mm_problems_clear(&problems);
}

static void
test_sort(void **state)
{
	struct mm_problems problems = { .count = 0 };
	static const char order[] = "dbaec";

	(void)state;
	mm_problems_add(&problems, MM_PROBLEM_ERROR, "f", 7, NULL, "a");
	mm_problems_add(&problems, MM_PROBLEM_ERROR, "f", 2, NULL, "b");
	mm_problems_add(&problems, MM_PROBLEM_ERROR, "f", 9, NULL, "c");
	mm_problems_add(&problems, MM_PROBLEM_ERROR, "f", 0, NULL, "d");
	mm_problems_add(&problems, MM_PROBLEM_ERROR, "f", 7, NULL, "e");
	mm_problems_sort(&problems);
	for (size_t i = 0; i < problems.count; i++)
		assert_int_equal(problems.items[i].text[0], order[i]);
	mm_problems_clear(&problems);
}

/* What could not be kept counts as an error, whatever else was found. */
static void
test_incomplete(void **state)
{
	struct mm_problems problems = { .incomplete = true };

	(void)state;
	assert_true(mm_problems_has_error(&problems));
	assert_printed(&problems, false, "memory was short: more may be wrong than is told here\n");
	mm_problems_clear(&problems);
	assert_false(mm_problems_has_error(&problems));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_form),
		cmocka_unit_test(test_dangerous_bytes),
		cmocka_unit_test(test_notes),
		cmocka_unit_test(test_kid_of_any_length),
		cmocka_unit_test(test_sort),
		cmocka_unit_test(test_incomplete),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
