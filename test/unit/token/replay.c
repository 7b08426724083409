/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The store of used proofs: each is taken once, by one thread; nothing is forgotten while it could be accepted; a full
 * store and a full share take nothing more.
 */
#include "lib/token/replay.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define NOW_S INT64_C(1800000000)
#define WINDOW_S 60
#define URL "https://mail.example/"

static const unsigned char seed[MM_EVIDENCE_SECRET_LEN] = "thirty-two bytes that nobody has";

/* The n-th key, so that tests reach every shard. */
static struct mm_used_proof
proof_of(unsigned key, const char *token, const char *jti, int64_t accepted_until_s)
{
	struct mm_used_proof proof = {
		.url = mm_slice_str(URL),
		.jti = mm_slice_str(jti),
		.token = mm_slice_str(token),
		.accepted_until_s = accepted_until_s,
	};

	memcpy(proof.thumbprint, &key, sizeof(key));
	return proof;
}

static enum mm_replay
enter(struct mm_replay_store *store, unsigned key, const char *token, const char *jti, int64_t now_s)
{
	struct mm_used_proof proof = proof_of(key, token, jti, now_s + WINDOW_S);

	return mm_replay_enter(store, &proof, now_s);
}

static enum mm_replay
enter_number(struct mm_replay_store *store, unsigned key, const char *token, unsigned number, int64_t now_s)
{
	char jti[16];

	snprintf(jti, sizeof(jti), "%u", number);
	return enter(store, key, token, jti, now_s);
}

static struct mm_replay_store *
new_store(void)
{
	struct mm_replay_store *store = mm_replay_store_new(MM_REPLAY_BYTES_MIN, seed);

	assert_non_null(store);
	return store;
}

static void
a_proof_is_taken_once(void **state)
{
	struct mm_replay_store *store = new_store();

	(void)state;
	assert_int_equal(enter(store, 1, "t", "a", NOW_S), MM_REPLAY_ENTERED);
	assert_int_equal(enter(store, 1, "t", "a", NOW_S), MM_REPLAY_USED);
	assert_int_equal(enter(store, 1, "t", "a", NOW_S + WINDOW_S), MM_REPLAY_USED);
	mm_replay_store_free(&store);
	assert_null(store);
}

/* Another text of the same token, as a second spelling of its signature makes one, changes nothing. */
static void
key_address_and_jti_name_it(void **state)
{
	struct mm_replay_store *store = new_store();
	struct mm_used_proof proof = proof_of(1, "t", "a", NOW_S + WINDOW_S);

	(void)state;
	assert_int_equal(mm_replay_enter(store, &proof, NOW_S), MM_REPLAY_ENTERED);
	proof.token = mm_slice_str("u");
	assert_int_equal(mm_replay_enter(store, &proof, NOW_S), MM_REPLAY_USED);
	proof.jti = mm_slice_str("b");
	assert_int_equal(mm_replay_enter(store, &proof, NOW_S), MM_REPLAY_ENTERED);
	proof.url = mm_slice_str(URL "b");
	proof.jti = mm_slice_str("");
	assert_int_equal(mm_replay_enter(store, &proof, NOW_S), MM_REPLAY_ENTERED);
	proof.url = mm_slice_str(URL);
	proof.jti = mm_slice_str("b");
	assert_int_equal(mm_replay_enter(store, &proof, NOW_S), MM_REPLAY_USED);
	proof.thumbprint[9] = 1;
	assert_int_equal(mm_replay_enter(store, &proof, NOW_S), MM_REPLAY_ENTERED);
	mm_replay_store_free(&store);
}

static void
a_long_one_is_refused(void **state)
{
	static char text[MM_HTTP_URL_LEN_MAX + 2];
	struct mm_replay_store *store = new_store();
	struct mm_used_proof proof = proof_of(1, "t", "a", NOW_S + WINDOW_S);

	(void)state;
	memset(text, 'a', sizeof(text));
	proof.jti = mm_slice(text, MM_PROOF_JTI_LEN_MAX + 1);
	assert_int_equal(mm_replay_enter(store, &proof, NOW_S), MM_REPLAY_FAILED);
	proof.jti = mm_slice(text, MM_PROOF_JTI_LEN_MAX);
	proof.url = mm_slice(text, MM_HTTP_URL_LEN_MAX + 2);
	assert_int_equal(mm_replay_enter(store, &proof, NOW_S), MM_REPLAY_FAILED);
	proof.url = mm_slice(text, MM_HTTP_URL_LEN_MAX + 1);
	assert_int_equal(mm_replay_enter(store, &proof, NOW_S), MM_REPLAY_ENTERED);
	assert_int_equal(mm_replay_enter(store, &proof, NOW_S), MM_REPLAY_USED);
	mm_replay_store_free(&store);
}

/* A clock that goes back would make a proof acceptable that the store does not remember any more. */
static void
what_may_have_been_forgotten_is_refused(void **state)
{
	struct mm_replay_store *store = new_store();
	struct mm_used_proof early = proof_of(1, "t", "a", NOW_S + WINDOW_S);

	(void)state;
	assert_int_equal(mm_replay_enter(store, &early, NOW_S), MM_REPLAY_ENTERED);
	assert_int_equal(enter(store, 1, "t", "b", NOW_S + WINDOW_S + 1), MM_REPLAY_ENTERED);
	assert_int_equal(mm_replay_enter(store, &early, NOW_S), MM_REPLAY_FORGOTTEN);
	assert_int_equal(enter(store, 1, "t", "b", NOW_S + 1), MM_REPLAY_USED);
	mm_replay_store_free(&store);
}

/* Fill one shard by one key and many tokens; returns how many it took. */
static unsigned
fill_shard(struct mm_replay_store *store, unsigned key, int64_t now_s, enum mm_replay *end)
{
	unsigned taken = 0;
	char token[16];

	do {
		snprintf(token, sizeof(token), "t%u", taken % 16);
		*end = enter_number(store, key, token, taken, now_s);
	} while (*end == MM_REPLAY_ENTERED && ++taken < 1000000);
	return taken;
}

static void
a_full_store_takes_nothing_until_time_has_passed(void **state)
{
	struct mm_replay_store *store = new_store();
	enum mm_replay end;
	unsigned taken = fill_shard(store, 1, NOW_S, &end);

	(void)state;
	assert_int_equal(end, MM_REPLAY_FULL);
	assert_in_range(taken, 64, 1000);
	/* What is there is still known, and nothing was dropped for the attempts. */
	for (unsigned i = 0; i < taken; i++)
		assert_int_equal(enter_number(store, 1, "t", i, NOW_S), MM_REPLAY_USED);
	assert_int_equal(enter_number(store, 1, "new", taken, NOW_S + WINDOW_S), MM_REPLAY_FULL);
	assert_int_equal(enter_number(store, 1, "new", taken, NOW_S + WINDOW_S + 1), MM_REPLAY_ENTERED);
	assert_int_equal(fill_shard(store, 1, NOW_S + 2 * WINDOW_S + 2, &end), taken);
	assert_int_equal(end, MM_REPLAY_FULL);
	mm_replay_store_free(&store);
}

/* Other keys lie in other shards, or find room beside it. */
static void
one_token_cannot_fill_the_store(void **state)
{
	struct mm_replay_store *store = new_store();
	unsigned taken = 0;
	enum mm_replay end;

	(void)state;
	while ((end = enter_number(store, 1, "greedy", taken, NOW_S)) == MM_REPLAY_ENTERED && taken < 1000000)
		taken++;
	assert_int_equal(end, MM_REPLAY_SHARE_FULL);
	for (unsigned key = 1; key < 64; key++)
		assert_int_equal(enter(store, key, "modest", "a", NOW_S), MM_REPLAY_ENTERED);
	/* Its share comes back with time. */
	assert_int_equal(enter_number(store, 1, "greedy", taken, NOW_S + WINDOW_S + 1), MM_REPLAY_ENTERED);
	mm_replay_store_free(&store);
}

static void
room_comes_back_for_years(void **state)
{
	struct mm_replay_store *store = new_store();
	unsigned number = 0;

	(void)state;
	for (int64_t now_s = NOW_S; now_s < NOW_S + 10000; now_s += 7) {
		assert_int_equal(enter_number(store, number % 17, "t", number, now_s), MM_REPLAY_ENTERED);
		assert_int_equal(enter_number(store, number % 17, "t", number, now_s), MM_REPLAY_USED);
		number++;
	}
	mm_replay_store_free(&store);
}

static void
a_small_store_is_refused(void **state)
{
	struct mm_replay_store *none = NULL;

	(void)state;
	assert_null(mm_replay_store_new(0, seed));
	assert_null(mm_replay_store_new(MM_REPLAY_BYTES_MIN - 1, seed));
	mm_replay_store_free(&none);
	mm_replay_store_free(NULL);
}

static void
it_counts_what_it_did(void **state)
{
	struct mm_replay_store *store = new_store();
	struct mm_replay_stats stats;
	enum mm_replay end;
	unsigned taken;

	(void)state;
	taken = fill_shard(store, 1, NOW_S, &end);
	assert_int_equal(enter_number(store, 1, "t", 0, NOW_S), MM_REPLAY_USED);
	mm_replay_store_get_stats(store, &stats);
	assert_int_equal(stats.entered, taken);
	assert_int_equal(stats.used, 1);
	assert_int_equal(stats.without_room, 1);
	assert_int_equal(stats.kept, taken);
	assert_int_equal(stats.room, 8 * taken);
	mm_replay_store_free(&store);
	mm_replay_store_get_stats(NULL, &stats);
	assert_int_equal(stats.room, 0);
}

/* ---- threads ---- */

#define THREADS 4
#define ROUNDS 2000

static struct mm_replay_store *shared;
static _Atomic unsigned entered;

static void *
enter_all(void *ctx)
{
	(void)ctx;
	for (unsigned i = 0; i < ROUNDS; i++) {
		char token[16];

		snprintf(token, sizeof(token), "t%u", i % 64);
		if (enter_number(shared, i % 64, token, i, NOW_S + i % 5) == MM_REPLAY_ENTERED)
			atomic_fetch_add(&entered, 1);
	}
	return NULL;
}

static void
of_many_threads_one_enters_a_proof(void **state)
{
	pthread_t threads[THREADS];

	(void)state;
	shared = mm_replay_store_new(1024 * 1024, seed);
	assert_non_null(shared);
	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, enter_all, NULL), 0);
	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	assert_int_equal(atomic_load(&entered), ROUNDS);
	mm_replay_store_free(&shared);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_proof_is_taken_once),
		cmocka_unit_test(key_address_and_jti_name_it),
		cmocka_unit_test(a_long_one_is_refused),
		cmocka_unit_test(what_may_have_been_forgotten_is_refused),
		cmocka_unit_test(a_full_store_takes_nothing_until_time_has_passed),
		cmocka_unit_test(one_token_cannot_fill_the_store),
		cmocka_unit_test(room_comes_back_for_years),
		cmocka_unit_test(a_small_store_is_refused),
		cmocka_unit_test(it_counts_what_it_did),
		cmocka_unit_test(of_many_threads_one_enters_a_proof),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
