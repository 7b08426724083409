/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The keyed digest: that it is NH and SipHash as their papers have them, and that no change of a text is lost.
 */
#include "lib/crypto/keyed_digest.h"

#include <openssl/evp.h>
#include <openssl/params.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

__extension__ typedef unsigned __int128 sum128;

static const unsigned char seed[MM_KEYED_DIGEST_SEED_LEN] = "0123456789abcdef0123456789abcdef";
static struct mm_keyed_digest_key key;

static int
make_key(void **state)
{
	(void)state;
	return mm_keyed_digest_key_init(&key, seed) ? 0 : -1;
}

static struct mm_keyed_digest
digest_of(const char *text, size_t len)
{
	struct mm_keyed_digest digest;

	assert_true(mm_keyed_digest_make(&key, mm_slice(text, len), &digest));
	return digest;
}

static bool
equal(struct mm_keyed_digest a, struct mm_keyed_digest b)
{
	return a.half[0] == b.half[0] && a.half[1] == b.half[1];
}

/* ---- by definition ---- */

/* The n-th word of a text that is followed by zeroes without end. */
static uint64_t
word_of(const char *text, size_t len, size_t n)
{
	uint64_t word = 0;

	for (size_t i = 8; i-- > 0;)
		word = word << 8 | (n * 8 + i < len ? (unsigned char)text[n * 8 + i] : 0);
	return word;
}

static sum128
nh(const uint64_t *words, const char *text, size_t len)
{
	sum128 sum = 0;

	for (size_t n = 0; n * 8 < len; n += 2)
		sum += (sum128)(uint64_t)(word_of(text, len, n) + words[n]) *
		    (uint64_t)(word_of(text, len, n + 1) + words[n + 1]);
	return sum;
}

static struct mm_keyed_digest
siphash_of_libcrypto(const uint64_t words[5])
{
	EVP_MAC *mac = EVP_MAC_fetch(NULL, "SIPHASH", NULL);
	EVP_MAC_CTX *ctx = EVP_MAC_CTX_new(mac);
	size_t size = 16, len = 0;
	OSSL_PARAM params[] = { OSSL_PARAM_construct_size_t("size", &size), OSSL_PARAM_construct_end() };
	struct mm_keyed_digest digest;

	assert_non_null(ctx);
	assert_int_equal(EVP_MAC_init(ctx, (const unsigned char *)key.outer, sizeof(key.outer), params), 1);
	assert_int_equal(EVP_MAC_update(ctx, (const unsigned char *)words, 5 * sizeof(words[0])), 1);
	assert_int_equal(EVP_MAC_final(ctx, (unsigned char *)&digest, &len, sizeof(digest)), 1);
	assert_int_equal(len, sizeof(digest));
	EVP_MAC_CTX_free(ctx);
	EVP_MAC_free(mac);
	return digest;
}

static struct mm_keyed_digest
by_definition(const char *text, size_t len)
{
	sum128 first = nh(key.words, text, len), second = nh(key.words + 2, text, len);

	return siphash_of_libcrypto((const uint64_t[5]){ (uint64_t)first, (uint64_t)(first >> 64), (uint64_t)second,
	    (uint64_t)(second >> 64), len });
}

/* The numbers of RFC 4418 and of SipHash are little-endian; another order of bytes is as good, and not tested. */
static void
it_is_what_its_papers_say(void **state)
{
	static const size_t lengths[] = { 0, 1, 7, 8, 9, 15, 16, 17, 31, 32, 33, 1299, 1300, MM_TOKEN_LEN_MAX };
	static char text[MM_TOKEN_LEN_MAX];

	(void)state;
	if (*(const char *)&(const uint16_t){ 1 } != 1)
		skip();
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (char)(i * 167 + 13);
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++)
		assert_true(equal(digest_of(text, lengths[i]), by_definition(text, lengths[i])));
}

/* ---- what is told apart ---- */

static void
each_bit_counts(void **state)
{
	static char text[1300];
	struct mm_keyed_digest whole;

	(void)state;
	memset(text, 'A', sizeof(text));
	whole = digest_of(text, sizeof(text));
	for (size_t bit = 0; bit < sizeof(text) * 8; bit++) {
		text[bit / 8] = (char)(text[bit / 8] ^ 1 << bit % 8);
		assert_false(equal(digest_of(text, sizeof(text)), whole));
		text[bit / 8] = (char)(text[bit / 8] ^ 1 << bit % 8);
	}
	assert_true(equal(digest_of(text, sizeof(text)), whole));
}

/* Two words, or two pairs of words, that change places leave a sum without a key as it is. */
static void
the_order_counts(void **state)
{
	char text[64], other[64];

	(void)state;
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (char)i;
	for (size_t a = 0; a < 8; a++) {
		for (size_t b = 0; b < a; b++) {
			memcpy(other, text, sizeof(text));
			memcpy(other + a * 8, text + b * 8, 8);
			memcpy(other + b * 8, text + a * 8, 8);
			assert_false(equal(digest_of(text, sizeof(text)), digest_of(other, sizeof(other))));
		}
	}
}

static void
zeroes_at_the_end_count(void **state)
{
	static const char zeroes[64];

	(void)state;
	for (size_t a = 0; a <= sizeof(zeroes); a++) {
		for (size_t b = 0; b < a; b++)
			assert_false(equal(digest_of(zeroes, a), digest_of(zeroes, b)));
	}
}

static void
a_text_that_is_absent_or_too_long_has_none(void **state)
{
	static const char text[MM_TOKEN_LEN_MAX + 1];
	struct mm_keyed_digest digest;

	(void)state;
	assert_false(mm_keyed_digest_make(&key, MM_SLICE_ABSENT, &digest));
	assert_false(mm_keyed_digest_make(&key, mm_slice(text, sizeof(text)), &digest));
	assert_true(mm_keyed_digest_make(&key, mm_slice(text, sizeof(text) - 1), &digest));
}

static void
another_seed_makes_another_digest(void **state)
{
	static struct mm_keyed_digest_key other;
	unsigned char other_seed[MM_KEYED_DIGEST_SEED_LEN];
	struct mm_keyed_digest digest;

	(void)state;
	memcpy(other_seed, seed, sizeof(seed));
	other_seed[31] ^= 1;
	assert_true(mm_keyed_digest_key_init(&other, other_seed));
	assert_true(mm_keyed_digest_make(&other, mm_slice_str("text"), &digest));
	assert_false(equal(digest, digest_of("text", 4)));
	assert_true(mm_keyed_digest_key_init(&other, seed));
	assert_true(mm_keyed_digest_make(&other, mm_slice_str("text"), &digest));
	assert_true(equal(digest, digest_of("text", 4)));
}

/* No word of the key is left as it was: the whole of it is random. */
static void
the_whole_key_is_made(void **state)
{
	static struct mm_keyed_digest_key other;

	(void)state;
	memset(&other, 0xA5, sizeof(other));
	assert_true(mm_keyed_digest_key_init(&other, seed));
	for (size_t i = 0; i < MM_KEYED_DIGEST_WORDS + 2; i++) {
		assert_int_not_equal(other.words[i], 0);
		assert_int_not_equal(other.words[i], UINT64_C(0xA5A5A5A5A5A5A5A5));
		assert_int_not_equal(other.words[i], other.words[(i + 1) % (MM_KEYED_DIGEST_WORDS + 2)]);
	}
	assert_int_not_equal(other.outer[0], other.outer[1]);
	assert_int_not_equal(other.outer[0], 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_what_its_papers_say),
		cmocka_unit_test(each_bit_counts),
		cmocka_unit_test(the_order_counts),
		cmocka_unit_test(zeroes_at_the_end_count),
		cmocka_unit_test(a_text_that_is_absent_or_too_long_has_none),
		cmocka_unit_test(another_seed_makes_another_digest),
		cmocka_unit_test(the_whole_key_is_made),
	};

	return cmocka_run_group_tests(tests, make_key, NULL);
}
