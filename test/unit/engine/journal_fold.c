/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Folding: the rate for each source and service, exact counts, and a table that does not grow.
 */
#include "engine/journal_fold.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

static struct mm_journal_record
denial(const char *service, const char *source, enum mm_reason reason)
{
	struct mm_journal_record record = { .kind = MM_JOURNAL_DECISION, .reason = reason };

	record.fields[MM_JF_SERVICE] = mm_slice_str(service);
	record.fields[MM_JF_SOURCE] = mm_slice_str(source);
	return record;
}

/* Admit count denials; returns how many of them are to be recorded singly. */
static uint64_t
admit(struct mm_fold *fold, const char *service, const char *source, enum mm_reason reason, unsigned count)
{
	struct mm_journal_record record = denial(service, source, reason);
	uint64_t single = 0;
	unsigned tally;

	for (unsigned i = 0; i < count; i++)
		single += !mm_fold_count(fold, &record, true, &tally);
	return single;
}

/* Take every count; returns their sum, and in *records how many there were. */
static uint64_t
drain(struct mm_fold *fold, unsigned *records)
{
	struct mm_journal_record record;
	uint64_t sum = 0;

	*records = 0;
	while (mm_fold_peek(fold, &record)) {
		assert_int_equal(record.kind, MM_JOURNAL_FOLDED);
		assert_false(record.allowed);
		assert_true(record.count > 0);
		sum += record.count;
		(*records)++;
		mm_fold_taken(fold);
	}
	mm_fold_reset(fold);
	return sum;
}

static void
test_applies(void **state)
{
	struct mm_journal_record record = denial("imap", "192.0.2.1", MM_KEY_UNKNOWN);

	(void)state;
	assert_true(mm_fold_applies(&record));
	record.reason = MM_TOKEN_MISSING;
	assert_true(mm_fold_applies(&record));
	record.reason = MM_SIGNATURE_INVALID;
	assert_false(mm_fold_applies(&record));
	record.reason = MM_JOURNAL_UNAVAILABLE;
	assert_false(mm_fold_applies(&record));
	record.reason = MM_KEY_UNKNOWN;
	record.allowed = true;
	assert_false(mm_fold_applies(&record));
	record.allowed = false;
	record.kind = MM_JOURNAL_FINDING;
	assert_false(mm_fold_applies(&record));
}

static void
test_rate(void **state)
{
	struct mm_fold *fold = mm_fold_new();
	struct mm_journal_record record = denial("imap", "192.0.2.1", MM_KEY_UNKNOWN);
	unsigned records, tally;

	(void)state;
	assert_true(mm_fold_idle(fold));
	assert_int_equal(admit(fold, "imap", "192.0.2.1", MM_KEY_UNKNOWN, 100), 100);
	assert_true(mm_fold_count(fold, &record, true, &tally));
	assert_true(mm_fold_count(fold, &record, true, &tally));
	assert_int_equal(mm_fold_tally(fold, tally)->counts[MM_KEY_UNKNOWN], 2);
	assert_int_equal(admit(fold, "imap", "192.0.2.1", MM_TOKEN_MALFORMED, 7), 0);
	assert_int_equal(admit(fold, "smtp", "192.0.2.1", MM_KEY_UNKNOWN, 100), 100);
	assert_int_equal(admit(fold, "imap", "192.0.2.2", MM_KEY_UNKNOWN, 101), 100);
	assert_int_equal(mm_fold_pending(fold), 10);
	assert_int_equal(drain(fold, &records), 10);
	assert_int_equal(records, 3);
	assert_true(mm_fold_idle(fold));
	assert_int_equal(admit(fold, "imap", "192.0.2.1", MM_KEY_UNKNOWN, 101), 100);
	mm_fold_free(&fold);
}

/* Counts that could not be written stay, and new ones come on top. */
static void
test_interrupted(void **state)
{
	struct mm_fold *fold = mm_fold_new();
	struct mm_journal_record record;
	unsigned records;

	(void)state;
	(void)admit(fold, "imap", "a", MM_KEY_REVOKED, 110);
	(void)admit(fold, "imap", "b", MM_KEY_REVOKED, 110);
	assert_true(mm_fold_peek(fold, &record));
	mm_fold_taken(fold);
	assert_true(mm_fold_peek(fold, &record)); /* and then the disk was full */
	mm_fold_reset(fold);
	(void)admit(fold, "imap", "a", MM_TOKEN_MISSING, 5);
	(void)admit(fold, "imap", "b", MM_TOKEN_MISSING, 5);
	assert_int_equal(mm_fold_pending(fold), 20);
	assert_int_equal(drain(fold, &records) + drain(fold, &records), 20);
	assert_true(mm_fold_idle(fold));
	mm_fold_free(&fold);
}

static void
test_no_room(void **state)
{
	struct mm_fold *fold = mm_fold_new();
	struct mm_journal_record record = denial("imap", "192.0.2.1", MM_KEY_UNKNOWN);
	unsigned records, tally;

	(void)state;
	assert_true(mm_fold_count(fold, &record, false, &tally));
	assert_int_equal(drain(fold, &records), 1);
	mm_fold_free(&fold);
}

/* More sources than the table holds: every one is counted, under its service. */
static void
test_many_sources(void **state)
{
	struct mm_fold *fold = mm_fold_new();
	uint64_t single = 0;
	unsigned records;
	char source[32];

	(void)state;
	for (unsigned i = 0; i < 3 * MM_FOLD_PAIRS_MAX; i++) {
		(void)snprintf(source, sizeof(source), "10.%u.%u.%u", i >> 16, i >> 8 & 255, i & 255);
		single += admit(fold, i % 2 == 0 ? "imap" : "smtp", source, MM_KEY_UNKNOWN, 2);
	}
	assert_true(single <= 2 * MM_FOLD_PAIRS_MAX);
	assert_true(single >= MM_FOLD_PAIRS_MAX);
	assert_int_equal(drain(fold, &records) + single, 6 * MM_FOLD_PAIRS_MAX);
	assert_int_equal(records, 2);
	mm_fold_free(&fold);
}

/* And more services than it holds. */
static void
test_many_services(void **state)
{
	struct mm_fold *fold = mm_fold_new();
	char service[32], source[32];
	uint64_t single = 0;
	unsigned records;

	(void)state;
	for (unsigned i = 0; i < 2 * MM_FOLD_PAIRS_MAX; i++) {
		(void)snprintf(service, sizeof(service), "service-%u", i % 200);
		(void)snprintf(source, sizeof(source), "s%u", i);
		single += admit(fold, service, source, MM_KEY_UNKNOWN, 1);
	}
	assert_int_equal(drain(fold, &records) + single, 2 * MM_FOLD_PAIRS_MAX);
	assert_true(records <= MM_FOLD_SERVICES_MAX + 1);
	mm_fold_free(&fold);
}

/* The tallies hold what the pairs hold, whoever shares one; what was restored is written like the rest. */
static void
test_tallies(void **state)
{
	struct mm_fold *fold = mm_fold_new(), *next = mm_fold_new();
	struct mm_journal_record record;
	unsigned records;
	uint64_t noted = 0;
	char source[32];

	(void)state;
	for (unsigned i = 0; i < 2 * MM_JOURNAL_TALLIES; i++) {
		(void)snprintf(source, sizeof(source), "192.0.2.%u", i);
		(void)admit(fold, "imap", source, MM_KEY_UNKNOWN, MM_FOLD_SINGLE_MAX + 1 + i);
		(void)admit(fold, "imap", source, MM_TOKEN_MISSING, 1);
	}
	assert_true(mm_fold_peek(fold, &record));
	mm_fold_taken(fold);
	for (unsigned i = 0; i < MM_JOURNAL_TALLIES; i++) {
		uint8_t bytes[MM_JOURNAL_TALLY_LEN];
		struct mm_journal_tally tally = *mm_fold_tally(fold, i), got;

		tally.as_of = 5;
		mm_journal_encode_tally(&tally, bytes);
		assert_true(mm_journal_decode_tally(bytes, &got));
		for (unsigned reason = 0; reason < MM_REASON_COUNT; reason++)
			noted += got.counts[reason];
		mm_fold_restore(next, i, &got);
	}
	assert_int_equal(noted, mm_fold_pending(fold));
	assert_int_equal(mm_fold_pending(next), noted);
	/* A new life counts on, also for a pair that was restored. */
	assert_int_equal(admit(next, "imap", "192.0.2.1", MM_KEY_UNKNOWN, 101), 100);
	assert_int_equal(drain(next, &records), noted + 1);
	assert_int_equal(drain(fold, &records), noted);
	mm_fold_free(&fold);
	mm_fold_free(&next);
}

static void
test_sources(void **state)
{
	static const struct {
		const char *source, *folded;
	} rows[] = {
		{ "192.0.2.1", "192.0.2.1" },
		{ "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64" },
		{ "2001:db8:1:2::", "2001:db8:1:2::/64" },
		{ "::1", "::/64" },
		{ "::ffff:192.0.2.1", "192.0.2.1" },
		{ "::FFFF:192.0.2.1", "192.0.2.1" },
		{ "unix", "unix" },
		{ "a:b", "a:b" },
		{ "", "" },
		{ "a name that is longer than any address and is cut at its end",
		    "a name that is longer than any address and is cut at it" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char out[MM_FOLD_SOURCE_LEN];

		assert_true(mm_slice_equal(mm_fold_source(mm_slice_str(rows[i].source), out),
		    mm_slice_str(rows[i].folded)));
	}
}

/* One /64 has one rate; absent, empty and long names are pairs like others. */
static void
test_pairs(void **state)
{
	static const char long_service[] = "a-service-whose-name-is-longer-than-those-that-anybody-would-give-it-1";
	struct mm_fold *fold = mm_fold_new();
	struct mm_journal_record record;
	unsigned records;

	(void)state;
	assert_int_equal(admit(fold, "imap", "2001:db8::1", MM_KEY_UNKNOWN, 60), 60);
	assert_int_equal(admit(fold, "imap", "2001:db8::ffff", MM_KEY_UNKNOWN, 60), 40);
	assert_int_equal(admit(fold, "imap", "2001:db8:0:1::1", MM_KEY_UNKNOWN, 60), 60);
	assert_int_equal(admit(fold, NULL, NULL, MM_KEY_UNKNOWN, 60), 60);
	assert_int_equal(admit(fold, "", "", MM_KEY_UNKNOWN, 60), 60);
	assert_int_equal(drain(fold, &records), 20);
	assert_int_equal(admit(fold, long_service, "x", MM_KEY_UNKNOWN, 101), 100);
	assert_true(mm_fold_peek(fold, &record));
	assert_int_equal(record.fields[MM_JF_SERVICE].len, 64);
	assert_int_equal(record.cut, 1U << MM_JF_SERVICE);
	mm_fold_free(&fold);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_applies),
		cmocka_unit_test(test_rate),
		cmocka_unit_test(test_interrupted),
		cmocka_unit_test(test_no_room),
		cmocka_unit_test(test_many_sources),
		cmocka_unit_test(test_many_services),
		cmocka_unit_test(test_tallies),
		cmocka_unit_test(test_sources),
		cmocka_unit_test(test_pairs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
