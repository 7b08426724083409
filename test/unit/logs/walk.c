/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The walk takes what others write, tells where a text is cut, broken or too deep, and never reads beyond it.
 */
#include "engine/logs/walk.h"

#include "lib/base/array.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static const char *const names[] = { "a", "b", "Id", "CreationTime", "ClientIPAddress" };
static struct mm_walk_table table;

static struct mm_json_value values[MM_COUNT_OF(names)];

static int
make_table(void **state)
{
	(void)state;
	return mm_walk_table_init(&table, names, MM_COUNT_OF(names)) ? 0 : -1;
}

/* Walk a copy of exactly these bytes, so that a sanitizer sees a read beyond them. */
static enum mm_walk_end
walk_exactly(const char *text, size_t len, size_t *length)
{
	char *bytes = malloc(len == 0 ? 1 : len);
	enum mm_walk_end end;

	assert_non_null(bytes);
	memcpy(bytes, text, len);
	end = mm_walk_object(mm_slice(bytes, len), &table, values, NULL, length);
	free(bytes);
	return end;
}

struct end_row {
	const char *text;
	enum mm_walk_end end;
	size_t length; /* where it is whole */
};

static const struct end_row end_rows[] = {
	{ "{}", MM_WALK_WHOLE, 2 },
	{ " \t\r\n{ }x", MM_WALK_WHOLE, 7 },
	{ "{\"a\":1}", MM_WALK_WHOLE, 7 },
	{ "{\"a\" : [1, {\"b\":\"]}\"}, []] , \"b\": null}{", MM_WALK_WHOLE, 39 },
	{ "{\"a\":\"\\\"}\"}", MM_WALK_WHOLE, 11 },
	{ "{\"a\":\"\\\\\"}", MM_WALK_WHOLE, 10 },
	{ "{\"a\":\"raw\nline\x01\xff\"}", MM_WALK_WHOLE, 18 }, /* nobody's JSON, but nothing is lost by reading it */
	{ "{\"a\":NaN,\"b\":+.5}", MM_WALK_WHOLE, 17 },

	{ "", MM_WALK_CUT, 0 },
	{ "   ", MM_WALK_CUT, 0 },
	{ "{", MM_WALK_CUT, 0 },
	{ "{\"", MM_WALK_CUT, 0 },
	{ "{\"a", MM_WALK_CUT, 0 },
	{ "{\"a\"", MM_WALK_CUT, 0 },
	{ "{\"a\":", MM_WALK_CUT, 0 },
	{ "{\"a\":\"x", MM_WALK_CUT, 0 },
	{ "{\"a\":\"x\\", MM_WALK_CUT, 0 },
	{ "{\"a\":\"x\\\"", MM_WALK_CUT, 0 },
	{ "{\"a\":[", MM_WALK_CUT, 0 },
	{ "{\"a\":[\"", MM_WALK_CUT, 0 },
	{ "{\"a\":{\"b\":1}", MM_WALK_CUT, 0 },
	{ "{\"a\":1", MM_WALK_CUT, 0 },
	{ "{\"a\":1,", MM_WALK_CUT, 0 },

	{ "[]", MM_WALK_BROKEN, 0 },
	{ "x", MM_WALK_BROKEN, 0 },
	{ "\xEF\xBB\xBF{}", MM_WALK_BROKEN, 0 },
	{ "{a:1}", MM_WALK_BROKEN, 0 },
	{ "{,}", MM_WALK_BROKEN, 0 },
	{ "{\"a\":1,}", MM_WALK_BROKEN, 0 },
	{ "{\"a\":}", MM_WALK_BROKEN, 0 },
	{ "{\"a\" 1}", MM_WALK_BROKEN, 0 },
	{ "{\"a\":1 \"b\":2}", MM_WALK_BROKEN, 0 },
	{ "{\"a\":x\"y\"}", MM_WALK_BROKEN, 0 },
	{ "{\"a\":[}]}", MM_WALK_BROKEN, 0 },
	{ "{\"a\":{]}}", MM_WALK_BROKEN, 0 },
	{ "{\"CreationTime\":\"2023{\"Id\":\"x\"}", MM_WALK_BROKEN, 0 }, /* two records that ran into each other */
};

static void
test_tells_how_it_ended(void **state)
{
	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(end_rows); i++) {
		const struct end_row *row = &end_rows[i];
		size_t length = 0;

		if (walk_exactly(row->text, strlen(row->text), &length) != row->end)
			fail_msg("%s", row->text);
		if (row->end == MM_WALK_WHOLE && length != row->length)
			fail_msg("%s: %zu", row->text, length);
	}
}

static void
test_a_record_cut_anywhere_is_cut(void **state)
{
	const char *record = "{\"CreationTime\":\"2023-05-20T11:07:00\","
	                     "\"Id\":\"20fd5006-645b-42be-e9de-08db592255ac\","
	                     "\"a\":[{\"Name\":\"AuditBypassEnabled\",\"Value\":\"Tr\\u0075e\"}],\"b\":false}";

	(void)state;
	for (size_t len = 0; len < strlen(record); len++)
		assert_int_equal(walk_exactly(record, len, NULL), MM_WALK_CUT);
	assert_int_equal(walk_exactly(record, strlen(record), NULL), MM_WALK_WHOLE);
}

static void
test_finds_values_by_name(void **state)
{
	const char *text = "{\"b\":[1],\"other\":\"a\",\"ClientIPAddress\":\"192.0.2.1\",\"nested\":{\"a\":7},"
	                   "\"Id\":null,\"CreationTime\":\"x\\n\",\"CreationTimE\":1,\"CreationTim\":1,\"\":1}";

	(void)state;
	assert_int_equal(mm_walk_object(mm_slice_str(text), &table, values, NULL, NULL), MM_WALK_WHOLE);
	assert_int_equal(values[0].type, MM_JSON_ABSENT); /* not the nested one */
	assert_int_equal(values[1].type, MM_JSON_ARRAY);
	assert_true(mm_slice_equal(values[1].text, mm_slice_str("[1]")));
	assert_int_equal(values[2].type, MM_JSON_NULL);
	assert_int_equal(values[3].type, MM_JSON_STRING);
	assert_true(values[3].escaped);
	assert_true(mm_slice_equal(values[3].text, mm_slice_str("x\\n")));
	assert_true(mm_slice_equal(values[4].text, mm_slice_str("192.0.2.1")));
	assert_false(values[4].escaped);
}

static void
test_takes_the_last_of_two_and_counts(void **state)
{
	uint32_t twice = 0;

	(void)state;
	assert_int_equal(mm_walk_object(mm_slice_str("{\"a\":1,\"a\":2,\"x\":1,\"x\":2,\"a\":3}"), &table, values,
	    &twice, NULL), MM_WALK_WHOLE);
	assert_true(mm_slice_equal(values[0].text, mm_slice_str("3")));
	assert_int_equal(twice, 2);
}

static void
test_follows_nesting_so_far(void **state)
{
	char text[2 * MM_WALK_DEPTH_MAX + 32];

	(void)state;
	for (size_t depth = 1; depth <= MM_WALK_DEPTH_MAX + 1; depth++) {
		size_t len = 0;

		memcpy(text, "{\"a\":", 5);
		len = 5;
		memset(text + len, '[', depth);
		len += depth;
		memset(text + len, ']', depth);
		len += depth;
		text[len++] = '}';
		assert_int_equal(walk_exactly(text, len, NULL),
		    depth <= MM_WALK_DEPTH_MAX ? MM_WALK_WHOLE : MM_WALK_DEEP);
	}
}

static void
test_strings_of_every_length_and_place(void **state)
{
	char text[200];

	(void)state;
	/* The end of the string and an escape in it fall on every place of what is searched at once. */
	for (size_t content = 0; content < 70; content++)
		for (size_t escape = 0; escape <= content; escape++) {
			size_t len = 5, escapes = escape < content;

			memcpy(text, "{\"a\":", len);
			text[len++] = '"';
			for (size_t i = 0; i < content; i++) {
				if (i == escape)
					text[len++] = '\\';
				text[len++] = i == escape ? '"' : 'x';
			}
			text[len++] = '"';
			text[len++] = '}';
			assert_int_equal(mm_walk_object(mm_slice(text, len), &table, values, NULL, NULL),
			    MM_WALK_WHOLE);
			assert_int_equal(values[0].text.len, content + escapes);
			assert_int_equal(values[0].escaped, escapes);
		}
}

static void
test_unescapes(void **state)
{
	static const struct {
		const char *escaped, *content;
	} rows[] = {
		{ "", "" },
		{ "plain", "plain" },
		{ "\\\\Inbox", "\\Inbox" },
		{ "a\\/b\\\"c", "a/b\"c" },
		{ "\\b\\f\\n\\r\\t", "\b\f\n\r\t" },
		{ "\\u003cid\\u003E", "<id>" },
		{ "\\u20ac\\u00e9", "\xE2\x82\xAC\xC3\xA9" },
		{ "\\ud83d\\ude00!", "\xF0\x9F\x98\x80!" },
		{ "\\ud83d!", "\xEF\xBF\xBD!" },
		{ "\\ude00\\ud83d", "\xEF\xBF\xBD\xEF\xBF\xBD" },
		{ "\\ud83d\\u0041", "\xEF\xBF\xBD" "A" },
		{ "\\x\\u12g4", "\\x\\u12g4" },
		{ "\\u00", "\\u00" },
	};
	char room[64];

	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(rows); i++) {
		struct mm_json_value value = { mm_slice_str(rows[i].escaped), MM_JSON_STRING, true };
		struct mm_scratch scratch;
		struct mm_slice content;

		mm_scratch_init(&scratch, room, strlen(rows[i].escaped));
		assert_true(mm_walk_string(value, &scratch, &content));
		if (!mm_slice_equal(content, mm_slice_str(rows[i].content)))
			fail_msg("%s", rows[i].escaped);
		assert_int_equal(scratch.used, content.len); /* no more is taken than is held */
	}
}

static void
test_unescaping_stays_in_its_scratch(void **state)
{
	struct mm_json_value value = { mm_slice_str("\\n\\n"), MM_JSON_STRING, true };
	struct mm_scratch scratch;
	struct mm_slice content;
	char room[3];

	(void)state;
	mm_scratch_init(&scratch, room, sizeof(room));
	assert_false(mm_walk_string(value, &scratch, &content));
	value.type = MM_JSON_NUMBER;
	assert_false(mm_walk_string(value, &scratch, &content));
}

static void
test_walks_arrays_and_objects(void **state)
{
	struct mm_json_value array, element, member;
	struct mm_slice name;
	size_t position = 0, count = 0;

	(void)state;
	assert_int_equal(mm_walk_value(mm_slice_str(" [ {\"Name\" : \"A\", \"Value\":1 } ,2, [3],\"x\" ] "), &array,
	    NULL), MM_WALK_WHOLE);
	while (mm_walk_next(array, &position, &element)) {
		size_t at = 0, members = 0;

		while (mm_walk_next_member(element, &at, &name, &member))
			members++;
		assert_int_equal(members, count == 0 ? 2 : 0);
		count++;
	}
	assert_int_equal(count, 4);
	assert_false(mm_walk_next(array, &position, &element));

	assert_int_equal(mm_walk_value(mm_slice_str("[]"), &array, NULL), MM_WALK_WHOLE);
	position = 0;
	assert_false(mm_walk_next(array, &position, &element));
	array.type = MM_JSON_STRING;
	assert_false(mm_walk_next(array, &position, &element));
}

static void
test_finds_members_of_an_arrays_objects(void **state)
{
	/* What is broken in the third has its brackets all the same. */
	const char *text = "[{\"b\":[{}],\"x\":2,\"a\":1} , \"a\",{\"a\":\"}\",\"b\" 2,\"Id\":3},{\"a\":4}]";
	static const struct {
		enum mm_json_type type;
		const char *element, *a, *b;
	} rows[] = {
		{ MM_JSON_OBJECT, "{\"b\":[{}],\"x\":2,\"a\":1}", "1", "[{}]" },
		{ MM_JSON_STRING, "a", "", "" },
		{ MM_JSON_OBJECT, "{\"a\":\"}\",\"b\" 2,\"Id\":3}", "}", "" },
		{ MM_JSON_OBJECT, "{\"a\":4}", "4", "" },
	};
	struct mm_json_value array, element;
	size_t position = 0;

	(void)state;
	assert_int_equal(mm_walk_value(mm_slice_str(text), &array, NULL), MM_WALK_WHOLE);
	for (size_t i = 0; i < MM_COUNT_OF(rows); i++) {
		assert_true(mm_walk_next_object(array, &position, &table, values, &element));
		assert_int_equal(element.type, rows[i].type);
		assert_true(mm_slice_equal(element.text, mm_slice_str(rows[i].element)));
		assert_int_equal(values[0].text.len, strlen(rows[i].a));
		assert_memory_equal(values[0].text.ptr, rows[i].a, strlen(rows[i].a));
		assert_int_equal(values[1].text.len, strlen(rows[i].b));
		assert_int_equal(values[2].type, MM_JSON_ABSENT);
	}
	assert_false(mm_walk_next_object(array, &position, &table, values, &element));
	array.type = MM_JSON_OBJECT;
	position = 0;
	assert_false(mm_walk_next_object(array, &position, &table, values, &element));
}

static void
test_a_container_that_holds_no_values_ends(void **state)
{
	struct mm_json_value array, element;
	size_t position = 0;

	(void)state;
	/* Brackets match, so it was walked over; what is within is none. */
	assert_int_equal(mm_walk_value(mm_slice_str("[:]"), &array, NULL), MM_WALK_WHOLE);
	assert_false(mm_walk_next(array, &position, &element));
}

static void
test_numbers_and_truths(void **state)
{
	static const struct {
		const char *text;
		enum mm_json_type type;
		bool is_number, is_truth;
		int64_t number;
		bool truth;
	} rows[] = {
		{ "50", MM_JSON_NUMBER, true, false, 50, false },
		{ "50", MM_JSON_STRING, true, false, 50, false },
		{ "-3", MM_JSON_NUMBER, true, false, -3, false },
		{ "1", MM_JSON_STRING, true, true, 1, true },
		{ "0", MM_JSON_NUMBER, true, true, 0, false },
		{ "true", MM_JSON_BOOLEAN, false, true, 0, true },
		{ "False", MM_JSON_STRING, false, true, 0, false },
		{ "TRUE", MM_JSON_STRING, false, true, 0, true },
		{ "", MM_JSON_STRING, false, false, 0, false },
		{ "-", MM_JSON_NUMBER, false, false, 0, false },
		{ "1.5", MM_JSON_NUMBER, false, false, 0, false },
		{ "999999999999999999", MM_JSON_NUMBER, true, false, INT64_C(999999999999999999), false },
		{ "9999999999999999999", MM_JSON_NUMBER, false, false, 0, false },
		{ "[1]", MM_JSON_ARRAY, false, false, 0, false },
		{ "null", MM_JSON_NULL, false, false, 0, false },
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(rows); i++) {
		struct mm_json_value value = { mm_slice_str(rows[i].text), rows[i].type, false };
		int64_t number = 0;
		bool truth = false;

		assert_int_equal(mm_walk_integer(value, &number), rows[i].is_number);
		assert_int_equal(number, rows[i].number);
		assert_int_equal(mm_walk_truth(value, &truth), rows[i].is_truth);
		if (rows[i].is_truth)
			assert_int_equal(truth, rows[i].truth);
	}
}

static void
test_a_table_holds_each_name_once(void **state)
{
	static char texts[MM_WALK_NAMES_MAX + 1][8];
	const char *many[MM_WALK_NAMES_MAX + 1];
	struct mm_walk_table full;

	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(many); i++) {
		(void)snprintf(texts[i], sizeof(texts[i]), "n%zu", i);
		many[i] = texts[i];
	}
	assert_true(mm_walk_table_init(&full, many, MM_WALK_NAMES_MAX));
	for (size_t i = 0; i < MM_WALK_NAMES_MAX; i++)
		assert_int_equal(mm_walk_table_find(&full, mm_slice_str(many[i])), i);
	assert_int_equal(mm_walk_table_find(&full, mm_slice_str("n999")), -1);
	assert_false(mm_walk_table_init(&full, many, MM_WALK_NAMES_MAX + 1));
	many[1] = many[0];
	assert_false(mm_walk_table_init(&full, many, 2));
	many[1] = "";
	assert_false(mm_walk_table_init(&full, many, 2));
}

/* ---- containers, 64 bytes at a time ---- */

/* Walk over the container that text begins with as its brackets and strings say, byte by byte. */
static enum mm_walk_end
walk_plainly(const char *text, size_t len, size_t *length)
{
	char open[MM_WALK_DEPTH_MAX];
	bool in_string = false;
	size_t depth = 0;

	for (*length = 0; *length < len;) {
		char c = text[(*length)++];

		if (in_string && c == '\\')
			*length += *length < len;
		else if (c == '"')
			in_string = !in_string;
		else if (!in_string && (c == '{' || c == '[')) {
			if (depth == MM_WALK_DEPTH_MAX)
				return MM_WALK_DEEP;
			open[depth++] = c;
		} else if (!in_string && (c == '}' || c == ']')) {
			if (open[--depth] != (c == '}' ? '{' : '['))
				return MM_WALK_BROKEN;
			if (depth == 0)
				return MM_WALK_WHOLE;
		}
	}
	return MM_WALK_CUT;
}

/* The bytes that a walk over containers looks at, in long runs and in short ones. */
static size_t
make_container(uint32_t *random, char *text, size_t most)
{
	static const char alphabet[] = "\\\\\\\"\"\"{}[]:,aaaa";
	size_t len = 0, end;

	*random = *random * 1664525 + 1013904223;
	end = 1 + (*random >> 16) % most;
	text[len++] = *random & 0x80000000 ? '{' : '[';
	while (len < end) {
		char c;

		*random = *random * 1664525 + 1013904223;
		c = alphabet[(*random >> 8) % (sizeof(alphabet) - 1)];
		for (size_t run = *random >> 28 == 0 ? *random >> 16 & 0x7f : 1; run > 0 && len < end; run--)
			text[len++] = c;
	}
	return len;
}

static void
test_containers_end_where_their_brackets_say(void **state)
{
	uint32_t random = 1;
	size_t ends[4] = { 0 };
	char text[300];

	(void)state;
	for (size_t i = 0; i < 100000; i++) {
		size_t len = make_container(&random, text, sizeof(text)), length, plain_length;
		char *bytes = malloc(len);
		struct mm_json_value value;
		enum mm_walk_end end, plain_end = walk_plainly(text, len, &plain_length);

		assert_non_null(bytes);
		memcpy(bytes, text, len);
		end = mm_walk_value(mm_slice(bytes, len), &value, &length);
		free(bytes);
		if (end != plain_end || length != plain_length)
			fail_msg("%zu: %.*s", i, (int)len, text);
		ends[end]++;
	}
	/* Not for nothing: there were some of each. */
	for (size_t i = 0; i < MM_COUNT_OF(ends); i++)
		assert_true(ends[i] > 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tells_how_it_ended),
		cmocka_unit_test(test_a_record_cut_anywhere_is_cut),
		cmocka_unit_test(test_finds_values_by_name),
		cmocka_unit_test(test_takes_the_last_of_two_and_counts),
		cmocka_unit_test(test_follows_nesting_so_far),
		cmocka_unit_test(test_strings_of_every_length_and_place),
		cmocka_unit_test(test_unescapes),
		cmocka_unit_test(test_unescaping_stays_in_its_scratch),
		cmocka_unit_test(test_walks_arrays_and_objects),
		cmocka_unit_test(test_finds_members_of_an_arrays_objects),
		cmocka_unit_test(test_a_container_that_holds_no_values_ends),
		cmocka_unit_test(test_containers_end_where_their_brackets_say),
		cmocka_unit_test(test_numbers_and_truths),
		cmocka_unit_test(test_a_table_holds_each_name_once),
	};

	return cmocka_run_group_tests(tests, make_table, NULL);
}
