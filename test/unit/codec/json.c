/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The JSON scanner accepts exactly one strict object, says where it stopped, and its views read what was scanned.
 */
#include "lib/codec/json.h"

#include "lib/base/array.h"
#include "lib/base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define MEMBERS_MAX 32

static struct mm_json_names names;

struct scan_row {
	const char *text;
	enum mm_reason reason;
};

/* One rule of RFC 8259 or of the design a row. */
static const struct scan_row scan_rows[] = {
	{ "{}", MM_OK },
	{ " \t\r\n{ \"a\" : 1 , \"b\" : [ ] } \n", MM_OK },
	{ "{\"a\":[1,2.5,-0,1e5,1E-5,0.1e+2,true,false,null,\"x\",{\"b\":[]}]}", MM_OK },
	{ "{\"\":1}", MM_OK },
	{ "{\"a\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\ud83d\\ude00\"}", MM_OK },
	{ "{\"a\":\"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\x7F\"}", MM_OK },
	{ "{\"a\":{\"a\":{\"a\":1}}}", MM_OK },                     /* the same name in different objects */
	{ "{\"a\":{\"b\":1},\"c\":{\"b\":1}}", MM_OK },
	{ "{\"1\":{\"2\":{\"3\":{\"4\":{\"5\":{\"6\":{\"7\":{}}}}}}}}", MM_OK },  /* eight levels */

	{ "", MM_TOKEN_MALFORMED },
	{ " ", MM_TOKEN_MALFORMED },
	{ "[]", MM_TOKEN_MALFORMED },
	{ "1", MM_TOKEN_MALFORMED },
	{ "\"a\"", MM_TOKEN_MALFORMED },
	{ "{", MM_TOKEN_MALFORMED },
	{ "}", MM_TOKEN_MALFORMED },
	{ "{}x", MM_TOKEN_MALFORMED },
	{ "{}{}", MM_TOKEN_MALFORMED },
	{ "\xEF\xBB\xBF{}", MM_TOKEN_MALFORMED },                    /* byte order mark */
	{ "{\"a\"}", MM_TOKEN_MALFORMED },
	{ "{\"a\":}", MM_TOKEN_MALFORMED },
	{ "{\"a\" 1}", MM_TOKEN_MALFORMED },
	{ "{a:1}", MM_TOKEN_MALFORMED },
	{ "{'a':1}", MM_TOKEN_MALFORMED },
	{ "{\"a\":1,}", MM_TOKEN_MALFORMED },
	{ "{,\"a\":1}", MM_TOKEN_MALFORMED },
	{ "{\"a\":1 \"b\":2}", MM_TOKEN_MALFORMED },
	{ "{\"a\":[1,]}", MM_TOKEN_MALFORMED },
	{ "{\"a\":[,1]}", MM_TOKEN_MALFORMED },
	{ "{\"a\":[1 2]}", MM_TOKEN_MALFORMED },
	{ "{\"a\":[1}", MM_TOKEN_MALFORMED },
	{ "{\"a\":[}]}", MM_TOKEN_MALFORMED },
	{ "{\"a\":01}", MM_TOKEN_MALFORMED },
	{ "{\"a\":+1}", MM_TOKEN_MALFORMED },
	{ "{\"a\":.5}", MM_TOKEN_MALFORMED },
	{ "{\"a\":1.}", MM_TOKEN_MALFORMED },
	{ "{\"a\":1e}", MM_TOKEN_MALFORMED },
	{ "{\"a\":-}", MM_TOKEN_MALFORMED },
	{ "{\"a\":0x1}", MM_TOKEN_MALFORMED },
	{ "{\"a\":NaN}", MM_TOKEN_MALFORMED },
	{ "{\"a\":Infinity}", MM_TOKEN_MALFORMED },
	{ "{\"a\":tru}", MM_TOKEN_MALFORMED },
	{ "{\"a\":TRUE}", MM_TOKEN_MALFORMED },
	{ "{\"a\":nul", MM_TOKEN_MALFORMED },
	{ "{/**/\"a\":1}", MM_TOKEN_MALFORMED },
	{ "{\"a\":\"x}", MM_TOKEN_MALFORMED },
	{ "{\"a\":\"\\", MM_TOKEN_MALFORMED },
	{ "{\"a\":\"\\x41\"}", MM_TOKEN_MALFORMED },
	{ "{\"a\":\"\\u12\"}", MM_TOKEN_MALFORMED },
	{ "{\"a\":\"\\u12g4\"}", MM_TOKEN_MALFORMED },
	{ "{\"a\":\"\t\"}", MM_TOKEN_MALFORMED },
	{ "{\"a\":\"\x01\"}", MM_TOKEN_MALFORMED },
	{ "{\"a\":\"\\u0000\"}", MM_TOKEN_MALFORMED },
	{ "{\"a\\u0000\":1}", MM_TOKEN_MALFORMED },
	{ "{\"a\":\"\\ud83d\"}", MM_TOKEN_MALFORMED },
	{ "{\"a\":\"\\ud83d\\u0041\"}", MM_TOKEN_MALFORMED },
	{ "{\"a\":\"\\ude00\"}", MM_TOKEN_MALFORMED },
	{ "{\"\\udfff\":1}", MM_TOKEN_MALFORMED },
	{ "{\"a\":\"\x80\"}", MM_TOKEN_MALFORMED },
	{ "{\"a\":\"\xC0\xAF\"}", MM_TOKEN_MALFORMED },              /* overlong */
	{ "{\"a\":\"\xE0\x80\xAF\"}", MM_TOKEN_MALFORMED },
	{ "{\"a\":\"\xED\xA0\x80\"}", MM_TOKEN_MALFORMED },          /* surrogate */
	{ "{\"a\":\"\xF4\x90\x80\x80\"}", MM_TOKEN_MALFORMED },      /* above U+10FFFF */
	{ "{\"a\":\"\xF0\x9F\x98\"}", MM_TOKEN_MALFORMED },
	{ "{\"1\":{\"2\":{\"3\":{\"4\":{\"5\":{\"6\":{\"7\":{\"8\":{}}}}}}}}}", MM_TOKEN_MALFORMED }, /* nine */
	{ "{\"a\":[[[[[[[[]]]]]]]]}", MM_TOKEN_MALFORMED },

	{ "{\"a\":1,\"a\":1}", MM_CLAIM_DUPLICATE },
	{ "{\"tid\":1,\"TID\":1}", MM_CLAIM_DUPLICATE },
	{ "{\"tid\":1,\"\\u0074id\":1}", MM_CLAIM_DUPLICATE },
	{ "{\"\\u0054id\":1,\"tid\":1}", MM_CLAIM_DUPLICATE },
	{ "{\"sub\":1,\"\xC5\xBFub\":1}", MM_CLAIM_DUPLICATE },      /* U+017F folds to s */
	{ "{\"kid\":1,\"\\u212Aid\":1}", MM_CLAIM_DUPLICATE },       /* U+212A folds to k */
	{ "{\"\xC3\xA9\":1,\"\\u00e9\":1}", MM_CLAIM_DUPLICATE },
	{ "{\"\":1,\"\":1}", MM_CLAIM_DUPLICATE },
	{ "{\"a\":{\"b\":1,\"B\":2}}", MM_CLAIM_DUPLICATE },
	{ "{\"a\":[{\"b\":1,\"b\":2}]}", MM_CLAIM_DUPLICATE },
	{ "{\"a\":1,\"b\":{\"c\":{}},\"A\":1}", MM_CLAIM_DUPLICATE },
};

static enum mm_reason
scan(struct mm_slice text, struct mm_json_index *index, struct mm_json_fault *fault)
{
	static struct mm_json_member members[MEMBERS_MAX];

	*index = (struct mm_json_index){ members, 0, MEMBERS_MAX };
	return mm_json_scan(text, &names, index, fault);
}

/* Scanned from memory of exactly its length, so that a sanitizer sees any step beyond it. */
static enum mm_reason
scan_exactly(const char *text)
{
	size_t len = strlen(text);
	char *copy = malloc(len + 1);
	struct mm_json_index index;
	enum mm_reason reason;

	assert_non_null(copy);
	memcpy(copy + 1, text, len);
	reason = scan(mm_slice(copy + 1, len), &index, NULL);
	free(copy);
	return reason;
}

static void
accepts_strict_json_alone(void **state)
{
	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(scan_rows); i++) {
		enum mm_reason reason = scan_exactly(scan_rows[i].text);

		if (reason != scan_rows[i].reason)
			fail_msg("%s: %s, not %s", scan_rows[i].text, mm_reason_code(reason),
			    mm_reason_code(scan_rows[i].reason));
	}
}

/* Every true beginning of a good text is refused, whatever rule it breaks off in. */
static void
refuses_every_beginning(void **state)
{
	static const char text[] =
	    "{\"a\":[1,-2.5e+3,true,null,\"\\u00e9\\ud83d\\ude00\xE2\x82\xAC\",{\"b\":{}}],\"c\":\"d\"}";
	char *copy;

	(void)state;
	assert_int_equal(scan_exactly(text), MM_OK);
	for (size_t len = 0; len < sizeof(text) - 1; len++) {
		copy = strndup(text, len);
		assert_non_null(copy);
		assert_int_equal(scan_exactly(copy), MM_TOKEN_MALFORMED);
		free(copy);
	}
}

/* An object of count members, n0 to the last, and behind them what more says; inside another where nested. */
static enum mm_reason
scan_many(size_t count, const char *more, bool nested, size_t *indexed)
{
	struct mm_json_index index;
	enum mm_reason reason;
	struct mm_buf text;

	mm_buf_init(&text, 1 << 20);
	mm_buf_add_str(&text, nested ? "{\"x\":{" : "{");
	for (size_t i = 0; i < count; i++)
		mm_buf_addf(&text, "%s\"n%zu\":0", i == 0 ? "" : ",", i);
	mm_buf_add_str(&text, more);
	mm_buf_add_str(&text, nested ? "}}" : "}");
	assert_true(mm_buf_ok(&text));
	reason = scan(mm_slice(text.data, text.len), &index, NULL);
	*indexed = index.count;
	mm_buf_clear(&text);
	return reason;
}

static void
bounds_members_and_names(void **state)
{
	size_t indexed;

	(void)state;
	/* One level down only the open names count, the outer one among them. */
	assert_int_equal(scan_many(MM_JSON_NAMES_MAX - 1, "", true, &indexed), MM_OK);
	assert_int_equal(scan_many(MM_JSON_NAMES_MAX - 1, ",\"one\":0", true, &indexed), MM_TOKEN_MALFORMED);
	assert_int_equal(scan_many(MEMBERS_MAX, "", false, &indexed), MM_OK);
	assert_int_equal(indexed, MEMBERS_MAX);
	assert_int_equal(scan_many(MEMBERS_MAX, ",\"one\":0", false, &indexed), MM_TOKEN_MALFORMED);
}

static void
says_where_it_stopped(void **state)
{
	struct mm_json_fault fault = { 0, NULL };
	struct mm_json_index index;

	(void)state;
	assert_int_equal(scan(mm_slice_str("{\"a\":1,\"b\":x}"), &index, &fault), MM_TOKEN_MALFORMED);
	assert_int_equal(fault.offset, 11);
	assert_non_null(fault.text);
	assert_int_equal(scan(MM_SLICE_ABSENT, &index, &fault), MM_TOKEN_MALFORMED);
	assert_int_equal(fault.offset, 0);
}

static void
finds_members_by_their_unescaped_name(void **state)
{
	struct mm_json_index index;
	struct mm_json_value value;

	(void)state;
	assert_int_equal(scan(mm_slice_str("{\"\\u0069ss\":\"a\",\"Sub\":1,\"aud\":[\"x\"],\"n\":null}"), &index, NULL),
	    MM_OK);
	assert_int_equal(index.count, 4);
	value = mm_json_find(&index, "iss");
	assert_int_equal(value.type, MM_JSON_STRING);
	assert_true(mm_json_string_is(value, "a"));
	assert_false(mm_json_string_is(value, "ab"));
	assert_int_equal(mm_json_find(&index, "sub").type, MM_JSON_ABSENT); /* found exactly, or not at all */
	assert_int_equal(mm_json_find(&index, "is").type, MM_JSON_ABSENT);
	assert_int_equal(mm_json_find(&index, "n").type, MM_JSON_NULL);
	assert_int_equal(mm_json_find_slice(&index, mm_slice("audx", 3)).type, MM_JSON_ARRAY);
}

static void
unescapes_strings(void **state)
{
	struct mm_json_index index;
	struct mm_scratch scratch;
	struct mm_slice content;
	struct mm_json_value value;
	char room[64];

	(void)state;
	assert_int_equal(scan(mm_slice_str("{\"p\":\"plain\",\"e\":\"a\\n\\u20AC\\ud83d\\ude00\\/\"}"), &index, NULL),
	    MM_OK);
	mm_scratch_init(&scratch, room, sizeof(room));
	assert_true(mm_json_string(mm_json_find(&index, "p"), &scratch, &content));
	assert_int_equal(scratch.used, 0); /* nothing is copied where nothing is escaped */
	assert_true(mm_slice_equal(content, mm_slice_str("plain")));
	value = mm_json_find(&index, "e");
	assert_true(mm_json_string(value, &scratch, &content));
	assert_true(mm_slice_equal(content, mm_slice_str("a\n\xE2\x82\xAC\xF0\x9F\x98\x80/")));
	assert_true(mm_json_string_is(value, "a\n\xE2\x82\xAC\xF0\x9F\x98\x80/"));
	mm_scratch_init(&scratch, room, 5);
	assert_false(mm_json_string(value, &scratch, &content));
	assert_false(mm_json_string((struct mm_json_value){ .type = MM_JSON_NUMBER }, &scratch, &content));
}

static void
walks_arrays_and_objects(void **state)
{
	static const char *const expected[] = { "1", "[2, 3]", "{\"a\" : 4}", "five", "null" };
	struct mm_json_member members[4];
	struct mm_json_index index, inner = { members, 0, 4 };
	struct mm_json_value array, element;
	size_t position = 0, count = 0;

	(void)state;
	assert_int_equal(scan(mm_slice_str("{\"x\": [ 1 ,[2, 3], {\"a\" : 4} ,\"five\",null ] ,\"e\":[ ]}"), &index,
	    NULL), MM_OK);
	array = mm_json_find(&index, "x");
	while (mm_json_next(array, &position, &element)) {
		assert_true(count < MM_COUNT_OF(expected));
		assert_true(mm_slice_equal(element.text, mm_slice_str(expected[count])));
		if (element.type == MM_JSON_OBJECT) {
			assert_true(mm_json_view_object(element, &inner));
			assert_int_equal(inner.count, 1);
		}
		count++;
	}
	assert_int_equal(count, MM_COUNT_OF(expected));
	assert_false(mm_json_next(array, &position, &element));
	position = 0;
	assert_false(mm_json_next(mm_json_find(&index, "e"), &position, &element));
	assert_false(mm_json_view_object(array, &inner));
}

struct integer_row {
	const char *text;
	int64_t number; /* -1: none */
};

static const struct integer_row integer_rows[] = {
	{ "0", 0 }, { "1700000000", 1700000000 }, { "9007199254740991", MM_TIME_MAX_S },
	{ "9007199254740992", -1 }, { "99999999999999999999", -1 }, { "18446744073709551617", -1 },
	{ "-0", -1 }, { "-1", -1 }, { "1.0", -1 }, { "1e3", -1 }, { "1E3", -1 }, { "\"1\"", -1 }, { "null", -1 },
	{ "true", -1 }, { "[1]", -1 },
};

static void
reads_whole_numbers(void **state)
{
	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(integer_rows); i++) {
		struct mm_json_index index;
		char text[64];
		int64_t number = -1;

		snprintf(text, sizeof(text), "{\"n\":%s}", integer_rows[i].text);
		assert_int_equal(scan(mm_slice_str(text), &index, NULL), MM_OK);
		assert_int_equal(mm_json_integer(mm_json_find(&index, "n"), &number), integer_rows[i].number >= 0);
		assert_int_equal(number, integer_rows[i].number);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(accepts_strict_json_alone),
		cmocka_unit_test(refuses_every_beginning),
		cmocka_unit_test(bounds_members_and_names),
		cmocka_unit_test(says_where_it_stopped),
		cmocka_unit_test(finds_members_by_their_unescaped_name),
		cmocka_unit_test(unescapes_strings),
		cmocka_unit_test(walks_arrays_and_objects),
		cmocka_unit_test(reads_whole_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
