/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Forms are recognised, and a text is taken apart into the same spans however it is cut into blocks.
 */
#include "engine/logs/form.h"

#include "lib/base/array.h"
#include "lib/base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* What a long record is here, so that tests of it are short. */
#define LONG 4096

struct recognise_row {
	const char *text;
	enum mm_logs_form form;
	bool wrapped;
	char delimiter;
};

static const struct recognise_row recognise_rows[] = {
	{ "", MM_LOGS_NO_FORM, false, 0 },
	{ " \r\n", MM_LOGS_NO_FORM, false, 0 },
	{ "\xEF\xBB\xBF", MM_LOGS_NO_FORM, false, 0 },
	{ "PK\x03\x04 binary", MM_LOGS_NO_FORM, false, 0 },
	{ "# Title\n\nSome prose, with a comma.\n", MM_LOGS_NO_FORM, false, 0 },
	{ "{\"a\":1}", MM_LOGS_JSON_LINES, false, 0 },
	{ "{\"a\":1}\n{\"a\":2}\n", MM_LOGS_JSON_LINES, false, 0 },
	{ "\r\n {\"a\":1} \r\n{\"a\":2}\r\n", MM_LOGS_JSON_LINES, false, 0 },
	{ "{\"a\":1}{\"a\":2}\n{\"a\":3}\n", MM_LOGS_JSON_LINES, false, 0 },
	{ "{\"a\":1}{\"a\":2}\n", MM_LOGS_JSON_TEXT, false, 0 },
	{ "{\n  \"a\": 1\n}\n", MM_LOGS_JSON_TEXT, false, 0 },
	{ "[{\"a\":1},{\"a\":2}]", MM_LOGS_JSON_TEXT, false, 0 },
	{ "    [{\r\n  \"a\": 1\r\n}]", MM_LOGS_JSON_TEXT, false, 0 },
	{ "[]", MM_LOGS_JSON_TEXT, false, 0 },
	{ "{\"@odata.context\":\"x\",\"value\":[{\"a\":1}]}", MM_LOGS_JSON_TEXT, true, 0 },
	{ "{\"records\" : [ ]}", MM_LOGS_JSON_TEXT, true, 0 },
	{ "{\"value\":[1]}", MM_LOGS_JSON_LINES, false, 0 },
	{ "{\"a\":\"cut\n{\"a\":2}\n", MM_LOGS_JSON_LINES, false, 0 },
	{ "ut begin\",\"b\":1}\n{\"a\":2}\n", MM_LOGS_JSON_LINES, false, 0 },
	{ "RecordType,CreationDate\n1,2\n", MM_LOGS_CSV, false, ',' },
	{ "\"RecordType\",\"CreationDate\"\r\n1,2\r\n", MM_LOGS_CSV, false, ',' },
	{ "RecordType;CreationDate;Who, and why\n1;2\n", MM_LOGS_CSV, false, ';' },
	{ "RecordType\tCreationDate\n", MM_LOGS_CSV, false, '\t' },
	{ "sep=;\r\na;b\r\n", MM_LOGS_CSV, false, ';' },
	{ "#TYPE Selected.System.Object\r\n\"a\",\"b\"\r\n", MM_LOGS_CSV, false, ',' },
	{ "\"AuditData\"\r\n\"{}\"\r\n", MM_LOGS_CSV, false, ',' },
	{ "Nov 28 19:33:01 mail dovecot: imap-login: Login: user=<a>, rip=1\n", MM_LOGS_LINES, false, 0 },
	{ "Nov  8 19:33:01 imap-login: Info: Login: user=<a>, rip=1\n", MM_LOGS_LINES, false, 0 },
	{ "2026-11-28T19:33:01+01:00 mail dovecot: x, y\n", MM_LOGS_LINES, false, 0 },
	{ "<22>Nov 28 19:33:01 mail dovecot: x\n", MM_LOGS_LINES, false, 0 },
};

static void
test_recognises(void **state)
{
	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(recognise_rows); i++) {
		const struct recognise_row *row = &recognise_rows[i];
		size_t len = strlen(row->text);
		char *text = malloc(len + 1);
		struct mm_logs_layout layout;

		assert_non_null(text);
		memcpy(text, row->text, len);
		assert_int_equal(mm_logs_form_recognise(mm_slice(text, len), &layout), row->form != MM_LOGS_NO_FORM);
		if (layout.form != row->form || layout.wrapped != row->wrapped || layout.delimiter != row->delimiter)
			fail_msg("%s: %s", row->text, mm_logs_form_name(layout.form));
		free(text);
	}
	{
		struct mm_logs_layout layout;

		assert_false(mm_logs_form_recognise(mm_slice("{\"a\":\"\0\"}", 9), &layout));
	}
}

static void
test_knows_the_header(void **state)
{
	static const char text[] = "sep=,\n\"a\",\"b\"\r\n1,2\r\n";
	struct mm_logs_layout layout;

	(void)state;
	assert_true(mm_logs_form_recognise(mm_slice_str(text), &layout));
	assert_true(mm_slice_equal(layout.header, mm_slice_str("\"a\",\"b\"\r\n")));
	assert_string_equal(text + layout.body, "1,2\r\n");
}

/* ---- taking apart ---- */

/* Write what a span is: R, C or N, its text between < and >. */
static void
tell_span(struct mm_buf *told, enum mm_logs_span kind, struct mm_slice span)
{
	mm_buf_add_str(told, kind == MM_LOGS_RECORD ? "R<" : kind == MM_LOGS_SPAN_CUT ? "C<" : "N<");
	mm_buf_add_slice(told, span);
	mm_buf_add_str(told, ">");
}

static void
tell_block(const struct mm_logs_layout *layout, struct mm_logs_stand stand, struct mm_slice block, struct mm_buf *told)
{
	enum mm_logs_span kind;
	struct mm_slice span;
	size_t position = 0;

	while (mm_logs_form_next(layout, &stand, block, &position, &kind, &span)) {
		assert_true(position <= block.len);
		assert_true(span.ptr >= block.ptr && span.ptr + span.len <= block.ptr + block.len);
		tell_span(told, kind, span);
	}
}

/* Read text in blocks of at least room bytes, as a reading does, and tell its spans; L is a long record passed over. */
static void
take_apart(const struct mm_logs_layout *layout, struct mm_slice text, size_t room, struct mm_buf *told)
{
	struct mm_logs_stand stand = { 0 };
	size_t begin = 0, end = 0;

	while (begin < text.len) {
		struct mm_logs_stand before = stand;
		struct mm_slice block;
		size_t cut;

		end = end + room < text.len ? end + room : text.len;
		block.ptr = malloc(end - begin);
		assert_non_null(block.ptr);
		memcpy((char *)(uintptr_t)block.ptr, text.ptr + begin, end - begin);
		block.len = end - begin;
		if (stand.skipping || (block.len > LONG && end < text.len)) {
			cut = 0;
			if (!stand.skipping)
				cut = mm_logs_form_cut(layout, &stand, block, false);
			if (cut == 0) {
				if (!stand.skipping)
					mm_buf_add_str(told, "L");
				begin += mm_logs_form_skip(layout, &stand, block);
				free((char *)(uintptr_t)block.ptr);
				continue;
			}
		} else
			cut = mm_logs_form_cut(layout, &stand, block, end == text.len);
		tell_block(layout, before, mm_slice(block.ptr, cut), told);
		begin += cut;
		free((char *)(uintptr_t)block.ptr);
	}
	if (mm_logs_form_open(&stand))
		mm_buf_add_str(told, "OPEN");
}

/* Take text apart in blocks of all sizes: its spans are always those expected. */
static void
check_spans(const char *text, const char *expected)
{
	struct mm_slice whole = mm_slice_str(text);
	struct mm_logs_layout layout;

	assert_true(mm_logs_form_recognise(whole, &layout));
	whole.ptr += layout.body;
	whole.len -= layout.body;
	for (size_t room = 1; room <= whole.len + 1; room++) {
		struct mm_buf told;

		mm_buf_init(&told, 1024 * 1024);
		take_apart(&layout, whole, room, &told);
		mm_buf_add_u8(&told, 0);
		if (strcmp(told.data, expected) != 0)
			fail_msg("%s\nin blocks of %zu: %s", text, room, told.data);
		mm_buf_clear(&told);
	}
}

static void
test_lines_of_json(void **state)
{
	(void)state;
	check_spans("{\"a\":1}\n{\"a\":2}\r\n\n  {\"a\":3}", "R<{\"a\":1}>R<{\"a\":2}>R<{\"a\":3}>");
	check_spans("{\"a\":1}\nnoise\n[{\"b\":1}]\n{\"a\":\"cut\n\xEF\xBB\xBF{\"a\":2},\n",
	    "R<{\"a\":1}>N<noise>R<[{\"b\":1}]>R<{\"a\":\"cut>R<{\"a\":2},>");
}

static void
test_json_text(void **state)
{
	(void)state;
	check_spans("[{\"a\":1},{\"a\":\"]}\"} , {\"a\":[{}]}]", "R<{\"a\":1}>R<{\"a\":\"]}\"}>R<{\"a\":[{}]}>");
	check_spans("{\n \"a\":1\n}\n{\n \"a\":\"\\\"}\"\n}", "R<{\n \"a\":1\n}>R<{\n \"a\":\"\\\"}\"\n}>");
	check_spans("[[{\"a\":1}],\n[{\"a\":2}]]\xEF\xBB\xBF[{\"a\":3}]", "R<{\"a\":1}>R<{\"a\":2}>R<{\"a\":3}>");
	check_spans("[]", "");
	check_spans("[{\"a\":1}", "R<{\"a\":1}>OPEN");
	check_spans("[{\"a\":1},", "R<{\"a\":1}>OPEN");
	check_spans("[{\"a\":1},{\"a\"", "R<{\"a\":1}>C<{\"a\">OPEN");
	check_spans("[{\"a\":1},\n{\"a\":{\"b\":\n\n", "R<{\"a\":1}>C<{\"a\":{\"b\":\n\n>OPEN");
}

static void
test_wrapped_json(void **state)
{
	(void)state;
	check_spans("{\"@odata.context\":\"{[\",\"value\":[{\"a\":1},{\"value\":[{}]}],\"next\":[\"x\",{\"y\":1}]}",
	    "R<{\"a\":1}>R<{\"value\":[{}]}>");
	check_spans("{\"value\":[{\"a\":1}]}\n{\"next\":null,\"value\":[]}{\"value\":[{\"a\":2}]}",
	    "R<{\"a\":1}>R<{\"a\":2}>");
	check_spans("{\"records\":[{\"a\":1}]", "R<{\"a\":1}>OPEN");
	check_spans("{\"records\":[{\"a\":1}],\"more\":\"x", "R<{\"a\":1}>C<\"more\":\"x>OPEN");
}

static void
test_json_text_with_faults(void **state)
{
	struct mm_logs_layout layout;
	struct mm_slice text;
	struct mm_buf told;

	(void)state;
	/* What has no end takes along what lies before the next record that begins as it did; no more. */
	text = mm_slice_str("[{\"a\":[1}},{\"a\":2},\n{\"a\":\"3}, {\"a\":4}, x {\"a\":5}");
	assert_true(mm_logs_form_recognise(text, &layout));
	mm_buf_init(&told, 4096);
	take_apart(&layout, text, text.len, &told);
	assert_true(mm_slice_equal(mm_slice(told.data, told.len),
	    mm_slice_str("C<{\"a\":[1}},>R<{\"a\":2}>C<{\"a\":\"3}, >R<{\"a\":4}>N<x >R<{\"a\":5}>OPEN")));
	mm_buf_clear(&told);
}

static void
test_deep_records_end(void **state)
{
	char text[1024];
	size_t len = 0;
	struct mm_logs_layout layout = { .form = MM_LOGS_JSON_TEXT };
	struct mm_buf told;

	(void)state;
	memcpy(text, "{\"a\":", 5);
	len = 5;
	memset(text + len, '[', 200);
	len += 200;
	memset(text + len, ']', 200);
	len += 200;
	memcpy(text + len, "}{\"b\":1}", 8);
	len += 8;
	mm_buf_init(&told, 4096);
	take_apart(&layout, mm_slice(text, len), len, &told);
	assert_int_equal(told.len, len + 6);
	assert_memory_equal(told.data, "R<{\"a\":[", 8);
	assert_memory_equal(told.data + told.len - 11, ">R<{\"b\":1}>", 11);
	mm_buf_clear(&told);
}

static void
test_endless_nesting_takes_bounded_time(void **state)
{
	/* A stranger's file may begin records without ending one, half a million times. */
	size_t count = 500000;
	char *text = malloc(count * 6);
	struct mm_logs_layout layout = { .form = MM_LOGS_JSON_TEXT };
	struct mm_logs_stand stand = { 0 };
	enum mm_logs_span kind;
	struct mm_slice span;
	size_t position = 0, spans = 0, bytes = 0;

	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i < count; i++)
		memcpy(text + i * 6, "{\"a\":[", 6);
	while (mm_logs_form_next(&layout, &stand, mm_slice(text, count * 6), &position, &kind, &span)) {
		assert_int_equal(kind, MM_LOGS_SPAN_CUT);
		bytes += span.len;
		spans++;
	}
	assert_int_equal(bytes, count * 6);
	assert_true(spans < 1000);
	free(text);
}

static void
test_csv(void **state)
{
	(void)state;
	check_spans("a,b\n1,\"x\ny\"\r\n\r\n2,\"\"\"\"\n3,4", "R<1,\"x\ny\"\r\n>R<2,\"\"\"\"\n>R<3,4>");
	check_spans("a\tb\n\tx\n", "R<\tx\n>");
	/* A quote that is not closed costs its line, not the rest. */
	check_spans("a,b\n1,2\n\"3,4\n5,6\n", "R<1,2\n>C<\"3,4>R<5,6\n>");
}

static void
test_lines(void **state)
{
	(void)state;
	check_spans("Nov 28 19:33:01 a\nNov 28 19:33:02 b \r\n\n  c", "R<Nov 28 19:33:01 a>R<Nov 28 19:33:02 b>R<c>");
}

/* A text with a record of len bytes in its middle, as each form has it. */
static void
check_long(enum mm_logs_form form, const char *before, const char *begin, const char *ending, const char *after,
    const char *expected)
{
	struct mm_logs_layout layout = { .form = form, .delimiter = ',' };

	for (size_t room = 100; room < 3 * LONG; room += 997) {
		struct mm_buf text, told;

		mm_buf_init(&text, 1024 * 1024);
		mm_buf_init(&told, 1024 * 1024);
		mm_buf_add_str(&text, before);
		mm_buf_add_str(&text, begin);
		for (unsigned i = 0; i < 8 * LONG; i++)
			mm_buf_add_u8(&text, i % 50 == 7 ? '\\' : i % 50 == 8 ? '"' : 'x');
		mm_buf_add_str(&text, ending);
		mm_buf_add_str(&text, after);
		take_apart(&layout, mm_slice(text.data, text.len), room, &told);
		mm_buf_add_u8(&told, 0);
		if (strcmp(told.data, expected) != 0)
			fail_msg("in blocks of %zu: %s", room, told.data);
		mm_buf_clear(&text);
		mm_buf_clear(&told);
	}
}

static void
test_long_records_are_passed_over(void **state)
{
	(void)state;
	check_long(MM_LOGS_JSON_LINES, "{\"a\":1}\n", "{\"a\":\"", "\"}\n", "{\"a\":2}\n", "R<{\"a\":1}>LR<{\"a\":2}>");
	check_long(MM_LOGS_JSON_TEXT, "[{\"a\":1},", "{\"b\":[{\"a\":\"", "\"}]}", ",{\"a\":2}]",
	    "R<{\"a\":1}>LR<{\"a\":2}>");
	check_long(MM_LOGS_CSV, "1,2\n", "3,", "\n", "5,6\n", "R<1,2\n>LR<5,6\n>");
	check_long(MM_LOGS_LINES, "a\n", "b", "\n", "c\n", "R<a>LR<c>");
}

static void
test_long_members_of_wrappers_are_passed_over(void **state)
{
	struct mm_logs_layout layout = { .form = MM_LOGS_JSON_TEXT, .wrapped = true };

	(void)state;
	for (size_t room = 100; room < 3 * LONG; room += 997) {
		struct mm_buf text, told;

		mm_buf_init(&text, 1024 * 1024);
		mm_buf_init(&told, 1024 * 1024);
		mm_buf_add_str(&text, "{\"x\":[\"");
		for (unsigned i = 0; i < 8 * LONG; i++)
			mm_buf_add_u8(&text, i % 50 == 7 ? ',' : i % 50 == 8 ? '}' : 'x');
		mm_buf_add_str(&text, "\"],\"value\":[{\"a\":1}]}");
		take_apart(&layout, mm_slice(text.data, text.len), room, &told);
		mm_buf_add_u8(&told, 0);
		assert_string_equal(told.data, "LR<{\"a\":1}>");
		mm_buf_clear(&text);
		mm_buf_clear(&told);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_recognises),
		cmocka_unit_test(test_knows_the_header),
		cmocka_unit_test(test_lines_of_json),
		cmocka_unit_test(test_json_text),
		cmocka_unit_test(test_wrapped_json),
		cmocka_unit_test(test_json_text_with_faults),
		cmocka_unit_test(test_deep_records_end),
		cmocka_unit_test(test_endless_nesting_takes_bounded_time),
		cmocka_unit_test(test_csv),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_long_records_are_passed_over),
		cmocka_unit_test(test_long_members_of_wrappers_are_passed_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
