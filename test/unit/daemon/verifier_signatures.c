/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which keys of clients have tables: those that signed often enough, no more than there is room for, and the others as
 * before. What holds and what does not is the same for all.
 */
#include "daemon/verifier/assertion.h"
#include "lib/base/array.h"
#include "test/maker/key.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define INPUT "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJhIn0"

static EVP_PKEY *pair;
static struct verifier_keys read;
static struct verifier_signatures signatures;
static struct maker_text good, bad;

/* Keys that sign with one pair: as many as there are to be, without as many signatures to be made. */
static struct verifier_key keys[VERIFIER_TABLES_MAX + 2];

static void
read_key(EVP_PKEY *key, const char *algorithm)
{
	struct maker_object jwk = { .count = 0 };
	struct maker_text set = { 0 };

	maker_key_publish(key, &jwk);
	maker_object_set_string(&jwk, "alg", algorithm);
	maker_text_add_str(&set, "{\"keys\":[");
	maker_object_write(&jwk, &set);
	maker_text_add_str(&set, "]}");
	assert_null(verifier_keys_read(mm_slice(set.bytes, set.len), &read));
	maker_text_clear(&set);
	maker_object_clear(&jwk);
}

static void
sign(EVP_PKEY *key, const char *algorithm)
{
	struct maker_text input = { 0 };

	maker_text_add_str(&input, INPUT);
	maker_text_clear(&good);
	maker_text_clear(&bad);
	maker_key_sign(key, algorithm, &input, &good);
	maker_text_add(&bad, good.bytes, good.len);
	bad.bytes[bad.len - 1] = (char)(bad.bytes[bad.len - 1] ^ 1);
	maker_text_clear(&input);
}

static int
open_keys(void **state)
{
	(void)state;
	pair = maker_key_new(MAKER_EC256, NULL);
	read_key(pair, "ES256");
	sign(pair, "ES256");
	for (size_t i = 0; i < MM_COUNT_OF(keys); i++)
		keys[i] = read.keys[0];
	assert_true(verifier_signatures_open(&signatures));
	return 0;
}

static int
close_keys(void **state)
{
	(void)state;
	verifier_signatures_close(&signatures);
	for (size_t i = 0; i < MM_COUNT_OF(keys); i++)
		assert_null(keys[i].table);
	verifier_keys_clear(&read);
	EVP_PKEY_free(pair);
	maker_text_clear(&good);
	maker_text_clear(&bad);
	return 0;
}

static bool
holds(struct verifier_key *key, const struct maker_text *signature)
{
	return verifier_signature_holds(&signatures, key, mm_slice_str(INPUT),
	    mm_slice(signature->bytes, signature->len));
}

static void
verify(struct verifier_key *key, unsigned times)
{
	for (unsigned i = 0; i < times; i++)
		assert_true(holds(key, &good));
}

static size_t
tables(void)
{
	size_t count = 0;

	for (size_t i = 0; i < MM_COUNT_OF(keys); i++)
		count += keys[i].table != NULL;
	return count;
}

static void
give_all_tables(void)
{
	for (size_t i = 0; i < VERIFIER_TABLES_MAX; i++) {
		verify(&keys[i], VERIFIER_TABLE_SOON);
		verifier_signatures_make_table(&signatures);
		assert_non_null(keys[i].table);
	}
}

static void
a_key_that_signs_often_is_given_a_table(void **state)
{
	(void)state;
	verify(&keys[0], VERIFIER_TABLE_SOON - 1);
	verifier_signatures_make_table(&signatures);
	assert_null(keys[0].table);
	verify(&keys[0], 1);
	verify(&keys[1], VERIFIER_TABLE_SOON - 1);
	verifier_signatures_make_table(&signatures);
	assert_non_null(keys[0].table);
	assert_int_equal(tables(), 1);
	verify(&keys[0], 2 * VERIFIER_TABLE_SOON);
	assert_false(holds(&keys[0], &bad));
	assert_true(holds(&keys[0], &good));
	assert_false(verifier_signature_holds(&signatures, &keys[0], mm_slice_str(INPUT "x"),
	    mm_slice(good.bytes, good.len)));
}

static void
signatures_that_do_not_hold_count_for_nothing(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 2 * VERIFIER_TABLE_SOON; i++)
		assert_false(holds(&keys[0], &bad));
	verifier_signatures_make_table(&signatures);
	assert_int_equal(tables(), 0);
	assert_int_equal(keys[0].held, 0);
}

/* One table a round, which takes its time. */
static void
one_table_is_made_at_a_time(void **state)
{
	(void)state;
	verify(&keys[0], VERIFIER_TABLE_SOON);
	verify(&keys[1], VERIFIER_TABLE_SOON);
	verifier_signatures_make_table(&signatures);
	assert_int_equal(tables(), 1);
	verifier_signatures_make_table(&signatures);
	assert_int_equal(tables(), 1);
	verify(&keys[1], 1);
	verifier_signatures_make_table(&signatures);
	assert_int_equal(tables(), 2);
}

static void
the_key_that_was_used_longest_ago_gives_way(void **state)
{
	struct verifier_key *late = &keys[VERIFIER_TABLES_MAX];

	(void)state;
	give_all_tables();
	verify(&keys[0], 1);
	/* From now on a table has to be earned. */
	verify(late, VERIFIER_TABLE_LATER - 1);
	verifier_signatures_make_table(&signatures);
	assert_null(late->table);
	verify(late, 1);
	verifier_signatures_make_table(&signatures);
	assert_non_null(late->table);
	assert_null(keys[1].table);
	assert_int_equal(tables(), VERIFIER_TABLES_MAX);
	assert_true(holds(late, &good));
	assert_true(holds(&keys[1], &good));
	assert_false(holds(&keys[1], &bad));
}

/* A place that became free again is not cheaper than one that is taken. */
static void
tables_that_were_forgotten_are_not_made_again_soon(void **state)
{
	(void)state;
	give_all_tables();
	verifier_signatures_forget(&signatures, &keys[5]);
	assert_null(keys[5].table);
	assert_int_equal(keys[5].held, 0);
	verify(&keys[5], VERIFIER_TABLE_LATER - 1);
	verifier_signatures_make_table(&signatures);
	assert_null(keys[5].table);
	verify(&keys[5], 1);
	verifier_signatures_make_table(&signatures);
	assert_non_null(keys[5].table);
	assert_int_equal(tables(), VERIFIER_TABLES_MAX);
}

static void
a_key_that_is_gone_gets_none(void **state)
{
	(void)state;
	verify(&keys[0], VERIFIER_TABLE_SOON);
	assert_ptr_equal(signatures.due, &keys[0]);
	verifier_signatures_forget(&signatures, &keys[0]);
	verifier_signatures_make_table(&signatures);
	assert_int_equal(tables(), 0);
}

/* A table is for ES256 alone; other keys verify as they did. */
static void
other_algorithms_have_none(void **state)
{
	static const struct {
		enum maker_key_kind kind;
		const char *algorithm;
	} rows[] = { { MAKER_RSA, "PS256" }, { MAKER_EC384, "ES384" }, { MAKER_ED25519, "EdDSA" } };

	(void)state;
	verifier_keys_clear(&read);
	for (size_t i = 0; i < MM_COUNT_OF(rows); i++) {
		EVP_PKEY *other = maker_key_new(rows[i].kind, NULL);

		read_key(other, rows[i].algorithm);
		sign(other, rows[i].algorithm);
		verify(&read.keys[0], VERIFIER_TABLE_SOON + 1);
		assert_false(holds(&read.keys[0], &bad));
		verifier_signatures_make_table(&signatures);
		assert_null(read.keys[0].table);
		verifier_signatures_forget(&signatures, &read.keys[0]);
		verifier_keys_clear(&read);
		EVP_PKEY_free(other);
	}
}

#define KEY_TEST(name) cmocka_unit_test_setup_teardown(name, open_keys, close_keys)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		KEY_TEST(a_key_that_signs_often_is_given_a_table),
		KEY_TEST(signatures_that_do_not_hold_count_for_nothing),
		KEY_TEST(one_table_is_made_at_a_time),
		KEY_TEST(the_key_that_was_used_longest_ago_gives_way),
		KEY_TEST(tables_that_were_forgotten_are_not_made_again_soon),
		KEY_TEST(a_key_that_is_gone_gets_none),
		KEY_TEST(other_algorithms_have_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
