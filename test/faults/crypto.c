/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What if the n-th allocation of libcrypto fails, for every n? No key is made by half, no signature is taken
 * that does not hold, nothing is lost, and afterwards everything works as before.
 */
#include "lib/base/array.h"
#include "lib/crypto/certificate.h"
#include "lib/crypto/digest.h"
#include "lib/crypto/keyed_digest.h"
#include "lib/crypto/public_key.h"
#include "lib/token/mark.h"
#include "lib/token/token_id.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>

#define INPUT "header.payload"
#define NUMBER_LEN 256

/* More allocations than anything here makes. */
#define ALLOCATIONS_MAX 20000

/* Of libcrypto, since the last arm(): 0 lets all succeed. */
static unsigned long failing, allocations;

static bool
must_fail(void)
{
	return ++allocations == failing;
}

static void *
allocate(size_t len, const char *file, int line)
{
	(void)file;
	(void)line;
	return must_fail() ? NULL : malloc(len);
}

static void *
reallocate(void *block, size_t len, const char *file, int line)
{
	(void)file;
	(void)line;
	return must_fail() ? NULL : realloc(block, len);
}

static void
release(void *block, const char *file, int line)
{
	(void)file;
	(void)line;
	free(block);
}

static void
arm(unsigned long nth)
{
	failing = nth;
	allocations = 0;
}

/* Whether the allocation that was to fail was made since arm(). */
static bool
disarm(void)
{
	bool failed = failing != 0 && allocations >= failing;

	arm(0);
	return failed;
}

struct signer {
	const char *name;
	struct mm_key_material material;
	enum mm_scheme scheme;
	enum mm_hash hash;
	uint8_t a[NUMBER_LEN], b[NUMBER_LEN];
	uint8_t signature[NUMBER_LEN];
	size_t signature_len;
};

static struct mm_slice
number_of(EVP_PKEY *key, const char *parameter, uint8_t *room, size_t len)
{
	BIGNUM *number = NULL;

	assert_int_equal(EVP_PKEY_get_bn_param(key, parameter, &number), 1);
	if (len == 0)
		len = (size_t)BN_num_bytes(number);
	assert_int_equal(BN_bn2binpad(number, room, (int)len), len);
	BN_free(number);
	return mm_slice(room, len);
}

static void
sign(EVP_PKEY *key, const EVP_MD *md, struct signer *signer)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	signer->signature_len = sizeof(signer->signature);
	assert_int_equal(EVP_DigestSignInit(ctx, NULL, md, NULL, key), 1);
	assert_int_equal(EVP_DigestSign(ctx, signer->signature, &signer->signature_len, (const unsigned char *)INPUT,
	    strlen(INPUT)), 1);
	EVP_MD_CTX_free(ctx);
}

static void
make_rs256(struct signer *signer)
{
	EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2048);

	*signer = (struct signer){ .name = "RS256", .scheme = MM_SCHEME_PKCS1, .hash = MM_HASH_SHA256 };
	signer->material.type = MM_KEY_RSA;
	signer->material.n = number_of(key, OSSL_PKEY_PARAM_RSA_N, signer->a, 0);
	signer->material.e = number_of(key, OSSL_PKEY_PARAM_RSA_E, signer->b, 0);
	sign(key, EVP_sha256(), signer);
	EVP_PKEY_free(key);
}

static void
make_es256(struct signer *signer)
{
	EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
	const unsigned char *der;
	ECDSA_SIG *parts;

	*signer = (struct signer){ .name = "ES256", .scheme = MM_SCHEME_ECDSA, .hash = MM_HASH_SHA256 };
	signer->material.type = MM_KEY_EC;
	signer->material.curve = MM_CURVE_P256;
	signer->material.x = number_of(key, OSSL_PKEY_PARAM_EC_PUB_X, signer->a, 32);
	signer->material.y = number_of(key, OSSL_PKEY_PARAM_EC_PUB_Y, signer->b, 32);
	sign(key, EVP_sha256(), signer);
	der = signer->signature;
	parts = d2i_ECDSA_SIG(NULL, &der, (long)signer->signature_len);
	assert_non_null(parts);
	assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_r(parts), signer->signature, 32), 32);
	assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_s(parts), signer->signature + 32, 32), 32);
	signer->signature_len = 64;
	ECDSA_SIG_free(parts);
	EVP_PKEY_free(key);
}

static void
make_eddsa(struct signer *signer)
{
	EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	size_t len = NUMBER_LEN;

	*signer = (struct signer){ .name = "EdDSA", .scheme = MM_SCHEME_ED25519, .hash = MM_HASH_NONE };
	signer->material.type = MM_KEY_OKP;
	signer->material.curve = MM_CURVE_ED25519;
	assert_int_equal(EVP_PKEY_get_raw_public_key(key, signer->a, &len), 1);
	signer->material.x = mm_slice(signer->a, len);
	sign(key, NULL, signer);
	EVP_PKEY_free(key);
}

static void (*const makers[])(struct signer *) = { make_rs256, make_es256, make_eddsa };

static struct mm_slice
signature_of(const struct signer *signer)
{
	return mm_slice(signer->signature, signer->signature_len);
}

static void
a_key_is_made_whole_or_not_at_all(void **state)
{
	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(makers); i++) {
		struct mm_verifier *verifier = mm_verifier_new();
		struct signer signer;
		unsigned long nth = 0;
		bool failed;

		makers[i](&signer);
		do {
			struct mm_public_key *key = NULL;
			enum mm_key_fault fault;

			arm(++nth);
			fault = mm_public_key_new(&signer.material, signer.scheme, signer.hash, &key);
			failed = disarm();
			assert_int_equal(fault == MM_KEY_GOOD, key != NULL);
			assert_true(failed || fault == MM_KEY_GOOD);
			/* A key that was made in spite of the failure is as good as any. */
			if (key != NULL)
				assert_int_equal(mm_public_key_verify(key, verifier, mm_slice_str(INPUT),
				    signature_of(&signer)), MM_OK);
			mm_public_key_free(&key);
		} while (failed && nth < ALLOCATIONS_MAX);
		printf("%s: %lu allocations to make a key\n", signer.name, nth - 1);
		assert_true(nth > 1 && nth < ALLOCATIONS_MAX);
		mm_verifier_free(&verifier);
	}
}

static void
verify_with_failures(const struct signer *signer, const struct mm_public_key *key, struct mm_slice input, bool genuine)
{
	unsigned long nth = 0;
	bool failed;

	do {
		struct mm_verifier *verifier = mm_verifier_new();
		enum mm_reason reason;

		assert_non_null(verifier);
		arm(++nth);
		reason = mm_public_key_verify(key, verifier, input, signature_of(signer));
		failed = disarm();
		if (genuine)
			assert_true(reason == MM_OK ||
			    (failed && (reason == MM_INTERNAL || reason == MM_SIGNATURE_INVALID)));
		else
			assert_true(reason == MM_SIGNATURE_INVALID || (failed && reason == MM_INTERNAL));
		/* The same verifier serves again. */
		assert_int_equal(mm_public_key_verify(key, verifier, mm_slice_str(INPUT), signature_of(signer)), MM_OK);
		mm_verifier_free(&verifier);
	} while (failed && nth < ALLOCATIONS_MAX);
	printf("%s: %lu allocations of libcrypto to verify a %s signature\n", signer->name, nth - 1,
	    genuine ? "genuine" : "forged");
	assert_true(nth < ALLOCATIONS_MAX);
}

static void
no_failure_lets_a_signature_pass(void **state)
{
	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(makers); i++) {
		struct mm_public_key *key = NULL;
		struct signer signer;

		makers[i](&signer);
		assert_int_equal(mm_public_key_new(&signer.material, signer.scheme, signer.hash, &key), MM_KEY_GOOD);
		verify_with_failures(&signer, key, mm_slice_str(INPUT), true);
		verify_with_failures(&signer, key, mm_slice_str("header.forged"), false);
		mm_public_key_free(&key);
	}
}

static void
digests_fail_as_zeroes(void **state)
{
	static const uint8_t zeroes[MM_DIGEST_LEN];
	uint8_t digest[MM_DIGEST_LEN], right[MM_DIGEST_LEN];
	unsigned long nth = 0;
	bool failed, done;

	(void)state;
	assert_true(mm_sha256(mm_slice_str("abc"), right));
	do {
		memset(digest, 0x11, sizeof(digest));
		arm(++nth);
		done = mm_sha256(mm_slice_str("abc"), digest);
		failed = disarm();
		assert_true(done || failed);
		assert_memory_equal(digest, done ? right : zeroes, sizeof(digest));
	} while (failed && nth < ALLOCATIONS_MAX);
	assert_true(nth < ALLOCATIONS_MAX);
}

static void
verifiers_are_made_or_not(void **state)
{
	struct mm_verifier *verifier;

	(void)state;
	arm(1);
	verifier = mm_verifier_new();
	assert_true(disarm());
	assert_null(verifier);
}

/* A key of the cache's digest that were made by half could be guessed. */
static void
a_digest_key_is_made_whole_or_not_at_all(void **state)
{
	static const unsigned char seed[MM_KEYED_DIGEST_SEED_LEN] = "any bytes will do for one run!!";
	static struct mm_keyed_digest_key key, whole, zeroes;
	unsigned long nth = 0;
	bool failed, made;

	(void)state;
	assert_true(mm_keyed_digest_key_init(&whole, seed));
	do {
		memset(&key, 0x11, sizeof(key));
		arm(++nth);
		made = mm_keyed_digest_key_init(&key, seed);
		failed = disarm();
		assert_true(made || failed);
		assert_memory_equal(&key, made ? &whole : &zeroes, sizeof(key));
	} while (failed && nth < ALLOCATIONS_MAX);
	assert_true(nth > 1 && nth < ALLOCATIONS_MAX);
}

/* A secret of a mint that were zeroes would be everybody's. */
static void
a_mints_secrets_are_derived_or_zeroes(void **state)
{
	static const uint8_t root[MM_MARK_ROOT_LEN] = "any bytes will do for one run!!", zeroes[MM_MARK_KEY_LEN];
	uint8_t key[MM_MARK_KEY_LEN], right[MM_MARK_KEY_LEN];
	struct mm_slice realm = mm_slice_str("home"), audience = mm_slice_str("mail");
	unsigned long nth = 0;
	bool failed, done;

	(void)state;
	assert_true(mm_mint_mark_key(root, realm, audience, 1, right));
	do {
		memset(key, 0x11, sizeof(key));
		arm(++nth);
		done = mm_mint_mark_key(root, realm, audience, 1, key);
		failed = disarm();
		assert_true(done || failed);
		assert_memory_equal(key, done ? right : zeroes, sizeof(key));
	} while (failed && nth < ALLOCATIONS_MAX);
	assert_true(nth > 1 && nth < ALLOCATIONS_MAX);
}

static void
an_id_is_read_right_or_not_at_all(void **state)
{
	static const uint8_t key[MM_TOKEN_ID_KEY_LEN] = "sixteen bytes..";
	struct mm_token_id_cipher *cipher = mm_token_id_cipher_new(key);
	struct mm_token_place place = { 1, 2, 3 }, read = { 0, 0, 0 };
	char text[MM_TOKEN_ID_LEN];
	unsigned long nth = 0;
	bool failed, good;

	(void)state;
	assert_true(mm_token_id_encode(cipher, place, text));
	mm_token_id_cipher_free(&cipher);
	do {
		arm(++nth);
		cipher = mm_token_id_cipher_new(key);
		good = cipher != NULL && mm_token_id_decode(cipher, mm_slice(text, sizeof(text)), &read);
		failed = disarm();
		assert_true(good || failed);
		assert_true(!good || (read.signer == 1 && read.minute == 2 && read.counter == 3));
		mm_token_id_cipher_free(&cipher);
	} while (failed && nth < ALLOCATIONS_MAX);
	assert_true(nth > 1 && nth < ALLOCATIONS_MAX);
}

/* It allocates nothing of libcrypto's, so that nothing can be short. */
static void
a_mark_needs_no_memory(void **state)
{
	static const uint8_t bytes[MM_MARK_KEY_LEN] = "any bytes will do for one run!!";
	struct mm_mark_key *key = mm_mark_key_new(bytes);
	char text[MM_MARK_TEXT_LEN];

	(void)state;
	arm(1);
	assert_true(mm_mark_make(key, mm_slice_str("e30"), mm_slice_str("{\"sub\":\"s\""), text));
	assert_false(disarm());
	mm_mark_key_free(&key);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_mints_secrets_are_derived_or_zeroes),
		cmocka_unit_test(an_id_is_read_right_or_not_at_all),
		cmocka_unit_test(a_mark_needs_no_memory),
		cmocka_unit_test(a_key_is_made_whole_or_not_at_all),
		cmocka_unit_test(no_failure_lets_a_signature_pass),
		cmocka_unit_test(digests_fail_as_zeroes),
		cmocka_unit_test(a_digest_key_is_made_whole_or_not_at_all),
		cmocka_unit_test(verifiers_are_made_or_not),
	};

	/* Before libcrypto's first allocation, else it keeps its own. */
	if (CRYPTO_set_mem_functions(allocate, reallocate, release) != 1) {
		fprintf(stderr, "libcrypto does not take other allocators\n");
		return 1;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
