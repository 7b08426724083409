/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records as JSON lines: what is written comes back, and what is no record is refused.
 */
#include "engine/journal_json.h"

#include "engine/journal_filter.h"
#include "lib/base/array.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct mm_journal_place place = { .segment = 3, .offset = 192 };

/* Write a record, read it, and write it again: the lines are equal. */
static void
check_round(const struct mm_journal_record *record)
{
	struct mm_journal_line line;
	struct mm_buf first, second;

	mm_buf_init(&first, MM_JOURNAL_JSON_MAX);
	mm_buf_init(&second, MM_JOURNAL_JSON_MAX);
	mm_journal_json_add(&first, record, &place);
	assert_true(mm_buf_ok(&first) && first.data[first.len - 1] == '\n');
	assert_null(memchr(first.data, '\n', first.len - 1));
	assert_true(mm_journal_json_parse(mm_slice(first.data, first.len - 1), &line));
	assert_int_equal(line.record.kind, record->kind);
	assert_int_equal(line.where.segment, place.segment);
	mm_journal_json_add(&second, &line.record, &line.where);
	assert_true(mm_slice_equal(mm_slice(first.data, first.len), mm_slice(second.data, second.len)));
	mm_journal_line_clear(&line);
	mm_buf_clear(&first);
	mm_buf_clear(&second);
}

static void
test_round(void **state)
{
	static char longest[MM_JOURNAL_FIELD_MAX], text[MM_JOURNAL_TEXT_MAX];
	struct mm_journal_record record = {
		.kind = MM_JOURNAL_DECISION, .time_us = 1795406930935821, .reason = MM_KEY_REALM_MISMATCH, .epoch = 7,
		.latency_ns = 195000,
	};

	(void)state;
	check_round(&record);
	record.allowed = record.verified = true;
	record.reason = MM_OK;
	memset(longest, 1, sizeof(longest)); /* each byte six in JSON */
	memset(text, '"', sizeof(text));
	for (unsigned i = 0; i < MM_JF_COUNT; i++)
		record.fields[i] = mm_slice(longest, sizeof(longest));
	record.fields[MM_JF_CLIENT] = mm_slice("", 0);
	record.fields[MM_JF_PARENT] = MM_SLICE_ABSENT;
	record.fields[MM_JF_SUBJECT] = mm_slice_str("\xc3\xa9 \xf0\x9f\x98\x80");
	record.text = mm_slice(text, sizeof(text));
	record.cut = 1U << MM_JF_KID | 1U << 31;
	check_round(&record);
	record.kind = MM_JOURNAL_FOLDED;
	record.count = 1234567;
	check_round(&record);
	record.kind = MM_JOURNAL_FINDING;
	check_round(&record);
	record.kind = MM_JOURNAL_EVENT;
	check_round(&record);
}

static void
test_values(void **state)
{
	static const char text[] = "{\"kind\":\"folded\",\"time_us\":5,\"verdict\":\"deny\",\"reason\":\"KEY_REVOKED\","
	                           "\"count\":3,\"kid\":\"a\\nb\",\"later\":[1],\"segment\":1,\"offset\":8}";
	struct mm_journal_line line;

	(void)state;
	assert_true(mm_journal_json_parse(mm_slice_str(text), &line));
	assert_int_equal(line.record.kind, MM_JOURNAL_FOLDED);
	assert_int_equal(line.record.reason, MM_KEY_REVOKED);
	assert_int_equal(line.record.count, 3);
	assert_true(mm_slice_equal(line.record.fields[MM_JF_KID], mm_slice_str("a\nb")));
	assert_false(mm_slice_present(line.record.fields[MM_JF_SERVICE]));
	mm_journal_line_clear(&line);
}

static void
test_refused(void **state)
{
	static const char *const lines[] = {
		"", "{}", "[]", "x", "{\"kind\":\"\"}", "{\"kind\":\"other\"}", "{\"kind\":1}",
		"{\"kind\":\"event\"} {}", "{\"kind\":\"event\",\"kind\":\"event\"}", "{\"end\":true}",
	};
	struct mm_journal_line line;

	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(lines); i++) {
		assert_false(mm_journal_json_parse(mm_slice_str(lines[i]), &line));
		mm_journal_line_clear(&line);
	}
}

static void
test_autopsies_alone(void **state)
{
	struct mm_journal_record proof = { .kind = MM_JOURNAL_FINDING }, other = proof, lead;
	struct mm_journal_filter filter;

	(void)state;
	proof.fields[MM_JF_FINDING] = mm_slice_str(MM_FINDING_AUTOPSY);
	lead = proof;
	proof.fields[MM_JF_FINDING_CLASS] = mm_slice_str(MM_FINDING_CLASS_PROOF);
	lead.fields[MM_JF_FINDING_CLASS] = mm_slice_str(MM_FINDING_CLASS_LEAD);
	mm_journal_filter_init(&filter);
	assert_true(mm_journal_filter_passes(&filter, &other));
	filter.autopsies = true;
	assert_true(mm_journal_filter_passes(&filter, &proof));
	assert_false(mm_journal_filter_passes(&filter, &lead));
	assert_false(mm_journal_filter_passes(&filter, &other));
	filter.leads = true;
	assert_true(mm_journal_filter_passes(&filter, &lead));
	assert_false(mm_journal_filter_passes(&filter, &other));
	proof.kind = MM_JOURNAL_DECISION;
	assert_false(mm_journal_filter_passes(&filter, &proof));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_autopsies_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
