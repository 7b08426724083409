/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bad input: what is cut, mixed, packed to hurt, nested, hostile or odd costs itself and nothing else, and is told.
 */
#include "test/unit/logs/one_world.h"

#include "lib/base/array.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define GOOD "{\"Operation\":\"Send\",\"CreationTime\":\"2023-06-01T00:00:00Z\",\"UserId\":\"good\"}\n"

/* The one trouble of a kind, and where. */
static void
assert_trouble(enum mm_logs_trouble_kind kind, uint64_t line)
{
	const struct mm_logs_trouble *troubles;
	size_t count;

	assert_int_equal(world_trouble(&world, kind), 1);
	troubles = mm_logs_reading_troubles(world.reading, &count);
	for (size_t i = 0; i < count; i++)
		if (troubles[i].kind == kind) {
			assert_int_equal(troubles[i].line, line);
			return;
		}
	fail_msg("no place of %s", mm_logs_trouble_name(kind));
}

static void
test_deep_records(void **state)
{
	struct mm_buf buf;

	(void)state;
	mm_buf_init(&buf, 1024 * 1024);
	mm_buf_add_str(&buf, GOOD "{\"Operation\":\"Send\",\"CreationTime\":\"2023-06-01T00:00:00Z\",\"x\":");
	for (unsigned i = 0; i < 100000; i++)
		mm_buf_add_str(&buf, "[");
	for (unsigned i = 0; i < 100000; i++)
		mm_buf_add_str(&buf, "]");
	mm_buf_add_str(&buf, "}\n" GOOD);
	mm_buf_add_u8(&buf, 0);
	world_read_text(&world, buf.data);
	mm_buf_clear(&buf);
	assert_int_equal(world.count, 2);
	assert_int_equal(world_report(&world)->records, 3);
	assert_trouble(MM_LOGS_TROUBLE_RECORD_DEEP, 2);
}

static void
test_deep_within_an_export(void **state)
{
	struct mm_buf buf;

	(void)state;
	mm_buf_init(&buf, 1024 * 1024);
	mm_buf_add_str(&buf, "{\"AuditData\":\"{\\\"Operation\\\":\\\"Send\\\",\\\"CreationTime\\\":\\\"x\\\","
	    "\\\"x\\\":");
	for (unsigned i = 0; i < 1000; i++)
		mm_buf_add_str(&buf, "[");
	for (unsigned i = 0; i < 1000; i++)
		mm_buf_add_str(&buf, "]");
	mm_buf_add_str(&buf, "}\"}");
	mm_buf_add_u8(&buf, 0);
	world_read_text(&world, buf.data);
	mm_buf_clear(&buf);
	assert_int_equal(world.count, 0);
	assert_trouble(MM_LOGS_TROUBLE_RECORD_DEEP, 1);
}

static void
assert_extent(const char *bytes, size_t len, enum mm_logs_extent extent)
{
	world_write_bytes(&world, "log", bytes, len);
	world_read(&world, NULL);
	assert_string_equal(mm_logs_extent_name(mm_logs_reading_extent(world.reading, 0)), mm_logs_extent_name(extent));
	assert_int_equal(mm_logs_reading_count_extent(world.reading, extent), 1);
}

/* What lies beside logs is told from a log that was damaged, or of which a part is unknown. */
static void
test_extent(void **state)
{
	static const char licence[] = "Permission is granted\n\nto any person\n", packed[] = "XX\x8b\x08\0\0\0\0\1\2",
	                  unknown[] = "{\"a\":1}\n", cut[] = GOOD "{\"Operation\":";

	(void)state;
	assert_extent(GOOD, sizeof(GOOD) - 1, MM_LOGS_READ_WHOLE);
	assert_extent(licence, sizeof(licence) - 1, MM_LOGS_READ_NO_LOG);
	assert_extent(unknown, sizeof(unknown) - 1, MM_LOGS_READ_NO_LOG);
	assert_extent("", 0, MM_LOGS_READ_NO_LOG);
	assert_extent(packed, sizeof(packed) - 1, MM_LOGS_READ_IN_PART);
	assert_extent(cut, sizeof(cut) - 1, MM_LOGS_READ_IN_PART);
	assert_int_equal(mm_logs_input_known(world_report(&world)), 1);
	world_write(&world, "log", GOOD "{\"a\":1}\n");
	world_read(&world, NULL);
	assert_int_equal(mm_logs_reading_extent(world.reading, 0), MM_LOGS_READ_IN_PART);
}

/* A file that was cut anywhere loses no record before the cut, and says that it was. */
static void
test_cut_anywhere(void **state)
{
	static const char array[] = "[{\"Operation\":\"Send\",\"CreationTime\":\"2023-06-01T00:00:00Z\"},\n"
	                            "{\"Operation\":\"Send\",\"CreationTime\":\"2023-06-01T00:00:00Z\"}]";
	char text[sizeof(array)];
	size_t first = strchr(array, '}') - array + 1U;

	(void)state;
	for (size_t len = 1; len < sizeof(array) - 1; len++) {
		memcpy(text, array, len);
		text[len] = '\0';
		world_read_text(&world, text);
		assert_int_equal(world.count, len < first ? 0 : len < sizeof(array) - 2 ? 1 : 2);
		assert_true(world_trouble(&world, MM_LOGS_TROUBLE_RECORD_CUT) > 0);
	}
	world_read_text(&world, array);
	assert_int_equal(world.count, 2);
	assert_int_equal(mm_logs_tally_troubles(mm_logs_reading_tally(world.reading)), 0);
}

static void
test_cut_csv(void **state)
{
	(void)state;
	world_read_text(&world,
	    "AuditData,UserIds\r\n"
	    "\"{\"\"Operation\"\":\"\"Send\"\",\"\"CreationTime\"\":\"\"2023-06-01T00:00:00Z\"\"}\",a\r\n"
	    "\"{\"\"Operation\"\":\"\"Send\"\",\"\"Creat");
	assert_int_equal(world.count, 1);
	assert_trouble(MM_LOGS_TROUBLE_QUOTES, 3);
}

static void
test_files_put_together(void **state)
{
	struct mm_buf packed;

	(void)state;
	/* CSV, then JSON in lines, with a mark in between as each file had one. */
	world_read_text(&world,
	    "AuditData,UserIds\r\n"
	    "\"{\"\"Operation\"\":\"\"Send\"\",\"\"CreationTime\"\":\"\"2023-06-01T00:00:00Z\"\"}\",a\r\n"
	    "\xEF\xBB\xBF" GOOD GOOD);
	assert_int_equal(world.count, 3);
	assert_int_equal(mm_logs_tally_troubles(mm_logs_reading_tally(world.reading)), 0);

	/* JSON in lines, then CSV: its rows are none of that file's form, and each is told. */
	world_read_text(&world, GOOD "AuditData,UserIds\n\"{}\",a\n" GOOD);
	assert_int_equal(world.count, 2);
	assert_int_equal(world_trouble(&world, MM_LOGS_TROUBLE_NOISE), 2);

	/* Several kinds of records in one file. */
	world_read_text(&world, GOOD "{\"event\":\"auth_request_finished\",\"end_time\":1560940705,"
	    "\"fields\":{\"user\":\"a\"}}\n"
	    "{\"id\":\"1\",\"createdDateTime\":\"2023-10-24T20:01:11Z\",\"appId\":\"a\"}\n[" GOOD "]\n" GOOD GOOD);
	assert_int_equal(world.count, 6);
	assert_int_equal(mm_logs_tally_troubles(mm_logs_reading_tally(world.reading)), 0);

	/* A gzip file behind another is one; behind plain text it is noise. */
	mm_buf_init(&packed, 65536);
	pack_gzip(&packed, GOOD, strlen(GOOD));
	pack_gzip(&packed, GOOD, strlen(GOOD));
	world_write_bytes(&world, "log", packed.data, packed.len);
	mm_buf_clear(&packed);
	world_read(&world, NULL);
	assert_int_equal(world.count, 2);
}

static void
test_packed_badly(void **state)
{
	struct mm_buf packed, lines;
	const struct mm_logs_input_report *report;

	(void)state;
	mm_buf_init(&packed, 16 * 1024 * 1024);
	mm_buf_init(&lines, 16 * 1024 * 1024);
	for (unsigned i = 0; i < 20000; i++)
		mm_buf_addf(&lines, "{\"Operation\":\"Send\",\"CreationTime\":\"2023-06-01T00:00:00Z\","
		    "\"Id\":\"%u\"}\n",
		    i * 2654435761U);
	pack_gzip(&packed, lines.data, lines.len);

	world_write_bytes(&world, "log", packed.data, packed.len / 2);
	world_read(&world, NULL);
	report = world_report(&world);
	assert_int_equal(report->facts.ended, MM_LOGS_CUT_SHORT);
	assert_int_equal(world_trouble(&world, MM_LOGS_TROUBLE_CUT_SHORT), 1);
	assert_true(world.count > 5000 && world.count < 20000);
	assert_int_equal(report->records, world.count + world_trouble(&world, MM_LOGS_TROUBLE_RECORD_CUT));

	packed.data[packed.len - 6] ^= 1;
	world_write_bytes(&world, "log", packed.data, packed.len);
	world_read(&world, NULL);
	assert_int_equal(world_report(&world)->facts.ended, MM_LOGS_DAMAGED);
	assert_int_equal(world_trouble(&world, MM_LOGS_TROUBLE_DAMAGED), 1);
	assert_int_equal(world.count, 20000); /* only the checksum is wrong: all was read, and is doubtful */
	mm_buf_clear(&packed);
	mm_buf_clear(&lines);
}

static void
test_bombs(void **state)
{
	size_t size = MM_LOGS_RATIO_FROM * 2;
	char *blanks = malloc(size);
	struct mm_buf packed;

	(void)state;
	assert_non_null(blanks);
	memset(blanks, '\n', size);
	memcpy(blanks, GOOD, strlen(GOOD));
	mm_buf_init(&packed, 16 * 1024 * 1024);
	pack_zstd(&packed, blanks, size);
	world_write_bytes(&world, "log", packed.data, packed.len);
	world_read(&world, NULL);
	assert_int_equal(world.count, 1);
	assert_int_equal(world_trouble(&world, MM_LOGS_TROUBLE_BOMB), 1);
	assert_int_equal(world_report(&world)->facts.ended, MM_LOGS_BOMB);
	mm_buf_clear(&packed);
	free(blanks);
}

/* Nothing in a field changes what is read, and its bytes are kept: who shows them shows them harmlessly. */
static void
test_hostile_strings(void **state)
{
	static const struct {
		const char *written, *kept;
		bool valid;
	} rows[] = {
		{ "\\u001b[2J\\u001b]0;x\\u0007", "\x1b[2j\x1b]0;x\x07", true },
		{ "<script>alert(1)</script>", "<script>alert(1)</script>", true },
		{ "=cmd|'/c calc'!a1", "=cmd|'/c calc'!a1", true },
		{ "\\u202Emoc.elpmaxe@a", "\xE2\x80\xAEmoc.elpmaxe@a", true },
		{ "a\\\",\\\"Operation\\\":\\\"x", "a\",\"operation\":\"x", true },
		{ "\xff\xfe", "\xff\xfe", false },
		{ "\xed\xa0\x80", "\xed\xa0\x80", false },
		{ "a\\u0000b", NULL, true },
		{ "%s%n%x", "%s%n%x", true },
		{ "../../etc/passwd", "../../etc/passwd", true },
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(rows); i++) {
		char text[512];
		struct mm_slice user;

		(void)snprintf(text, sizeof(text), "{\"Operation\":\"Send\",\"CreationTime\":\"2023-06-01T00:00:00Z\","
		    "\"UserId\":\"%s\"}\n" GOOD, rows[i].written);
		world_read_text(&world, text);
		assert_int_equal(world.count, 2);
		user = mm_names_text(mm_logs_reading_names(world.reading), world.events[0].user);
		if (rows[i].kept != NULL)
			assert_true(mm_slice_equal(user, mm_slice_str(rows[i].kept)));
		else
			assert_true(mm_slice_equal(user, mm_slice("a\0b", 3)));
		assert_int_equal(world_step(&world, MM_LOGS_STEP_BAD_UTF8), rows[i].valid ? 0 : 1);
	}
}

static void
test_long_texts_are_cut_and_told(void **state)
{
	struct mm_buf buf;

	(void)state;
	mm_buf_init(&buf, 65536);
	mm_buf_add_str(&buf, "{\"Operation\":\"Send\",\"CreationTime\":\"2023-06-01T00:00:00Z\",\"UserId\":\"");
	for (unsigned i = 0; i < 10000; i++)
		mm_buf_add_str(&buf, "x");
	mm_buf_add_str(&buf, "\"}");
	mm_buf_add_u8(&buf, 0);
	world_read_text(&world, buf.data);
	mm_buf_clear(&buf);
	assert_int_equal(world.count, 1);
	assert_int_equal(mm_names_text(mm_logs_reading_names(world.reading), world.events[0].user).len,
	    MM_NAMES_TEXT_MAX);
	assert_true(world_step(&world, MM_LOGS_STEP_TEXT_CUT) > 0);
}

static void
test_many_columns(void **state)
{
	struct mm_buf buf;

	(void)state;
	mm_buf_init(&buf, 1024 * 1024);
	for (unsigned i = 0; i < 10000; i++)
		mm_buf_addf(&buf, "x%u,", i);
	mm_buf_add_str(&buf, "AuditData\n");
	for (unsigned row = 0; row < 3; row++) {
		for (unsigned i = 0; i < 10000; i++)
			mm_buf_add_str(&buf, "y,");
		mm_buf_addf(&buf, "\"{\"\"Operation\"\":\"\"Send\"\","
		    "\"\"CreationTime\"\":\"\"2023-06-0%uT00:00:00Z\"\"}\"\n", row + 1);
	}
	world_write_bytes(&world, "log", buf.data, buf.len);
	mm_buf_clear(&buf);
	world_read(&world, NULL);
	assert_int_equal(world.count, 3);
	assert_int_equal(mm_logs_tally_troubles(mm_logs_reading_tally(world.reading)), 0);
}

static void
test_members_that_stand_twice(void **state)
{
	(void)state;
	world_read_text(&world, "{\"Operation\":\"Send\",\"CreationTime\":\"2023-06-01T00:00:00Z\","
	    "\"UserId\":\"first\","
	                        "\"UserId\":\"last\"}");
	assert_int_equal(world.count, 1);
	world_assert_name(&world, world.events[0].user, "last");
	assert_int_equal(world_step(&world, MM_LOGS_STEP_MEMBER_TWICE), 1);
}

static void
test_carriage_returns_and_marks(void **state)
{
	(void)state;
	world_read_text(&world, "\xEF\xBB\xBF\r\n{\"Operation\":\"Send\","
	    "\"CreationTime\":\"2023-06-01T00:00:00Z\"}\r\n\r\n"
	                        "\xEF\xBB\xBF{\"Operation\":\"Send\",\"CreationTime\":\"2023-06-01T00:00:00Z\"}\r\n");
	assert_int_equal(world.count, 2);
	assert_int_equal(mm_logs_tally_troubles(mm_logs_reading_tally(world.reading)), 0);
	assert_int_equal(world_report(&world)->facts.encoding, MM_LOGS_UTF8_MARKED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ONE_WORLD_TEST(test_deep_records),
		ONE_WORLD_TEST(test_deep_within_an_export),
		ONE_WORLD_TEST(test_extent),
		ONE_WORLD_TEST(test_cut_anywhere),
		ONE_WORLD_TEST(test_cut_csv),
		ONE_WORLD_TEST(test_files_put_together),
		ONE_WORLD_TEST(test_packed_badly),
		ONE_WORLD_TEST(test_bombs),
		ONE_WORLD_TEST(test_hostile_strings),
		ONE_WORLD_TEST(test_long_texts_are_cut_and_told),
		ONE_WORLD_TEST(test_many_columns),
		ONE_WORLD_TEST(test_members_that_stand_twice),
		ONE_WORLD_TEST(test_carriage_returns_and_marks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
