/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The set of ids, the hours that are covered, and the columns of a CSV.
 */
#include "engine/logs/columns.h"
#include "engine/logs/hours.h"
#include "engine/logs/ids.h"
#include "lib/base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* As good as random, and each once. */
static uint64_t
digest_of(uint64_t number)
{
	return (number + 1) * UINT64_C(0x9E3779B97F4A7C15);
}

static void
test_ids_are_new_once(void **state)
{
	struct mm_logs_ids *ids = mm_logs_ids_new();
	enum { COUNT = 300000 };

	(void)state;
	assert_non_null(ids);
	assert_int_equal(mm_logs_ids_rank(ids, digest_of(0)), -1);
	for (uint64_t i = 0; i < COUNT; i++)
		assert_int_equal(mm_logs_ids_add(ids, digest_of(i), 2), MM_LOGS_ID_NEW);
	for (uint64_t i = 0; i < COUNT; i++)
		assert_int_equal(mm_logs_ids_add(ids, digest_of(i), 2), MM_LOGS_ID_SEEN);
	assert_int_equal(mm_logs_ids_count(ids), COUNT);
	assert_true(mm_logs_ids_bytes(ids) < COUNT * 14);
	assert_int_equal(mm_logs_ids_rank(ids, digest_of(COUNT)), -1);
	mm_logs_ids_free(&ids);
	assert_null(ids);
	mm_logs_ids_free(&ids);
}

static void
test_ranks_rise(void **state)
{
	struct mm_logs_ids *ids = mm_logs_ids_new();

	(void)state;
	assert_non_null(ids);
	assert_int_equal(mm_logs_ids_add(ids, 0, 0), MM_LOGS_ID_NEW);
	assert_int_equal(mm_logs_ids_add(ids, 0, 0), MM_LOGS_ID_SEEN);
	assert_int_equal(mm_logs_ids_add(ids, 3, 2), MM_LOGS_ID_RAISED); /* the two lowest bits do not count */
	assert_int_equal(mm_logs_ids_add(ids, 0, 1), MM_LOGS_ID_SEEN);
	assert_int_equal(mm_logs_ids_rank(ids, 1), 2);
	assert_int_equal(mm_logs_ids_add(ids, UINT64_MAX, 3), MM_LOGS_ID_NEW);
	assert_int_equal(mm_logs_ids_rank(ids, UINT64_MAX), 3);
	assert_int_equal(mm_logs_ids_count(ids), 2);
	mm_logs_ids_prefetch(ids, 17);
	mm_logs_ids_free(&ids);
}

static void
test_hours(void **state)
{
	const int64_t hour_us = INT64_C(3600) * 1000000;
	struct mm_logs_hours *hours = mm_logs_hours_new();
	struct mm_logs_hour *list;
	size_t count;

	(void)state;
	assert_non_null(hours);
	for (uint32_t tenant = 0; tenant < 100; tenant++)
		for (int64_t hour = 0; hour < 50; hour++)
			for (int64_t i = 0; i <= hour; i++)
				assert_true(mm_logs_hours_add(hours, tenant, tenant & 1,
				    (400000 + hour) * hour_us + i));
	list = mm_logs_hours_list(hours, &count);
	assert_non_null(list);
	assert_int_equal(count, 5000);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(list[i].tenant, i / 50);
		assert_int_equal(list[i].family, i / 50 & 1);
		assert_int_equal(list[i].hour, 400000 + i % 50);
		assert_int_equal(list[i].records, i % 50 + 1);
	}
	free(list);
	mm_logs_hours_free(&hours);
}

static void
test_hours_have_a_limit(void **state)
{
	const int64_t hour_us = INT64_C(3600) * 1000000;
	struct mm_logs_hours *hours = mm_logs_hours_new();
	struct mm_logs_hour *list;
	size_t count;

	(void)state;
	assert_non_null(hours);
	assert_true(mm_logs_hours_add(hours, 0, 0, 7 * hour_us));
	for (uint32_t tenant = 1; tenant < MM_LOGS_HOURS_MAX; tenant++)
		assert_true(mm_logs_hours_add(hours, tenant, 0, 7 * hour_us));
	assert_false(mm_logs_hours_add(hours, MM_LOGS_HOURS_MAX, 0, 7 * hour_us)); /* counts for nobody in particular */
	assert_false(mm_logs_hours_add(hours, MM_LOGS_HOURS_MAX, 0, 8 * hour_us)); /* does not count */
	list = mm_logs_hours_list(hours, &count);
	assert_non_null(list);
	assert_int_equal(count, MM_LOGS_HOURS_MAX);
	assert_int_equal(list[0].records, 2);
	free(list);
	mm_logs_hours_free(&hours);
}

/* ---- columns ---- */

static char room[4096];

static void
read_row(const struct mm_logs_columns *columns, const char *row, struct mm_logs_tally *tally,
    struct mm_json_value *values)
{
	struct mm_logs_reader reader = { .tally = tally };

	mm_scratch_init(&reader.scratch, room, sizeof(room));
	assert_true(mm_logs_columns_values(columns, &reader, mm_slice_str(row), values, NULL));
}

static void
test_columns_find_their_shape(void **state)
{
	static const char header[] = "\"RecordType\", AuditData ,\"CreationDate\",\"AuditData\",\"Extra\"\r\n";
	struct mm_logs_columns *columns = mm_logs_columns_new(mm_slice_str(header), ',');
	struct mm_json_value values[MM_WALK_NAMES_MAX];
	struct mm_logs_tally tally = { { 0 }, { 0 } };

	(void)state;
	assert_non_null(columns);
	assert_true(columns->known);
	assert_string_equal(mm_logs_shapes[columns->shape]->name, "m365-export");
	assert_int_equal(columns->count, 5);
	assert_int_equal(columns->used, 3);
	read_row(columns, "50,\"{\"\"a\"\":1}\",5/20/2023,second,x\n", &tally, values);
	assert_true(mm_slice_equal(values[0].text, mm_slice_str("{\"a\":1}")));
	assert_true(mm_slice_equal(values[1].text, mm_slice_str("5/20/2023")));
	assert_int_equal(tally.steps[MM_LOGS_STEP_COLUMNS], 0);
	assert_false(mm_logs_columns_doubt(columns, values));
	read_row(columns, "50,{}\n", &tally, values);
	assert_int_equal(values[1].type, MM_JSON_ABSENT);
	assert_int_equal(tally.steps[MM_LOGS_STEP_COLUMNS], 1);
	read_row(columns, "AuditData,CreationDate,Operations,1,2\n", &tally, values);
	assert_true(mm_logs_columns_doubt(columns, values));
	free(columns);
}

static void
test_unknown_columns(void **state)
{
	struct mm_logs_columns *columns = mm_logs_columns_new(mm_slice_str("name;age"), ';');
	struct mm_json_value values[MM_WALK_NAMES_MAX];
	struct mm_logs_tally tally = { { 0 }, { 0 } };

	(void)state;
	assert_non_null(columns);
	assert_false(columns->known);
	assert_int_equal(columns->used, 0);
	read_row(columns, "a;1", &tally, values);
	assert_false(mm_logs_columns_doubt(columns, values));
	free(columns);
}

static void
test_ten_thousand_columns(void **state)
{
	enum { COLUMNS = 20000 };
	struct mm_buf header;
	struct mm_logs_columns *columns;
	struct mm_json_value values[MM_WALK_NAMES_MAX];
	struct mm_logs_tally tally = { { 0 }, { 0 } };

	(void)state;
	mm_buf_init(&header, 1024 * 1024);
	for (unsigned i = 0; i < COLUMNS; i++)
		mm_buf_addf(&header, "%s%s", i == 0 ? "" : ",", i == 9999 ? "AuditData" : "x");
	columns = mm_logs_columns_new(mm_slice(header.data, header.len), ',');
	assert_non_null(columns);
	assert_true(columns->known);
	assert_int_equal(columns->count, COLUMNS);
	assert_int_equal(columns->used, 10000);
	mm_buf_add_u8(&header, 0);
	read_row(columns, header.data, &tally, values);
	assert_true(mm_slice_equal(values[0].text, mm_slice_str("AuditData")));
	assert_int_equal(tally.steps[MM_LOGS_STEP_COLUMNS], 0);
	mm_buf_clear(&header);
	free(columns);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ids_are_new_once),
		cmocka_unit_test(test_ranks_rise),
		cmocka_unit_test(test_hours),
		cmocka_unit_test(test_hours_have_a_limit),
		cmocka_unit_test(test_columns_find_their_shape),
		cmocka_unit_test(test_unknown_columns),
		cmocka_unit_test(test_ten_thousand_columns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
