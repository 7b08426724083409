/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table behind the cache: what was stored comes back whole or not at all, whatever else is stored and by whomever.
 * What a decision makes of it is in cached_decision.c.
 */
#include "lib/token/cache.h"

#include "lib/base/array.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static const unsigned char seed[MM_CACHE_SEED_LEN] = "0123456789abcdef0123456789abcdef";

#define THREADS 4
#define THREAD_ROUNDS 40000

/* ---- names and entries that are told by a number ---- */

static uint64_t
mix(uint64_t number)
{
	number = (number ^ number >> 31) * UINT64_C(0x9E3779B97F4A7C15);
	return number ^ number >> 29;
}

static struct mm_cache_name
name_of(uint64_t number)
{
	return (struct mm_cache_name){ { { mix(number + 1), mix(number + 1000000007) } }, 1, 1000 };
}

/* Between nothing and the longest; the same number gives the same bytes. */
static size_t
write_entry(uint64_t number, unsigned version, char entry[MM_CACHE_ENTRY_LEN_MAX])
{
	size_t len = (size_t)(mix(number * 31 + version) % (MM_CACHE_ENTRY_LEN_MAX + 1));

	memset(entry, (int)(mix(number) & 0xFF), len);
	if (len >= sizeof(number))
		memcpy(entry + len - sizeof(number), &number, sizeof(number));
	if (len > 0)
		entry[0] = (char)version;
	return len;
}

static void
store(struct mm_cache *cache, uint64_t number, unsigned version)
{
	char entry[MM_CACHE_ENTRY_LEN_MAX];
	struct mm_cache_name name = name_of(number);
	size_t len = write_entry(number, version, entry);

	mm_cache_store(cache, &name, mm_slice(entry, len));
}

/* Whether there is an entry of this number; then it must be this one. */
static bool
find(struct mm_cache *cache, uint64_t number, unsigned version)
{
	char expected[MM_CACHE_ENTRY_LEN_MAX], room[MM_CACHE_ENTRY_LEN_MAX];
	struct mm_cache_name name = name_of(number);
	size_t len = write_entry(number, version, expected);
	struct mm_scratch scratch;
	struct mm_slice entry;

	mm_scratch_init(&scratch, room, sizeof(room));
	if (!mm_cache_find(cache, &name, &scratch, &entry))
		return false;
	assert_int_equal(entry.len, len);
	assert_memory_equal(entry.ptr, expected, len);
	assert_int_equal(scratch.used, len);
	return true;
}

static bool
find_named(struct mm_cache *cache, const struct mm_cache_name *name)
{
	char room[MM_CACHE_ENTRY_LEN_MAX];
	struct mm_scratch scratch;
	struct mm_slice entry;

	mm_scratch_init(&scratch, room, sizeof(room));
	return mm_cache_find(cache, name, &scratch, &entry);
}

static struct mm_cache_stats
stats_of(const struct mm_cache *cache)
{
	struct mm_cache_stats stats;

	mm_cache_get_stats(cache, &stats);
	return stats;
}

static struct mm_cache *
new_cache(size_t bytes)
{
	struct mm_cache *cache = mm_cache_new(bytes, seed);

	assert_non_null(cache);
	return cache;
}

/* ---- making ---- */

static void
too_little_memory_makes_none(void **state)
{
	struct mm_cache *none = NULL;

	(void)state;
	assert_null(mm_cache_new(0, seed));
	assert_null(mm_cache_new(MM_CACHE_BYTES_MIN - 1, seed));
	assert_null(mm_cache_new(MM_CACHE_BYTES_MIN, NULL));
#ifndef MM_SANITIZED /* a sanitizer takes so great a wish for a fault */
	assert_null(mm_cache_new(SIZE_MAX, seed));
#endif
	mm_cache_free(&none);
	mm_cache_free(NULL);
}

static void
it_takes_no_more_than_it_was_given(void **state)
{
	static const size_t sizes[] = { MM_CACHE_BYTES_MIN, MM_CACHE_BYTES_MIN + 1, 1000000, 33333333 };

	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(sizes); i++) {
		struct mm_cache *cache = new_cache(sizes[i]);

		assert_true(stats_of(cache).bytes <= sizes[i]);
		assert_true(stats_of(cache).bytes > sizes[i] - 64);
		mm_cache_free(&cache);
		assert_null(cache);
	}
}

/* ---- one thread ---- */

static void
an_entry_is_found_by_its_whole_name_alone(void **state)
{
	struct mm_cache *cache = new_cache(MM_CACHE_BYTES_MIN);
	struct mm_cache_name name = name_of(7), other;

	(void)state;
	assert_false(find(cache, 7, 0));
	store(cache, 7, 0);
	assert_true(find(cache, 7, 0));
	for (size_t bit = 0; bit < sizeof(name.digest) * 8; bit++) {
		other = name;
		other.digest.half[bit / 64] ^= UINT64_C(1) << bit % 64;
		assert_false(find_named(cache, &other));
	}
	other = name;
	other.epoch++;
	assert_false(find_named(cache, &other));
	other = name;
	other.token_len++;
	assert_false(find_named(cache, &other));
	assert_true(find_named(cache, &name));
	mm_cache_free(&cache);
}

static void
a_newer_entry_takes_the_place_of_an_older_one(void **state)
{
	struct mm_cache *cache = new_cache(MM_CACHE_BYTES_MIN);
	struct mm_cache_name name = name_of(1);

	(void)state;
	for (unsigned version = 0; version < 2000; version++) {
		store(cache, 1, version);
		assert_true(find(cache, 1, version));
	}
	/* A newer epoch's too: the older one is gone with it. */
	name.epoch = 2;
	mm_cache_store(cache, &name, mm_slice("", 0));
	assert_true(find_named(cache, &name));
	name.epoch = 1;
	assert_false(find_named(cache, &name));
	assert_int_equal(stats_of(cache).evicted, 0);
	mm_cache_free(&cache);
}

static void
an_entry_that_is_too_long_is_not_kept(void **state)
{
	static const char entry[MM_CACHE_ENTRY_LEN_MAX + 1];
	struct mm_cache *cache = new_cache(MM_CACHE_BYTES_MIN);
	struct mm_cache_name name = name_of(1);

	(void)state;
	mm_cache_store(cache, &name, mm_slice(entry, sizeof(entry)));
	assert_false(find_named(cache, &name));
	mm_cache_store(cache, &name, mm_slice(entry, sizeof(entry) - 1));
	assert_true(find_named(cache, &name));
	mm_cache_free(&cache);
}

static void
an_entry_for_which_there_is_no_room_is_not_found(void **state)
{
	struct mm_cache *cache = new_cache(MM_CACHE_BYTES_MIN);
	struct mm_cache_name name = name_of(1);
	struct mm_scratch scratch;
	struct mm_slice entry;
	char room[8];

	(void)state;
	mm_cache_store(cache, &name, mm_slice("12345678", 8));
	mm_scratch_init(&scratch, room, 7);
	assert_false(mm_cache_find(cache, &name, &scratch, &entry));
	assert_int_equal(scratch.used, 0);
	mm_scratch_init(&scratch, room, 8);
	assert_true(mm_cache_find(cache, &name, &scratch, &entry));
	mm_cache_free(&cache);
}

static void
a_token_that_is_absent_empty_or_too_large_has_no_name(void **state)
{
	static const char token[MM_TOKEN_LEN_MAX + 1];
	struct mm_cache *cache = new_cache(MM_CACHE_BYTES_MIN);
	struct mm_cache_name name;

	(void)state;
	assert_false(mm_cache_name_token(cache, MM_SLICE_ABSENT, 1, &name));
	assert_false(mm_cache_name_token(cache, mm_slice("", 0), 1, &name));
	assert_false(mm_cache_name_token(cache, mm_slice(token, sizeof(token)), 1, &name));
	assert_true(mm_cache_name_token(cache, mm_slice(token, sizeof(token) - 1), 1, &name));
	mm_cache_free(&cache);
}

/* ---- full ---- */

/* The oldest go first: in each shard those that are left are the newest. */
static void
the_oldest_make_room(void **state)
{
	struct mm_cache *cache = new_cache(MM_CACHE_BYTES_MIN);
	uint64_t left = 0;

	(void)state;
	for (uint64_t i = 0; i < 20000; i++) {
		store(cache, i, 0);
		assert_true(find(cache, i, 0));
	}
	for (uint64_t i = 0; i < 20000; i++)
		left += find(cache, i, 0);
	assert_int_equal(stats_of(cache).stored, 20000);
	assert_int_equal(stats_of(cache).evicted, 20000 - left);
	/* Entries of 1 kB on average; some of a shard's end stays unused. */
	assert_in_range(left, 150, 300);
	for (uint64_t i = 20000 - 50; i < 20000; i++)
		assert_true(find(cache, i, 0));
	mm_cache_free(&cache);
}

static void
small_entries_fill_the_index_first(void **state)
{
	struct mm_cache *cache = new_cache(MM_CACHE_BYTES_MIN);
	uint64_t left = 0;

	(void)state;
	for (uint64_t i = 0; i < 20000; i++) {
		struct mm_cache_name name = name_of(i);

		mm_cache_store(cache, &name, mm_slice("", 0));
		assert_true(find_named(cache, &name));
	}
	for (uint64_t i = 0; i < 20000; i++) {
		struct mm_cache_name name = name_of(i);

		left += find_named(cache, &name);
	}
	assert_int_equal(stats_of(cache).evicted, 20000 - left);
	assert_in_range(left, 700, 800);
	mm_cache_free(&cache);
}

/* All in one shard and in one run of its index, as nobody can choose them. */
static struct mm_cache_name
crowded_name(uint64_t number)
{
	struct mm_cache_name name = name_of(number);

	name.digest.half[0] = 0;
	name.digest.half[1] = name.digest.half[1] << 32 | (number % 3 == 0 ? 0xFFFFFFFF : 0xFFFFFFFE);
	return name;
}

static void
names_that_fall_into_one_place_are_told_apart(void **state)
{
	struct mm_cache *cache = new_cache(MM_CACHE_BYTES_MIN);
	struct mm_scratch scratch;
	struct mm_slice entry;
	uint64_t number;
	char room[8];

	(void)state;
	for (uint64_t i = 0; i < 3000; i++) {
		struct mm_cache_name name = crowded_name(i);

		mm_cache_store(cache, &name, mm_slice(&i, sizeof(i)));
	}
	for (uint64_t i = 0; i < 3000; i++) {
		struct mm_cache_name name = crowded_name(i);

		mm_scratch_init(&scratch, room, sizeof(room));
		if (!mm_cache_find(cache, &name, &scratch, &entry)) {
			assert_true(i < 2900);
			continue;
		}
		memcpy(&number, entry.ptr, sizeof(number));
		assert_int_equal(number, i);
	}
	mm_cache_free(&cache);
}

/* Storing and looking up in any order, against a list of what was stored last. */
static void
it_never_gives_back_another_entry(void **state)
{
	enum { NUMBERS = 1500 };
	static unsigned versions[NUMBERS];
	static bool stored[NUMBERS];
	struct mm_cache *cache = new_cache(MM_CACHE_BYTES_MIN);
	uint64_t random = 1, found = 0;

	(void)state;
	for (unsigned round = 0; round < 100000; round++) {
		uint64_t number = (random = mix(random + round)) % NUMBERS;

		if (random >> 40 & 1) {
			store(cache, number, ++versions[number]);
			stored[number] = true;
		} else if (find(cache, number, versions[number])) {
			assert_true(stored[number]);
			found++;
		}
	}
	assert_in_range(found, 1000, 50000);
	assert_int_equal(stats_of(cache).hits, found);
	mm_cache_free(&cache);
}

/* ---- threads ---- */

static void *
use_with_others(void *ctx)
{
	struct mm_cache *cache = ctx;
	uint64_t random = (uint64_t)(uintptr_t)&random, found = 0;

	for (unsigned round = 0; round < THREAD_ROUNDS; round++) {
		uint64_t number = (random = mix(random + round)) % 400;

		if (find(cache, number, 0))
			found++;
		else
			store(cache, number, 0);
	}
	return (void *)(uintptr_t)found;
}

static void
threads_share_a_table(void **state)
{
	struct mm_cache *cache = new_cache(MM_CACHE_BYTES_MIN);
	pthread_t threads[THREADS];
	struct mm_cache_stats stats;
	uint64_t found = 0;
	void *result;

	(void)state;
	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, use_with_others, cache), 0);
	for (size_t i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(threads[i], &result), 0);
		found += (uintptr_t)result;
	}
	stats = stats_of(cache);
	assert_int_equal(stats.hits, found);
	assert_int_equal(stats.misses, THREADS * THREAD_ROUNDS - found);
	assert_true(found > 0);
	mm_cache_free(&cache);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(too_little_memory_makes_none),
		cmocka_unit_test(it_takes_no_more_than_it_was_given),
		cmocka_unit_test(an_entry_is_found_by_its_whole_name_alone),
		cmocka_unit_test(a_newer_entry_takes_the_place_of_an_older_one),
		cmocka_unit_test(an_entry_that_is_too_long_is_not_kept),
		cmocka_unit_test(an_entry_for_which_there_is_no_room_is_not_found),
		cmocka_unit_test(a_token_that_is_absent_empty_or_too_large_has_no_name),
		cmocka_unit_test(the_oldest_make_room),
		cmocka_unit_test(small_entries_fill_the_index_first),
		cmocka_unit_test(names_that_fall_into_one_place_are_told_apart),
		cmocka_unit_test(it_never_gives_back_another_entry),
		cmocka_unit_test(threads_share_a_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
