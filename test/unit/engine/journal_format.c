/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bytes of a journal: what is written is read, and nothing that was changed is taken for whole.
 */
#include "engine/journal_format.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

static const struct mm_journal_link link = { .salt = 0x1122334455667789, .sequence = 7, .previous_hash = { 1, 2, 3 } };

static struct mm_journal_record
full_record(void)
{
	static const char values[MM_JF_COUNT][4] = {
		"f00", "f01", "f02", "f03", "f04", "f05", "f06", "f07", "f08", "f09", "f10",
		"f11", "f12", "f13", "f14", "f15", "f16", "f17", "f18", "f19", "f20", "f21",
		"f22",
	};
	struct mm_journal_record record = {
		.kind = MM_JOURNAL_DECISION, .time_us = -5, .allowed = true, .reason = MM_SCOPE_INSUFFICIENT,
		.verified = true, .epoch = UINT64_MAX, .latency_ns = 123456789, .count = 0x0102030405060708,
		.text = { "text", 4 },
	};

	for (unsigned i = 0; i < MM_JF_COUNT; i++)
		record.fields[i] = mm_slice(values[i], 3);
	record.fields[MM_JF_CLIENT] = MM_SLICE_ABSENT;
	record.fields[MM_JF_SESSION] = mm_slice("", 0);
	return record;
}

static size_t
encode(const struct mm_journal_record *record, uint8_t bytes[MM_JOURNAL_RECORD_MAX])
{
	size_t len = mm_journal_encode_record(record, bytes);

	mm_journal_seal_record(bytes, len, &link);
	assert_int_equal(mm_journal_encoded_len(bytes), len);
	return len;
}

static void
test_record_comes_back(void **state)
{
	uint8_t bytes[MM_JOURNAL_RECORD_MAX];
	struct mm_journal_record record = full_record(), got;
	struct mm_journal_link got_link;
	size_t len = encode(&record, bytes);

	(void)state;
	assert_int_equal(len % MM_JOURNAL_ALIGN, 0);
	assert_int_equal(mm_journal_record_len(bytes, link.salt), len);
	assert_true(mm_journal_record_whole(bytes, len));
	assert_true(mm_journal_decode_record(bytes, len, &got_link, &got));
	assert_int_equal(got_link.salt, link.salt);
	assert_int_equal(got_link.sequence, 7);
	assert_memory_equal(got_link.previous_hash, link.previous_hash, MM_DIGEST_LEN);
	assert_int_equal(got.kind, record.kind);
	assert_int_equal(got.time_us, -5);
	assert_true(got.allowed && got.verified);
	assert_int_equal(got.reason, MM_SCOPE_INSUFFICIENT);
	assert_true(got.epoch == UINT64_MAX);
	assert_int_equal(got.latency_ns, 123456789);
	assert_true(got.count == 0x0102030405060708);
	assert_true(mm_slice_equal(got.text, record.text));
	assert_int_equal(got.cut, 0);
	for (unsigned i = 0; i < MM_JF_COUNT; i++) {
		assert_int_equal(mm_slice_present(got.fields[i]), i != MM_JF_CLIENT);
		if (i != MM_JF_CLIENT)
			assert_true(mm_slice_equal(got.fields[i], record.fields[i]));
	}
}

static void
test_smallest_and_largest(void **state)
{
	static char large[8192];
	uint8_t bytes[MM_JOURNAL_RECORD_MAX];
	struct mm_journal_record record = { .kind = MM_JOURNAL_EVENT }, got;
	struct mm_journal_link got_link;
	size_t len = encode(&record, bytes);

	(void)state;
	assert_int_equal(len, MM_JOURNAL_RECORD_MIN);
	assert_true(mm_journal_decode_record(bytes, len, &got_link, &got));
	assert_false(mm_slice_present(got.text));
	memset(large, 'x', sizeof(large));
	record.text = mm_slice(large, sizeof(large));
	for (unsigned i = 0; i < MM_JF_COUNT; i++)
		record.fields[i] = mm_slice(large, sizeof(large));
	len = encode(&record, bytes);
	assert_true(len <= MM_JOURNAL_RECORD_MAX);
	assert_true(mm_journal_decode_record(bytes, len, &got_link, &got));
	assert_int_equal(got.text.len, MM_JOURNAL_TEXT_MAX);
	assert_int_equal(got.fields[MM_JF_GATE].len, MM_JOURNAL_FIELD_MAX);
	assert_int_equal(got.cut, (UINT32_C(1) << MM_JF_COUNT) - 1 + MM_JOURNAL_CUT_TEXT);
}

/* A text is not cut within a character, unless it is no UTF-8 anyway. */
static void
test_cut(void **state)
{
	static const struct {
		size_t before;
		const char *end;
		size_t wanted;
	} rows[] = {
		{ MM_JOURNAL_FIELD_MAX, "", MM_JOURNAL_FIELD_MAX },
		{ MM_JOURNAL_FIELD_MAX, "x", MM_JOURNAL_FIELD_MAX },
		{ MM_JOURNAL_FIELD_MAX - 1, "\xc3\xa9", MM_JOURNAL_FIELD_MAX - 1 },
		{ MM_JOURNAL_FIELD_MAX - 2, "\xe2\x80\xa6", MM_JOURNAL_FIELD_MAX - 2 },
		{ MM_JOURNAL_FIELD_MAX - 3, "\xf0\x9f\x98\x80", MM_JOURNAL_FIELD_MAX - 3 },
		{ MM_JOURNAL_FIELD_MAX - 4, "\xf0\x9f\x98\x80z", MM_JOURNAL_FIELD_MAX },
		{ MM_JOURNAL_FIELD_MAX - 4, "\x80\x80\x80\x80\x80\x80", MM_JOURNAL_FIELD_MAX },
	};
	uint8_t bytes[MM_JOURNAL_RECORD_MAX];
	char text[MM_JOURNAL_FIELD_MAX + 8];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mm_journal_record record = { .kind = MM_JOURNAL_DECISION }, got;
		struct mm_journal_link got_link;
		size_t len = rows[i].before + strlen(rows[i].end);

		memset(text, 'a', rows[i].before);
		memcpy(text + rows[i].before, rows[i].end, strlen(rows[i].end));
		record.fields[MM_JF_SUBJECT] = mm_slice(text, len);
		assert_true(mm_journal_decode_record(bytes, encode(&record, bytes), &got_link, &got));
		assert_int_equal(got.fields[MM_JF_SUBJECT].len, rows[i].wanted);
		assert_int_equal(got.cut, rows[i].wanted < len ? 1U << MM_JF_SUBJECT : 0);
	}
}

static void
test_flipped_bits(void **state)
{
	uint8_t bytes[MM_JOURNAL_RECORD_MAX];
	struct mm_journal_record record = full_record();
	size_t len = encode(&record, bytes);

	(void)state;
	for (size_t bit = 0; bit < len * 8; bit++) {
		size_t stated;

		bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
		stated = mm_journal_record_len(bytes, link.salt);
		assert_true(stated != len || !mm_journal_record_whole(bytes, len));
		bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
	assert_true(mm_journal_record_whole(bytes, len));
}

/* Lengths inside that do not fit, kinds that nobody knows: refused, although salt and CRC hold. */
static void
test_wrong_inside(void **state)
{
	uint8_t bytes[MM_JOURNAL_RECORD_MAX];
	struct mm_journal_record record = full_record(), got;
	struct mm_journal_link got_link;
	size_t len = encode(&record, bytes);

	(void)state;
	bytes[94] = 5;
	assert_false(mm_journal_decode_record(bytes, len, &got_link, &got));
	bytes[94] = 0;
	assert_false(mm_journal_decode_record(bytes, len, &got_link, &got));
	len = encode(&record, bytes);
	bytes[101] = 0xFF; /* the first field's length */
	assert_false(mm_journal_decode_record(bytes, len, &got_link, &got));
	len = encode(&record, bytes);
	bytes[99] = 0xFF; /* the text's */
	assert_false(mm_journal_decode_record(bytes, len, &got_link, &got));
	len = encode(&record, bytes);
	bytes[92] = 0xFF; /* a reason of a later version */
	bytes[93] = 0xFF;
	assert_true(mm_journal_decode_record(bytes, len, &got_link, &got));
	assert_int_equal(got.reason, MM_INTERNAL);
}

/* A field of a later version is passed over. */
static void
test_unknown_field(void **state)
{
	uint8_t bytes[MM_JOURNAL_RECORD_MAX];
	struct mm_journal_record record = { .kind = MM_JOURNAL_EVENT }, got;
	struct mm_journal_link got_link;

	(void)state;
	record.text = mm_slice("\x02\0zzseen", 8);
	(void)encode(&record, bytes);
	bytes[87] = 0x40; /* present: field 30, whose length and bytes begin the text */
	bytes[98] = 4;
	assert_true(mm_journal_decode_record(bytes, mm_journal_encoded_len(bytes), &got_link, &got));
	assert_true(mm_slice_equal(got.text, mm_slice_str("seen")));
}

static void
test_identity(void **state)
{
	struct mm_journal_identity identity = { .number = 9, .size_bytes = 65536, .created_us = -1, .salt = 3,
		.id = { 1, 2 }, .name = "gate" }, got;
	uint8_t bytes[MM_JOURNAL_IDENTITY_LEN];

	(void)state;
	mm_journal_encode_identity(&identity, bytes);
	assert_true(mm_journal_decode_identity(bytes, &got));
	assert_memory_equal(&got, &identity, sizeof(got));
	for (size_t bit = 0; bit < sizeof(bytes) * 8; bit++) {
		bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
		assert_false(mm_journal_decode_identity(bytes, &got));
		bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
	identity.salt = 0;
	mm_journal_encode_identity(&identity, bytes);
	assert_false(mm_journal_decode_identity(bytes, &got));
}

static void
test_start(void **state)
{
	struct mm_journal_start start = { .previous_number = 8, .previous_end = 1000, .sequence = 5, .started_us = 6,
		.previous_hash = { 9 } }, got;
	uint8_t bytes[MM_JOURNAL_START_LEN];

	(void)state;
	mm_journal_encode_start(&start, bytes);
	assert_true(mm_journal_decode_start(bytes, &got));
	assert_memory_equal(&got, &start, sizeof(got));
	for (size_t bit = 0; bit < sizeof(bytes) * 8; bit++) {
		bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
		assert_false(mm_journal_decode_start(bytes, &got));
		bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
	memset(bytes, 0, sizeof(bytes));
	assert_false(mm_journal_decode_start(bytes, &got));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_record_comes_back),
		cmocka_unit_test(test_smallest_and_largest),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_flipped_bits),
		cmocka_unit_test(test_wrong_inside),
		cmocka_unit_test(test_unknown_field),
		cmocka_unit_test(test_identity),
		cmocka_unit_test(test_start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
