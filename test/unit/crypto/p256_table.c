/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A table makes verifying quicker and nothing else: of every signature it says what libcrypto says without one.
 *
 * The signatures are of honest signers, of chosen factors (p256_world.h) and of chosen numbers, each of them also
 * spoilt. Keys are made anew at each run, but for those whose secret is 1, 2, n - 1 and n - 2, which is G, and what
 * meets it in the additions.
 */
#include "lib/base/array.h"
#include "lib/crypto/digest.h"
#include "test/p256_world.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define HONEST 3000
#define FACTORS_RANDOM 300

#ifdef MM_SANITIZED
#define THREADS_TURNS 200
#else
#define THREADS_TURNS 2000
#endif

enum { KEY_RANDOM, KEY_RANDOM_TOO, KEY_1, KEY_2, KEY_MINUS_1, KEY_MINUS_2, KEY_COUNT };

static struct p256_key keys[KEY_COUNT];
static unsigned checked, held;

static void
tell(const char *what, const uint8_t *bytes, size_t len)
{
	print_error("%s ", what);
	for (size_t i = 0; i < len; i++)
		print_error("%02x", bytes[i]);
	print_error("\n");
}

/* Keys and factors are random numbers: what fails is told, or nobody has it again. */
static void
fail_with(const uint8_t *x, const uint8_t *y, const struct p256_signed *made, bool plain, enum mm_reason reason)
{
	tell("x", x, P256_LEN);
	tell("y", y, P256_LEN);
	tell("digest", made->digest, sizeof(made->digest));
	tell("signature", made->signature, sizeof(made->signature));
	fail_msg("libcrypto says %d, the table %s", plain, mm_reason_code(reason));
}

/* Both ways agree; returns what they say. */
static bool
holds(const struct p256_key *key, const struct p256_signed *made)
{
	bool plain = p256_by_libcrypto(key, made);
	enum mm_reason reason = p256_by_table(key, made);

	if (reason != (plain ? MM_OK : MM_SIGNATURE_INVALID))
		fail_with(key->x, key->y, made, plain, reason);
	checked++;
	held += plain;
	return plain;
}

static BIGNUM *
number(long value)
{
	BIGNUM *made = BN_new();

	assert_int_equal(BN_set_word(made, (BN_ULONG)labs(value)), 1);
	if (value < 0)
		assert_int_equal(BN_sub(made, p256_order, made), 1);
	return made;
}

static BIGNUM *
random_number(void)
{
	BIGNUM *made = BN_new();

	do
		assert_int_equal(BN_rand_range(made, p256_order), 1);
	while (BN_is_zero(made));
	return made;
}

static void
open_key(struct p256_key *key, BIGNUM *secret)
{
	p256_key_of_secret(key, secret);
	BN_free(secret);
}

static int
open_keys(void **state)
{
	(void)state;
	p256_open();
	open_key(&keys[KEY_RANDOM], random_number());
	open_key(&keys[KEY_RANDOM_TOO], random_number());
	open_key(&keys[KEY_1], number(1));
	open_key(&keys[KEY_2], number(2));
	open_key(&keys[KEY_MINUS_1], number(-1));
	open_key(&keys[KEY_MINUS_2], number(-2));
	return 0;
}

static int
close_keys(void **state)
{
	(void)state;
	for (size_t i = 0; i < KEY_COUNT; i++)
		p256_key_close(&keys[i]);
	p256_close();
	print_message("%u signatures were looked at twice, %u of them hold\n", checked, held);
	return 0;
}

/* ---- honest signatures ---- */

static EVP_PKEY *
signing_key(uint8_t point[P256_LEN * 2])
{
	EVP_PKEY *pair = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
	BIGNUM *x = NULL, *y = NULL;

	assert_int_equal(EVP_PKEY_get_bn_param(pair, "qx", &x), 1);
	assert_int_equal(EVP_PKEY_get_bn_param(pair, "qy", &y), 1);
	assert_int_equal(BN_bn2binpad(x, point, P256_LEN), P256_LEN);
	assert_int_equal(BN_bn2binpad(y, point + P256_LEN, P256_LEN), P256_LEN);
	BN_free(x);
	BN_free(y);
	return pair;
}

/* As EVP_DigestSign() signs text: DER, rewritten to R || S. */
static void
sign_text(EVP_PKEY *pair, const char *text, struct p256_signed *made)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned char der[80];
	const unsigned char *at = der;
	size_t len = sizeof(der);
	ECDSA_SIG *parts;

	assert_int_equal(EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, pair), 1);
	assert_int_equal(EVP_DigestSign(ctx, der, &len, (const unsigned char *)text, strlen(text)), 1);
	parts = d2i_ECDSA_SIG(NULL, &at, (long)len);
	assert_non_null(parts);
	assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_r(parts), made->signature, P256_LEN), P256_LEN);
	assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_s(parts), made->signature + P256_LEN, P256_LEN), P256_LEN);
	assert_true(mm_sha256(mm_slice_str(text), made->digest));
	ECDSA_SIG_free(parts);
	EVP_MD_CTX_free(ctx);
}

static void
honest_signatures_hold(void **state)
{
	uint8_t point[2 * P256_LEN];
	EVP_PKEY *pair = signing_key(point);
	struct mm_key_material material = { .type = MM_KEY_EC, .curve = MM_CURVE_P256,
		.x = mm_slice(point, P256_LEN), .y = mm_slice(point + P256_LEN, P256_LEN) };
	struct mm_p256_table *table = mm_p256_table_new(&material);
	struct mm_verifier *verifier = mm_verifier_new();
	struct mm_public_key *plain = NULL;
	struct p256_signed made;
	enum mm_reason reason;
	char text[32];

	(void)state;
	assert_int_equal(mm_public_key_new(&material, MM_SCHEME_ECDSA, MM_HASH_SHA256, &plain), MM_KEY_GOOD);
	for (unsigned i = 0; i < HONEST; i++) {
		struct mm_slice signature = mm_slice(made.signature, sizeof(made.signature));
		unsigned bit = i % (8 * sizeof(made.signature));

		(void)snprintf(text, sizeof(text), "text %u", i);
		sign_text(pair, text, &made);
		assert_int_equal(mm_public_key_verify(plain, verifier, mm_slice_str(text), signature), MM_OK);
		reason = mm_p256_table_verify(table, p256_room, made.digest, signature);
		if (reason != MM_OK)
			fail_with(point, point + P256_LEN, &made, true, reason);
		made.signature[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_int_equal(mm_public_key_verify(plain, verifier, mm_slice_str(text), signature),
		    MM_SIGNATURE_INVALID);
		reason = mm_p256_table_verify(table, p256_room, made.digest, signature);
		if (reason != MM_SIGNATURE_INVALID)
			fail_with(point, point + P256_LEN, &made, false, reason);
	}
	mm_public_key_free(&plain);
	mm_verifier_free(&verifier);
	mm_p256_table_free(&table);
	assert_null(table);
	EVP_PKEY_free(pair);
}

/* ---- chosen factors ---- */

/* Factors at the edges of the order and of the table's windows, which are 7 bits wide. */
static size_t
edge_factors(BIGNUM *edges[], size_t max)
{
	static const long small[] = { 1, 2, 3, 63, 64, 65, 127, 128, 129, -1, -2, -3, -63, -64, -65, -128 };
	static const int windows[] = { 7, 14, 28, 63, 64, 126, 128, 192, 224, 245, 252, 255 };
	size_t count = 0;

	for (size_t i = 0; i < MM_COUNT_OF(small); i++)
		edges[count++] = number(small[i]);
	for (size_t i = 0; i < MM_COUNT_OF(windows); i++) {
		edges[count] = number(1);
		assert_int_equal(BN_lshift(edges[count], edges[count], windows[i]), 1);
		edges[count + 1] = BN_dup(edges[count]);
		assert_int_equal(BN_sub_word(edges[count + 1], 1), 1);
		count += 2;
	}
	edges[count] = BN_dup(p256_order);
	assert_int_equal(BN_rshift1(edges[count], edges[count]), 1);
	count++;
	assert_true(count <= max);
	return count;
}

/* A signature that holds does not with any of these done to it. */
static void
spoil(const struct p256_key *key, const struct p256_signed *made, unsigned which)
{
	struct p256_signed spoilt = *made;
	uint8_t *bytes = which % 3 == 0 ? spoilt.digest : spoilt.signature;
	size_t len = which % 3 == 0 ? sizeof(spoilt.digest) : sizeof(spoilt.signature);

	bytes[which / 8 % len] ^= (uint8_t)(1u << which % 8);
	(void)holds(key, &spoilt);
	spoilt = *made;
	memcpy(spoilt.signature, made->signature + P256_LEN, P256_LEN);
	memcpy(spoilt.signature + P256_LEN, made->signature, P256_LEN);
	(void)holds(key, &spoilt);
}

/* -s is good with r, too: with it the factors change their signs. */
static void
turn(const struct p256_key *key, const struct p256_signed *made)
{
	struct p256_signed turned = *made;
	BIGNUM *s = BN_bin2bn(made->signature + P256_LEN, P256_LEN, NULL);

	assert_int_equal(BN_sub(s, p256_order, s), 1);
	assert_int_equal(BN_bn2binpad(s, turned.signature + P256_LEN, P256_LEN), P256_LEN);
	assert_true(holds(key, &turned));
	BN_free(s);
}

/* Factors whose sum is no point: the signature with any r is none. */
static void
sum_to_nothing(const struct p256_key *key, const BIGNUM *u1, const BIGNUM *u2)
{
	struct p256_signed made;
	BIGNUM *x = random_number();

	p256_sign_x(x, u1, u2, &made);
	assert_false(holds(key, &made));
	BN_free(x);
}

static void
try_factors(const struct p256_key *key, const BIGNUM *u1, const BIGNUM *u2, unsigned which)
{
	struct p256_signed made;

	if (!p256_sign(key, u1, u2, &made)) {
		sum_to_nothing(key, u1, u2);
		return;
	}
	assert_true(holds(key, &made));
	turn(key, &made);
	spoil(key, &made, which);
}

static void
edges_of_the_factors_hold(void **state)
{
	BIGNUM *edges[64], *zero = BN_new();
	size_t count = edge_factors(edges, MM_COUNT_OF(edges));
	unsigned which = 0;

	(void)state;
	for (size_t key = 0; key < KEY_COUNT; key++)
		for (size_t i = 0; i < count; i++) {
			for (size_t j = 0; j < count; j += key < KEY_1 ? 1 : 3)
				try_factors(&keys[key], edges[j], edges[i], which++);
			try_factors(&keys[key], zero, edges[i], which++);
		}
	for (size_t i = 0; i < count; i++)
		BN_free(edges[i]);
	BN_free(zero);
}

/* Both products are one point, or each other's negative: the last addition doubles, or has no point as its result. */
static void
products_that_meet_are_added(void **state)
{
	(void)state;
	for (unsigned i = 0; i < FACTORS_RANDOM; i++) {
		const struct p256_key *key = &keys[i % KEY_COUNT];
		BIGNUM *u1 = BN_new(), *u2 = random_number();
		struct p256_signed made;

		assert_int_equal(BN_mod_mul(u1, u2, key->secret, p256_order, p256_ctx), 1);
		assert_true(p256_sign(key, u1, u2, &made));
		assert_true(holds(key, &made));
		spoil(key, &made, i);
		assert_int_equal(BN_sub(u1, p256_order, u1), 1);
		assert_false(p256_sign(key, u1, u2, &made));
		sum_to_nothing(key, u1, u2);
		BN_free(u1);
		BN_free(u2);
	}
}

static void
random_factors_hold(void **state)
{
	(void)state;
	for (unsigned i = 0; i < FACTORS_RANDOM; i++) {
		BIGNUM *u1 = random_number(), *u2 = random_number();

		try_factors(&keys[i % KEY_COUNT], u1, u2, i * 7);
		BN_free(u1);
		BN_free(u2);
	}
}

/* ---- chosen numbers ---- */

/* Each of these as r and as s, with each of the others: 0, n and its neighbours, the field's p, all bits. */
static void
numbers_out_of_range_are_refused(void **state)
{
	static const uint8_t digests[3][MM_DIGEST_LEN] = { { 0 }, { [MM_DIGEST_LEN - 1] = 1 }, { 0xff, 0xff } };
	static const long offsets[] = { -2, -1, 0, 1, 2 };
	BIGNUM *numbers[16], *p = BN_new();
	size_t count = 0;
	struct p256_signed made;

	(void)state;
	assert_int_equal(EC_GROUP_get_curve(p256_group, p, NULL, NULL, p256_ctx), 1);
	for (size_t i = 0; i < MM_COUNT_OF(offsets); i++) {
		numbers[count] = number(labs(offsets[i]));
		BN_set_negative(numbers[count], offsets[i] < 0);
		assert_int_equal(BN_add(numbers[count], numbers[count], p256_order), 1);
		count++;
	}
	numbers[count++] = number(0);
	numbers[count++] = number(1);
	numbers[count++] = number(2);
	numbers[count++] = BN_dup(p);
	numbers[count] = number(1);
	assert_int_equal(BN_lshift(numbers[count], numbers[count], 256), 1);
	assert_int_equal(BN_sub_word(numbers[count], 1), 1);
	count++;
	for (size_t i = 0; i < count * count; i++) {
		BIGNUM *r = numbers[i / count], *s = numbers[i % count];

		assert_int_equal(BN_bn2binpad(r, made.signature, P256_LEN), P256_LEN);
		assert_int_equal(BN_bn2binpad(s, made.signature + P256_LEN, P256_LEN), P256_LEN);
		for (size_t j = 0; j < MM_COUNT_OF(digests) * KEY_COUNT; j++) {
			memcpy(made.digest, digests[j / KEY_COUNT], MM_DIGEST_LEN);
			(void)holds(&keys[j % KEY_COUNT], &made);
		}
	}
	for (size_t i = 0; i < count; i++)
		BN_free(numbers[i]);
	BN_free(p);
}

/* s + n is the same number modulo n, where it fits: another spelling of a signature that holds. s is made 3. */
static void
another_spelling_of_s_is_refused(void **state)
{
	const struct p256_key *key = &keys[KEY_RANDOM];
	BIGNUM *k = random_number(), *u1 = BN_new(), *u2 = BN_new(), *s = number(3);
	EC_POINT *point = EC_POINT_new(p256_group);
	struct p256_signed made;

	(void)state;
	assert_int_equal(EC_POINT_mul(p256_group, point, k, NULL, NULL, p256_ctx), 1);
	assert_int_equal(EC_POINT_get_affine_coordinates(p256_group, point, u1, NULL, p256_ctx), 1);
	/* u2 = r / s, u1 = k - u2 secret */
	assert_non_null(BN_mod_inverse(u2, s, p256_order, p256_ctx));
	assert_int_equal(BN_mod_mul(u2, u2, u1, p256_order, p256_ctx), 1);
	assert_int_equal(BN_mod_mul(u1, u2, key->secret, p256_order, p256_ctx), 1);
	assert_int_equal(BN_mod_sub(u1, k, u1, p256_order, p256_ctx), 1);
	assert_true(p256_sign(key, u1, u2, &made));
	assert_int_equal(made.signature[2 * P256_LEN - 1], 3);
	assert_true(holds(key, &made));
	assert_int_equal(BN_add(s, s, p256_order), 1);
	assert_int_equal(BN_bn2binpad(s, made.signature + P256_LEN, P256_LEN), P256_LEN);
	assert_false(holds(key, &made));
	EC_POINT_free(point);
	BN_free(k);
	BN_free(u1);
	BN_free(u2);
	BN_free(s);
}

/* The point with the smallest x from this one on, which is set to it. Nobody knows its secret. */
static EC_POINT *
point_from(BIGNUM *x)
{
	EC_POINT *point = EC_POINT_new(p256_group);

	(void)ERR_set_mark();
	while (EC_POINT_set_compressed_coordinates(p256_group, point, x, 0, p256_ctx) != 1)
		assert_int_equal(BN_add_word(x, 1), 1);
	(void)ERR_pop_to_mark();
	return point;
}

/* The key under which u1 and u2 lead to this sum: (sum - u1 G) / u2. */
static void
open_fitting_key(struct p256_key *key, const EC_POINT *sum, const BIGNUM *u1, const BIGNUM *u2)
{
	EC_POINT *part = EC_POINT_new(p256_group);
	BIGNUM *inverse = BN_new();

	assert_int_equal(EC_POINT_mul(p256_group, part, u1, NULL, NULL, p256_ctx), 1);
	assert_int_equal(EC_POINT_invert(p256_group, part, p256_ctx), 1);
	assert_int_equal(EC_POINT_add(p256_group, part, part, sum, p256_ctx), 1);
	assert_non_null(BN_mod_inverse(inverse, u2, p256_order, p256_ctx));
	assert_int_equal(EC_POINT_mul(p256_group, part, NULL, part, inverse, p256_ctx), 1);
	p256_key_open(key, part, NULL);
	EC_POINT_free(part);
	BN_free(inverse);
}

static void
an_x_beyond_the_order_is_reduced(void **state)
{
	BIGNUM *x = BN_dup(p256_order), *u1 = random_number(), *u2 = random_number();
	EC_POINT *sum = point_from(x);
	struct p256_signed made, spelt;
	struct p256_key key;

	(void)state;
	open_fitting_key(&key, sum, u1, u2);
	p256_sign_x(x, u1, u2, &made);
	assert_true(holds(&key, &made));
	/* x itself, as r, is no number below n. */
	spelt = made;
	assert_int_equal(BN_bn2binpad(x, spelt.signature, P256_LEN), P256_LEN);
	assert_false(holds(&key, &spelt));
	p256_key_close(&key);
	EC_POINT_free(sum);
	BN_free(x);
	BN_free(u1);
	BN_free(u2);
}

/* r + n is x modulo the prime p, but it is not below p: r is x + p - n, not x. */
static void
an_x_is_not_reduced_by_the_prime(void **state)
{
	BIGNUM *x = number(1), *r = BN_new(), *u1 = random_number(), *u2 = random_number();
	EC_POINT *sum = point_from(x);
	struct p256_signed made;
	struct p256_key key;

	(void)state;
	open_fitting_key(&key, sum, u1, u2);
	p256_sign_x(x, u1, u2, &made);
	assert_true(holds(&key, &made));
	assert_int_equal(EC_GROUP_get_curve(p256_group, r, NULL, NULL, p256_ctx), 1);
	assert_int_equal(BN_sub(r, r, p256_order), 1);
	assert_int_equal(BN_add(r, r, x), 1);
	p256_sign_x(r, u1, u2, &made);
	assert_false(holds(&key, &made));
	p256_key_close(&key);
	EC_POINT_free(sum);
	BN_free(x);
	BN_free(r);
	BN_free(u1);
	BN_free(u2);
}

/* ---- the rest of the contract ---- */

static void
other_lengths_are_refused(void **state)
{
	struct p256_signed made;
	BIGNUM *one = number(1);
	uint8_t longer[2 * P256_LEN + 1];
	static const size_t lengths[] = { 0, 1, P256_LEN, 2 * P256_LEN - 1 };

	(void)state;
	assert_true(p256_sign(&keys[KEY_RANDOM], one, one, &made));
	for (size_t i = 0; i < MM_COUNT_OF(lengths); i++)
		assert_int_equal(mm_p256_table_verify(keys[KEY_RANDOM].table, p256_room, made.digest,
		    mm_slice(made.signature, lengths[i])), MM_SIGNATURE_INVALID);
	for (size_t before = 0; before < 2; before++) {
		memset(longer, 0, sizeof(longer));
		memcpy(longer + before, made.signature, sizeof(made.signature));
		assert_int_equal(mm_p256_table_verify(keys[KEY_RANDOM].table, p256_room, made.digest,
		    mm_slice(longer, sizeof(longer))), MM_SIGNATURE_INVALID);
	}
	assert_int_equal(mm_p256_table_verify(keys[KEY_RANDOM].table, p256_room, made.digest, MM_SLICE_ABSENT),
	    MM_SIGNATURE_INVALID);
	BN_free(one);
}

static void
only_points_of_the_curve_get_tables(void **state)
{
	static const uint8_t zero[P256_LEN];
	struct mm_key_material material = p256_material(&keys[KEY_RANDOM]);
	struct mm_p256_table *none = NULL;
	uint8_t off[P256_LEN];

	(void)state;
	memcpy(off, keys[KEY_RANDOM].y, sizeof(off));
	off[P256_LEN - 1] ^= 1;
	material.y = mm_slice(off, P256_LEN);
	assert_null(mm_p256_table_new(&material));
	material.x = material.y = mm_slice(zero, P256_LEN);
	assert_null(mm_p256_table_new(&material));
	material = p256_material(&keys[KEY_RANDOM]);
	material.y.len--;
	assert_null(mm_p256_table_new(&material));
	material = p256_material(&keys[KEY_RANDOM]);
	material.curve = MM_CURVE_P384;
	assert_null(mm_p256_table_new(&material));
	mm_p256_table_free(&none);
}

static void *
verify_again_and_again(void *argument)
{
	const struct p256_signed *made = argument;
	struct mm_p256_room *room = mm_p256_room_new();
	struct p256_signed wrong = *made;
	size_t good = 0;

	wrong.digest[0] ^= 1;
	for (unsigned i = 0; i < THREADS_TURNS; i++) {
		const struct p256_signed *one = i % 2 == 0 ? made : &wrong;

		good += mm_p256_table_verify(keys[KEY_RANDOM].table, room, one->digest,
		            mm_slice(one->signature, sizeof(one->signature))) ==
		    (i % 2 == 0 ? MM_OK : MM_SIGNATURE_INVALID);
	}
	mm_p256_room_free(&room);
	return good == THREADS_TURNS ? argument : NULL;
}

static void
threads_share_a_table(void **state)
{
	BIGNUM *u1 = random_number(), *u2 = random_number();
	struct p256_signed made;
	pthread_t threads[4];
	void *answer;

	(void)state;
	assert_true(p256_sign(&keys[KEY_RANDOM], u1, u2, &made));
	for (size_t i = 0; i < MM_COUNT_OF(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, verify_again_and_again, &made), 0);
	for (size_t i = 0; i < MM_COUNT_OF(threads); i++) {
		assert_int_equal(pthread_join(threads[i], &answer), 0);
		assert_ptr_equal(answer, &made);
	}
	BN_free(u1);
	BN_free(u2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(honest_signatures_hold),
		cmocka_unit_test(edges_of_the_factors_hold),
		cmocka_unit_test(products_that_meet_are_added),
		cmocka_unit_test(random_factors_hold),
		cmocka_unit_test(numbers_out_of_range_are_refused),
		cmocka_unit_test(another_spelling_of_s_is_refused),
		cmocka_unit_test(an_x_beyond_the_order_is_reduced),
		cmocka_unit_test(an_x_is_not_reduced_by_the_prime),
		cmocka_unit_test(other_lengths_are_refused),
		cmocka_unit_test(only_points_of_the_curve_get_tables),
		cmocka_unit_test(threads_share_a_table),
	};

	return cmocka_run_group_tests(tests, open_keys, close_keys);
}
