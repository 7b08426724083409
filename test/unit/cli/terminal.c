/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What strangers wrote reaches a terminal harmless, and takes the columns that it is said to take.
 */
#include "cli/terminal.h"

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

struct shown_row {
	const char *bytes;
	const char *shown;
	size_t columns;
};

/* Put text into a string of its own, which the caller frees. */
static char *
put(struct mm_slice text, size_t max_columns, size_t *columns)
{
	char *shown = NULL;
	size_t len = 0;
	FILE *stream = open_memstream(&shown, &len);

	assert_non_null(stream);
	*columns = mm_terminal_put(stream, text, max_columns);
	assert_int_equal(fclose(stream), 0);
	return shown;
}

static void
check_rows(const struct shown_row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		size_t columns;
		char *shown = put(mm_slice_str(rows[i].bytes), SIZE_MAX, &columns);

		assert_string_equal(shown, rows[i].shown);
		assert_int_equal(columns, rows[i].columns);
		assert_int_equal(mm_terminal_width(mm_slice_str(rows[i].bytes)), rows[i].columns);
		free(shown);
	}
}

static void
dangerous_bytes_are_escaped(void **state)
{
	static const struct shown_row rows[] = {
		{ "plain ~", "plain ~", 7 },
		{ "", "", 0 },
		{ "\033[31m", "\\u001b[31m", 10 },
		{ "a\nb\tc\rd", "a\\u000ab\\u0009c\\u000dd", 22 },
		{ "\177", "\\u007f", 6 },
		{ "\302\233" "31m", "\\u009b31m", 9 },                 /* C1 control sequence introducer */
		{ "\233" "31m", "\\x9b31m", 7 },                       /* the same in 8 bits */
		{ "\342\200\256x", "\\u202ex", 7 },                    /* right-to-left override */
		{ "\342\201\246x", "\\u2066x", 7 },                    /* left-to-right isolate */
		{ "a\342\200\213b", "a\\u200bb", 8 },                  /* zero width space */
		{ "\357\273\277", "\\ufeff", 6 },                      /* byte order mark */
		{ "\363\240\201\201", "\\U000e0041", 10 },             /* tag letter */
		{ "\303", "\\xc3", 4 },                                /* cut */
		{ "\300\257", "\\xc0\\xaf", 8 },                       /* overlong */
		{ "\355\240\200", "\\xed\\xa0\\x80", 12 },             /* surrogate */
	};

	(void)state;
	check_rows(rows, MM_COUNT_OF(rows));
}

static void
letters_are_shown_where_the_terminal_has_them(void **state)
{
	static const struct shown_row utf8[] = {
		{ "\303\251", "\303\251", 1 },
		{ "\346\274\242", "\346\274\242", 2 },       /* wide */
		{ "e\314\201", "e\\u0301", 7 },              /* a mark without a column of its own */
	};
	static const struct shown_row ascii[] = {
		{ "\303\251", "\\u00e9", 6 },
		{ "\346\274\242", "\\u6f22", 6 },
	};

	(void)state;
	check_rows(utf8, MM_COUNT_OF(utf8));
	assert_non_null(setlocale(LC_CTYPE, "C"));
	check_rows(ascii, MM_COUNT_OF(ascii));
	assert_non_null(setlocale(LC_CTYPE, "C.UTF-8"));
}

static void
long_text_is_cut_at_its_column(void **state)
{
	static const struct {
		const char *text;
		size_t max_columns;
		const char *shown;
		size_t columns;
	} rows[] = {
		{ "abcdef", 6, "abcdef", 6 },
		{ "abcdef", 5, "abcd\342\200\246", 5 },
		{ "abcdef", 1, "\342\200\246", 1 },
		{ "abcdef", 0, "", 0 },
		{ "ab\033def", 5, "ab\342\200\246", 3 },               /* an escape is whole or not there */
		{ "a\346\274\242\346\274\242", 4, "a\346\274\242\342\200\246", 4 },
		{ "a\346\274\242\346\274\242", 3, "a\342\200\246", 2 }, /* so is a wide character */
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(rows); i++) {
		size_t columns;
		char *shown = put(mm_slice_str(rows[i].text), rows[i].max_columns, &columns);

		assert_string_equal(shown, rows[i].shown);
		assert_int_equal(columns, rows[i].columns);
		free(shown);
	}
}

static void
text_is_wrapped_at_blanks(void **state)
{
	char text[200], *shown = NULL;
	size_t len = 0;
	FILE *stream = open_memstream(&shown, &len);

	(void)state;
	memset(text, 'x', sizeof(text));
	for (size_t i = 7; i < sizeof(text); i += 8)
		text[i] = ' ';
	assert_non_null(stream);
	mm_terminal_put_wrapped(stream, mm_slice(text, sizeof(text)), 4);
	assert_int_equal(fclose(stream), 0);
	for (const char *line = shown; *line != '\0';) {
		const char *end = strchr(line, '\n');

		assert_non_null(end);
		assert_in_range(end - line, 1, 80);
		line = end + 1;
	}
	free(shown);
}

static void
styles_are_for_terminals(void **state)
{
	char *shown = NULL;
	size_t len = 0;
	FILE *stream = open_memstream(&shown, &len);

	(void)state;
	assert_non_null(stream);
	mm_terminal_begin(stream, MM_STYLE_BAD);
	mm_terminal_put_padded(stream, mm_slice_str("ab"), 5);
	mm_terminal_put_padded(stream, mm_slice_str("abcdef"), 5);
	mm_terminal_end(stream);
	assert_int_equal(mm_terminal_columns(stream), 0);
	assert_int_equal(fclose(stream), 0);
	assert_string_equal(shown, "ab   abcdef ");
	free(shown);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dangerous_bytes_are_escaped),
		cmocka_unit_test(letters_are_shown_where_the_terminal_has_them),
		cmocka_unit_test(long_text_is_cut_at_its_column),
		cmocka_unit_test(text_is_wrapped_at_blanks),
		cmocka_unit_test(styles_are_for_terminals),
	};

	if (setlocale(LC_CTYPE, "C.UTF-8") == NULL)
		return 77;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
