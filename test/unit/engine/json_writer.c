/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The JSON writer: valid JSON whatever it is given; our own strict scanner reads it back.
 */
#include "engine/json_writer.h"

#include "lib/codec/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void
assert_scans(const struct mm_buf *buf)
{
	static struct mm_json_names names;
	struct mm_json_member members[64];
	struct mm_json_index index = { .members = members, .max = 64 };

	assert_true(mm_buf_ok(buf));
	assert_int_equal(mm_json_scan(mm_slice(buf->data, buf->len), &names, &index, NULL), MM_OK);
}

static void
assert_text(const struct mm_buf *buf, const char *wanted)
{
	assert_true(mm_slice_equal(mm_slice(buf->data, buf->len), mm_slice_str(wanted)));
}

static void
test_nesting(void **state)
{
	struct mm_json_writer writer;
	struct mm_buf buf;

	(void)state;
	mm_buf_init(&buf, 4096);
	mm_json_writer_init(&writer, &buf);
	mm_json_begin_object(&writer, NULL);
	mm_json_add_str(&writer, "a", "x");
	mm_json_begin_array(&writer, "b");
	mm_json_add_int(&writer, NULL, -1);
	mm_json_begin_object(&writer, NULL);
	mm_json_end_object(&writer);
	mm_json_begin_array(&writer, NULL);
	mm_json_end_array(&writer);
	mm_json_add_bool(&writer, NULL, true);
	mm_json_end_array(&writer);
	mm_json_add_int(&writer, "c", INT64_MIN);
	mm_json_add_bool(&writer, "d", false);
	mm_json_end_object(&writer);
	assert_text(&buf, "{\"a\":\"x\",\"b\":[-1,{},[],true],\"c\":-9223372036854775808,\"d\":false}");
	assert_scans(&buf);
	mm_buf_clear(&buf);
}

static void
test_absent_writes_nothing(void **state)
{
	struct mm_json_writer writer;
	struct mm_buf buf;

	(void)state;
	mm_buf_init(&buf, 4096);
	mm_json_writer_init(&writer, &buf);
	mm_json_begin_object(&writer, NULL);
	mm_json_add_str(&writer, "a", NULL);
	mm_json_add_slice(&writer, "b", MM_SLICE_ABSENT);
	mm_json_add_slice(&writer, "c", mm_slice("", 0));
	mm_json_add_str(&writer, "d", NULL);
	mm_json_end_object(&writer);
	assert_text(&buf, "{\"c\":\"\"}");
	mm_buf_clear(&buf);
}

static void
test_escapes(void **state)
{
	static const char odd[] = "q\" b\\ n\n n\0 d\x7f c\xc2\x85 e\xc3\xa9 o\xf0\x9f\x98\x80 x\xff y\xc3";
	struct mm_json_writer writer;
	struct mm_buf buf;

	(void)state;
	mm_buf_init(&buf, 4096);
	mm_json_writer_init(&writer, &buf);
	mm_json_begin_array(&writer, NULL);
	mm_json_add_slice(&writer, NULL, mm_slice(odd, sizeof(odd) - 1));
	mm_json_end_array(&writer);
	assert_text(&buf, "[\"q\\\" b\\\\ n\\u000a n\\u0000 d\\u007f c\\u0085 e\xc3\xa9 o\xf0\x9f\x98\x80 "
	    "x\xef\xbf\xbd y\xef\xbf\xbd\"]");
	mm_buf_clear(&buf);
}

/* Every pair of bytes as a name and as a value gives JSON. */
static void
test_any_bytes(void **state)
{
	(void)state;
	for (unsigned pair = 0; pair < 65536; pair++) {
		char bytes[2] = { (char)(pair >> 8), (char)(pair & 255) };
		struct mm_json_writer writer;
		struct mm_buf buf;

		/* The scanner refuses U+0000, which JSON has. */
		if (bytes[0] == '\0' || bytes[1] == '\0')
			continue;
		mm_buf_init(&buf, 4096);
		mm_json_writer_init(&writer, &buf);
		mm_json_begin_object(&writer, NULL);
		mm_json_add_slice(&writer, "v", mm_slice(bytes, 2));
		mm_json_end_object(&writer);
		assert_scans(&buf);
		for (size_t i = 0; i < buf.len; i++)
			assert_true((unsigned char)buf.data[i] >= 0x20 && buf.data[i] != 0x7f);
		mm_buf_clear(&buf);
	}
}

static void
test_too_long_is_told(void **state)
{
	struct mm_json_writer writer;
	struct mm_buf buf;

	(void)state;
	mm_buf_init(&buf, 8);
	mm_json_writer_init(&writer, &buf);
	mm_json_add_str(&writer, NULL, "0123456789");
	assert_false(mm_buf_ok(&buf));
	mm_buf_clear(&buf);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nesting),
		cmocka_unit_test(test_absent_writes_nothing),
		cmocka_unit_test(test_escapes),
		cmocka_unit_test(test_any_bytes),
		cmocka_unit_test(test_too_long_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
