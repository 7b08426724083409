/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows of CSV end where they should, their fields are what was written, and faults of quotes lose nothing.
 */
#include "engine/logs/csv.h"

#include "lib/base/array.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define FIELDS_MAX 8

struct row {
	const char *text;
	char delimiter;
	size_t len;  /* of the first row, as more text may follow */
	size_t last; /* of it, as none does */
	const char *fields[FIELDS_MAX]; /* as they stand, of what lies in the first row if it is the last */
	bool fault;
};

static const struct row rows[] = {
	{ "", ',', 0, 0, { NULL }, false },
	{ "a,b\n", ',', 4, 4, { "a", "b" }, false },
	{ "a,b\r\nc,d\r\n", ',', 5, 5, { "a", "b" }, false },
	{ "a,b", ',', 0, 3, { "a", "b" }, false },
	{ "a;b,c\tx\n", ';', 8, 8, { "a", "b,c\tx" }, false },
	{ "a\tb\n", '\t', 4, 4, { "a", "b" }, false },
	{ ",,\n", ',', 3, 3, { "", "", "" }, false },
	{ "\"a,b\",\"c\"\n", ',', 10, 10, { "a,b", "c" }, false },
	{ "\"two\r\nlines\",x\r\ny", ',', 16, 16, { "two\r\nlines", "x" }, false },
	{ "\"say \"\"hi\"\"\",x\n", ',', 15, 15, { "say \"\"hi\"\"", "x" }, false },
	{ "\"\",\"\"\"\"\n", ',', 8, 8, { "", "\"\"" }, false },
	{ "\"{\"\"a\"\":\"\"b\\\"\"c\"\"}\",1\n", ',', 22, 22, { "{\"\"a\"\":\"\"b\\\"\"c\"\"}", "1" }, false },
	{ "x\"y\"z,\"a\"\n", ',', 10, 10, { "x\"y\"z", "a" }, false }, /* quotes within a field are characters */
	{ "\"a\"", ',', 0, 3, { "a" }, false },
	{ "\"a\"\n", ',', 4, 4, { "a" }, false },

	{ "\"a\"b,c\n", ',', 7, 7, { "\"a\"b", "c" }, true },
	{ "\"a\" ,c\n", ',', 7, 7, { "\"a\" ", "c" }, true },
	{ "\"a,b\nc,d\n", ',', 0, 0, { NULL }, true }, /* not closed */
	{ "a,\"b\"\"", ',', 0, 0, { NULL }, true },
};

static void
test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(rows); i++) {
		const struct row *row = &rows[i];
		size_t len = strlen(row->text), got;
		char *text = malloc(len + 1);

		assert_non_null(text);
		memcpy(text, row->text, len);
		got = mm_csv_row(mm_slice(text, len), row->delimiter, false);
		if (got != row->len)
			fail_msg("%s: %zu", row->text, got);
		got = mm_csv_row(mm_slice(text, len), row->delimiter, true);
		if (got != row->last)
			fail_msg("%s: last %zu", row->text, got);
		free(text);
	}
}

static void
test_fields(void **state)
{
	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(rows); i++) {
		const struct row *row = &rows[i];
		struct mm_csv_field fields[FIELDS_MAX];
		const char *fault;
		size_t count = mm_csv_split(mm_slice(row->text, row->last), row->delimiter, fields, FIELDS_MAX, &fault);

		if (row->fields[0] == NULL)
			continue;
		for (size_t j = 0; j < count; j++)
			if (row->fields[j] == NULL || !mm_slice_equal(fields[j].text, mm_slice_str(row->fields[j])))
				fail_msg("%s: field %zu is '%.*s'", row->text, j, (int)fields[j].text.len,
				    fields[j].text.ptr);
		assert_null(row->fields[count]);
		assert_int_equal(fault != NULL, row->fault);
	}
}

static void
test_more_fields_than_room(void **state)
{
	struct mm_csv_field fields[2];
	const char *fault;

	(void)state;
	assert_int_equal(mm_csv_split(mm_slice_str("a,b,c,\"d\n"), ',', fields, 2, &fault), 4);
	assert_true(mm_slice_equal(fields[1].text, mm_slice_str("b")));
	assert_string_equal(fault, "a quote is not closed");
	assert_int_equal(mm_csv_split(mm_slice_str(""), ',', fields, 2, NULL), 1);
}

static void
test_undoubles(void **state)
{
	static const struct {
		const char *doubled, *single;
	} texts[] = {
		{ "", "" },
		{ "plain", "plain" },
		{ "\"\"", "\"" },
		{ "\"\"\"\"", "\"\"" },
		{ "{\"\"Id\"\":\"\"20fd5006-645b-42be-e9de-08db592255ac\"\"}",
		    "{\"Id\":\"20fd5006-645b-42be-e9de-08db592255ac\"}" },
		{ "a\"\"", "a\"" },
		{ "lone\"quote", "lone\"quote" },
		{ "lone\"", "lone\"" },
	};
	char out[128];

	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(texts); i++) {
		size_t len = mm_csv_undouble(mm_slice_str(texts[i].doubled), out);

		assert_true(mm_slice_equal(mm_slice(out, len), mm_slice_str(texts[i].single)));
	}
}

static void
test_quotes_at_every_place(void **state)
{
	char text[256];

	(void)state;
	/* A doubled quote and the closing one fall on every place of what is searched at once. */
	for (size_t content = 0; content < 140; content++)
		for (size_t quote = 0; quote <= content; quote++) {
			size_t len = 0;
			struct mm_csv_field fields[2];

			text[len++] = '"';
			for (size_t i = 0; i < content; i++) {
				if (i == quote) {
					text[len++] = '"';
					text[len++] = '"';
				}
				text[len++] = i % 7 == 3 ? '\n' : 'x';
			}
			text[len++] = '"';
			text[len++] = ',';
			text[len++] = 'y';
			text[len++] = '\n';
			assert_int_equal(mm_csv_row(mm_slice(text, len), ',', false), len);
			assert_int_equal(mm_csv_split(mm_slice(text, len), ',', fields, 2, NULL), 2);
			assert_int_equal(fields[0].text.len, len - 5);
			assert_int_equal(fields[0].doubled, quote < content);
		}
}

static void
test_runs_of_quotes_of_every_length_and_place(void **state)
{
	char text[512], out[512];

	(void)state;
	for (size_t before = 0; before < 70; before++)
		for (size_t run = 0; run < 140; run++) {
			size_t len = 0, row;
			struct mm_csv_field field;

			text[len++] = '"';
			memset(text + len, 'x', before);
			len += before;
			memset(text + len, '"', run);
			len += run;
			memset(text + len, 'y', 70);
			len += 70;
			text[len++] = '\n';
			row = mm_csv_row(mm_slice(text, len), ',', false);
			/* An odd run closes the field, and text stands behind it; behind an even one it goes on. */
			assert_int_equal(row, run % 2 == 1 ? len : 0);
			if (run % 2 == 1)
				continue;
			text[len - 1] = '"';
			assert_int_equal(mm_csv_row(mm_slice(text, len), ',', true), len);
			assert_int_equal(mm_csv_split(mm_slice(text, len), ',', &field, 1, NULL), 1);
			assert_int_equal(field.text.len, before + run + 70);
			assert_int_equal(mm_csv_undouble(field.text, out), before + run / 2 + 70);
			for (size_t i = 0; i < before + run / 2 + 70; i++)
				assert_int_equal(out[i], i < before ? 'x' : i < before + run / 2 ? '"' : 'y');
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_more_fields_than_room),
		cmocka_unit_test(test_undoubles),
		cmocka_unit_test(test_quotes_at_every_place),
		cmocka_unit_test(test_runs_of_quotes_of_every_length_and_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
