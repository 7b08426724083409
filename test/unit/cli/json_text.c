/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON written anew says the same, and nothing in it is dangerous to look at.
 */
#include "cli/json_text.h"

#include "lib/base/array.h"

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct rewritten_row {
	const char *text;
	enum mm_json_layout layout;
	const char *rewritten;
};

static const struct rewritten_row rows[] = {
	{ "{}", MM_JSON_COMPACT, "{}" },
	{ " { } ", MM_JSON_INDENTED, "{}" },
	{ "{ \"a\" : [ 1 , -2.5e3, true , null ] }", MM_JSON_COMPACT, "{\"a\":[1,-2.5e3,true,null]}" },
	{ "{\"a\":1}", MM_JSON_INDENTED, "{\n    \"a\": 1\n  }" },
	{ "{\"a\":{},\"b\":[]}", MM_JSON_INDENTED, "{\n    \"a\": {},\n    \"b\": []\n  }" },
	{ "{\"a\":[{\"b\":1},2]}", MM_JSON_INDENTED,
	    "{\n    \"a\": [\n      {\n        \"b\": 1\n      },\n      2\n    ]\n  }" },
	{ "{\"{[,:\\\"\\\\\":\" ]} \"}", MM_JSON_COMPACT, "{\"{[,:\\\"\\\\\":\" ]} \"}" },
	{ "{\"a\":\"\\u001b\\ud83d\\ude00\"}", MM_JSON_COMPACT, "{\"a\":\"\\u001b\\ud83d\\ude00\"}" },
	{ "{\"a\":\"\177\342\200\256\"}", MM_JSON_COMPACT, "{\"a\":\"\\u007f\\u202e\"}" },
	{ "{\"a\":\"\363\240\201\201\"}", MM_JSON_INDENTED, "{\n    \"a\": \"\\udb40\\udc41\"\n  }" },
	{ "{\"\303\251\":\"\303\251\"}", MM_JSON_COMPACT, "{\"\303\251\":\"\303\251\"}" },
};

static void
it_says_the_same(void **state)
{
	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(rows); i++) {
		struct mm_buf buf;

		mm_buf_init(&buf, 1024);
		mm_json_text_write(&buf, mm_slice_str(rows[i].text), rows[i].layout, 2);
		assert_true(mm_buf_ok(&buf));
		assert_int_equal(buf.len, strlen(rows[i].rewritten));
		assert_memory_equal(buf.data, rows[i].rewritten, buf.len);
		mm_buf_clear(&buf);
	}
}

/* For a terminal that is not UTF-8, everything outside ASCII is escaped; for programs it is not. */
static void
the_terminal_decides_for_people_only(void **state)
{
	static const struct rewritten_row narrow[] = {
		{ "{\"\303\251\":1}", MM_JSON_COMPACT, "{\"\303\251\":1}" },
		{ "{\"\303\251\":1}", MM_JSON_INDENTED, "{\n    \"\\u00e9\": 1\n  }" },
		{ "{\"\360\237\230\200\":1}", MM_JSON_INDENTED, "{\n    \"\\ud83d\\ude00\": 1\n  }" },
	};

	(void)state;
	assert_non_null(setlocale(LC_CTYPE, "C"));
	for (size_t i = 0; i < MM_COUNT_OF(narrow); i++) {
		struct mm_buf buf;

		mm_buf_init(&buf, 1024);
		mm_json_text_write(&buf, mm_slice_str(narrow[i].text), narrow[i].layout, 2);
		assert_int_equal(buf.len, strlen(narrow[i].rewritten));
		assert_memory_equal(buf.data, narrow[i].rewritten, buf.len);
		mm_buf_clear(&buf);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_says_the_same),
		cmocka_unit_test(the_terminal_decides_for_people_only),
	};

	if (setlocale(LC_CTYPE, "C.UTF-8") == NULL)
		return 77;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
