/* SPDX-License-Identifier: Apache-2.0 */
/* The index of issued tokens: exact, in order, within its memory, and read while it is written. */
#include "lib/token/issued.h"

#include "lib/crypto/mac.h"

#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ROOM (64u * 1024 * 1024)

/* An entry that its place tells, so that readers need no list. */
static uint64_t
entry_of(struct mm_token_place place)
{
	uint64_t x = ((uint64_t)place.signer << 48) ^ ((uint64_t)place.minute << 24) ^ place.counter;

	x = (x ^ x >> 31) * UINT64_C(0x9E3779B97F4A7C15);
	return (x ^ x >> 29) | 1;
}

static bool
add(struct mm_issued *issued, uint16_t signer, uint32_t minute, uint32_t from, uint32_t count)
{
	uint64_t *entries = calloc(count == 0 ? 1 : count, sizeof(*entries));
	bool added;

	assert_non_null(entries);
	for (uint32_t i = 0; i < count; i++)
		entries[i] = entry_of((struct mm_token_place){ signer, minute, from + i });
	added = mm_issued_add(issued, (struct mm_token_place){ signer, minute, from }, entries, count);
	free(entries);
	return added;
}

static enum mm_issued_result
find(const struct mm_issued *issued, uint16_t signer, uint32_t minute, uint32_t counter)
{
	struct mm_token_place place = { signer, minute, counter };

	return mm_issued_find(issued, place, entry_of(place));
}

static void
test_found_and_absent(void **state)
{
	struct mm_issued *issued = mm_issued_new(ROOM);
	struct mm_token_place place = { 3, 100, 9999 };

	(void)state;
	assert_non_null(issued);
	assert_int_equal(find(issued, 3, 100, 0), MM_ISSUED_NOT_YET);
	assert_true(add(issued, 3, 100, 0, 4096));
	assert_true(add(issued, 3, 100, 4096, 1));
	assert_true(add(issued, 3, 100, 4097, 6000));
	assert_true(add(issued, 3, 612, 0, 1)); /* in the same chain */
	assert_int_equal(mm_issued_count(issued), 10098);
	for (uint32_t i = 0; i < 10097; i++)
		assert_int_equal(find(issued, 3, 100, i), MM_ISSUED_FOUND);
	assert_int_equal(find(issued, 3, 612, 0), MM_ISSUED_FOUND);
	assert_int_equal(mm_issued_find(issued, place, entry_of(place) ^ 1), MM_ISSUED_ABSENT);
	assert_int_equal(find(issued, 3, 100, 10097), MM_ISSUED_NOT_YET);
	assert_int_equal(find(issued, 4, 100, 0), MM_ISSUED_NOT_YET);
	mm_issued_free(&issued);
	assert_null(issued);
}

static void
test_high_water(void **state)
{
	struct mm_issued *issued = mm_issued_new(ROOM);

	(void)state;
	assert_true(add(issued, 1, 100, 0, 10));
	mm_issued_set_high_water(issued, (struct mm_token_place){ 1, 100, 10 });
	assert_int_equal(find(issued, 1, 100, 9), MM_ISSUED_FOUND);
	assert_int_equal(find(issued, 1, 100, 10), MM_ISSUED_NOT_YET);
	assert_int_equal(find(issued, 1, 99, 70000), MM_ISSUED_ABSENT);
	assert_int_equal(find(issued, 1, 101, 0), MM_ISSUED_NOT_YET);
	mm_issued_set_high_water(issued, (struct mm_token_place){ 1, 102, 0 });
	assert_int_equal(find(issued, 1, 101, 0), MM_ISSUED_ABSENT);
	assert_int_equal(find(issued, 1, 102, 0), MM_ISSUED_NOT_YET);
	/* It does not go back. */
	mm_issued_set_high_water(issued, (struct mm_token_place){ 1, 100, 0 });
	assert_int_equal(find(issued, 1, 101, 0), MM_ISSUED_ABSENT);
	/* Received, and not heard of any more: another signer, and the first one is complete. */
	assert_int_equal(find(issued, 2, 102, 0), MM_ISSUED_NOT_YET);
	mm_issued_set_high_water(issued, (struct mm_token_place){ 2, 102, 0 });
	assert_int_equal(find(issued, 2, 101, 5), MM_ISSUED_ABSENT);
	assert_int_equal(find(issued, 2, 102, 0), MM_ISSUED_NOT_YET);
	assert_int_equal(find(issued, 1, UINT32_MAX, 0), MM_ISSUED_ABSENT);
	assert_int_equal(find(issued, 0, 0, 0), MM_ISSUED_NOT_YET);
	mm_issued_free(&issued);
}

static void
test_order(void **state)
{
	struct mm_issued *issued = mm_issued_new(ROOM);
	uint64_t entry = 5;

	(void)state;
	assert_false(add(issued, 1, 100, 1, 1));
	assert_true(add(issued, 1, 100, 0, 0));
	assert_true(add(issued, 1, 100, 0, 2));
	assert_false(add(issued, 1, 100, 0, 1));
	assert_false(add(issued, 1, 100, 1, 1));
	assert_false(add(issued, 1, 100, 3, 1));
	assert_false(mm_issued_add(issued, (struct mm_token_place){ 1, 100, 2 }, &entry, MM_ISSUED_COUNTERS_MAX));
	assert_true(add(issued, 1, 100, 2, 1));
	assert_int_equal(mm_issued_count(issued), 3);
	mm_issued_free(&issued);
}

static void
test_void(void **state)
{
	struct mm_issued *issued = mm_issued_new(ROOM);
	struct mm_token_place place = { 1, 100, 1 };

	(void)state;
	assert_false(mm_issued_void(issued, place));
	assert_true(add(issued, 1, 100, 0, 2));
	assert_int_equal(find(issued, 1, 100, 1), MM_ISSUED_FOUND);
	assert_true(mm_issued_void(issued, place));
	assert_int_equal(find(issued, 1, 100, 1), MM_ISSUED_ABSENT);
	assert_int_equal(mm_issued_find(issued, place, 0), MM_ISSUED_ABSENT);
	assert_int_equal(find(issued, 1, 100, 0), MM_ISSUED_FOUND);
	place.counter = 2;
	assert_false(mm_issued_void(issued, place));
	mm_issued_free(&issued);
}

static void
test_forgetting(void **state)
{
	struct mm_issued *issued = mm_issued_new(ROOM);
	size_t empty = mm_issued_bytes(issued), full;

	(void)state;
	for (uint32_t minute = 0; minute < 200; minute++) {
		assert_true(add(issued, 1, 1000 + minute * 512, 0, 5)); /* all in one chain */
		assert_true(add(issued, 2, 1000 + minute * 512, 0, 1));
	}
	full = mm_issued_bytes(issued);
	mm_issued_set_high_water(issued, (struct mm_token_place){ 1, UINT32_MAX, 0 });
	mm_issued_forget_before(issued, 1000 + 100 * 512);
	assert_int_equal(mm_issued_count(issued), 600);
	assert_true(mm_issued_bytes(issued) - empty == (full - empty) / 2);
	assert_int_equal(find(issued, 1, 1000 + 99 * 512, 0), MM_ISSUED_FORGOTTEN);
	assert_int_equal(find(issued, 9, 5, 0), MM_ISSUED_FORGOTTEN);
	assert_int_equal(find(issued, 1, 1000 + 100 * 512, 4), MM_ISSUED_FOUND);
	assert_int_equal(find(issued, 1, 1000 + 100 * 512, 5), MM_ISSUED_ABSENT);
	assert_false(add(issued, 1, 1000, 0, 1));
	mm_issued_forget_before(issued, 5); /* not back */
	assert_int_equal(find(issued, 1, 1000, 0), MM_ISSUED_FORGOTTEN);
	mm_issued_forget_before(issued, UINT32_MAX);
	assert_int_equal(mm_issued_bytes(issued), empty);
	assert_int_equal(mm_issued_count(issued), 0);
	mm_issued_free(&issued);
}

static void
test_room(void **state)
{
	struct mm_issued *issued = mm_issued_new(2 * 1024 * 1024);
	uint32_t count = 0;

	(void)state;
	assert_null(mm_issued_new(1000));
	assert_non_null(issued);
	while (add(issued, 1, 100, count, 1000))
		count += 1000;
	assert_true(count > 100000);
	assert_true(mm_issued_bytes(issued) <= 2 * 1024 * 1024);
	assert_int_equal(mm_issued_count(issued), count);
	assert_int_equal(find(issued, 1, 100, count - 1), MM_ISSUED_FOUND);
	assert_int_equal(find(issued, 1, 100, count), MM_ISSUED_NOT_YET);
	/* What could not be added can be when there is room again. */
	assert_true(add(issued, 1, 100, count, 1) || !add(issued, 1, 101, 0, 1));
	mm_issued_forget_before(issued, 101);
	assert_true(add(issued, 1, 101, 0, 1000));
	mm_issued_free(&issued);
}

static void
test_entries(void **state)
{
	uint8_t key[MM_INDEX_KEY_LEN] = "0123456789abcdef0123456789abcde", digest[32] = { 1, 2, 3 }, mac[MM_MAC_LEN];
	uint64_t entry = 0, wanted = 0;

	(void)state;
	assert_true(mm_hmac_sha256(key, sizeof(key), mm_slice((char *)digest, sizeof(digest)), mac));
	for (size_t i = 0; i < 8; i++)
		wanted = wanted << 8 | mac[i];
	assert_true(mm_issued_entry(key, digest, &entry));
	assert_true(entry == wanted);
}

/* ---- while it is written ---- */

#define MINUTES 400
#define KEPT 8
#define EACH 5000

static struct mm_issued *shared;
static _Atomic uint32_t newest; /* minute that is complete */
static _Atomic bool done;
static _Atomic uint64_t looked;

static void *
read_on(void *arg)
{
	unsigned state = (unsigned)(uintptr_t)arg;

	while (!atomic_load(&done)) {
		uint32_t minute = atomic_load(&newest), oldest_after;
		struct mm_issued_probe probes[50];

		for (size_t i = 0; i < 50; i++) {
			state = state * 1103515245 + 12345;
			probes[i].place = (struct mm_token_place){ 1, minute - (state >> 16) % KEPT / 2,
				(state >> 8) % EACH };
			probes[i].entry = entry_of(probes[i].place) ^ (i % 2 * 2);
		}
		mm_issued_find_many(shared, probes, 50);
		oldest_after = atomic_load(&newest) - KEPT;
		for (size_t i = 0; i < 50; i++) {
			bool kept = probes[i].place.minute > oldest_after;

			if (i % 2 == 0 && kept && probes[i].result != MM_ISSUED_FOUND)
				abort();
			if (i % 2 == 1 && probes[i].result == MM_ISSUED_FOUND)
				abort();
			if (!kept && probes[i].result == MM_ISSUED_NOT_YET)
				abort();
		}
		atomic_fetch_add(&looked, 50);
	}
	return NULL;
}

static void
test_threads(void **state)
{
	pthread_t threads[3];

	(void)state;
	shared = mm_issued_new(ROOM);
	for (uint32_t minute = 1000 - KEPT; minute <= 1000; minute++)
		assert_true(add(shared, 1, minute, 0, EACH));
	mm_issued_set_high_water(shared, (struct mm_token_place){ 1, 1001, 0 });
	atomic_store(&newest, 1000);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, read_on, (void *)(uintptr_t)(i + 1)), 0);
	for (uint32_t minute = 1001; minute < 1000 + MINUTES; minute++) {
		for (uint32_t from = 0; from < EACH; from += 500)
			assert_true(add(shared, 1, minute, from, 500));
		mm_issued_set_high_water(shared, (struct mm_token_place){ 1, minute + 1, 0 });
		atomic_store(&newest, minute);
		mm_issued_forget_before(shared, minute - KEPT);
		while (atomic_load(&looked) < minute - 1000)
			sched_yield(); /* readers take part in every minute */
	}
	atomic_store(&done, true);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	mm_issued_forget_before(shared, UINT32_MAX);
	assert_int_equal(mm_issued_count(shared), 0);
	mm_issued_free(&shared);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_found_and_absent),
		cmocka_unit_test(test_high_water),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_void),
		cmocka_unit_test(test_forgetting),
		cmocka_unit_test(test_room),
		cmocka_unit_test(test_entries),
		cmocka_unit_test(test_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
