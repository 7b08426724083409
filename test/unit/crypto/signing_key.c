/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signing keys keep their contract: each signature holds by the path that tokens are judged by, secrets come back as
 * they were, and damaged ones are refused.
 */
#include "lib/base/array.h"
#include "lib/crypto/signing_key.h"
#include "lib/jose/algorithm.h"
#include "lib/jose/jwk.h"
#include "lib/jose/thumbprint.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static const struct {
	const char *alg;
	unsigned rsa_bits;
	size_t secret_len; /* 0: it varies */
	size_t signature_len;
} rows[] = {
	{ "RS256", 2048, 0, 256 },
	{ "RS256", 3072, 0, 384 },
	{ "PS256", 2048, 0, 256 },
	{ "ES256", 0, 32, 64 },
	{ "EdDSA", 0, 32, 64 },
};

static struct mm_signing_key *keys[MM_COUNT_OF(rows)];

static enum mm_scheme
scheme_of(size_t row)
{
	return mm_algorithm_find(mm_slice_str(rows[row].alg))->scheme;
}

static int
make_keys(void **state)
{
	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(rows); i++) {
		keys[i] = mm_signing_key_make(scheme_of(i), rows[i].rsa_bits);
		if (keys[i] == NULL)
			return -1;
	}
	return 0;
}

static int
free_keys(void **state)
{
	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(rows); i++)
		mm_signing_key_free(&keys[i]);
	return 0;
}

/* Whether the signature holds under the key's material, read from its JWK as a gate reads it. */
static bool
holds(size_t row, const struct mm_signing_key *key, struct mm_slice input, struct mm_slice signature)
{
	const struct mm_algorithm *algorithm = mm_algorithm_find(mm_slice_str(rows[row].alg));
	struct mm_verifier *verifier = mm_verifier_new();
	struct mm_public_key *public_key = NULL;
	struct mm_scratch scratch;
	struct mm_slice members;
	struct mm_jwk jwk;
	char room[8192];
	bool held;

	mm_scratch_init(&scratch, room, sizeof(room));
	assert_true(mm_thumbprint_members(mm_signing_key_material(key), &scratch, &members));
	assert_int_equal(mm_jwk_parse((struct mm_json_value){ members, MM_JSON_OBJECT, false }, &scratch, &jwk),
	    MM_JWK_GOOD);
	assert_int_equal(mm_public_key_new(&jwk.material, algorithm->scheme, algorithm->hash, &public_key),
	    MM_KEY_GOOD);
	held = mm_public_key_verify(public_key, verifier, input, signature) == MM_OK;
	mm_public_key_free(&public_key);
	mm_verifier_free(&verifier);
	return held;
}

static void
every_signature_holds(void **state)
{
	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(rows); i++) {
		struct mm_signer *signer = mm_signer_new(keys[i]);
		unsigned char signature[MM_SIGNING_SIGNATURE_MAX];

		assert_non_null(signer);
		for (unsigned round = 0; round < 40; round++) {
			char input[64];
			struct mm_slice text = mm_slice(input, round);

			memset(input, 'a' + (int)round % 26, sizeof(input));
			assert_int_equal(mm_signer_sign(signer, text, signature), rows[i].signature_len);
			assert_true(holds(i, keys[i], text, mm_slice(signature, rows[i].signature_len)));
			assert_false(holds(i, keys[i], mm_slice_str("another"), mm_slice(signature,
			    rows[i].signature_len)));
		}
		mm_signer_free(&signer);
	}
}

static void
a_secret_opens_to_the_same_key(void **state)
{
	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(rows); i++) {
		unsigned char secret[MM_SIGNING_SECRET_MAX], again[MM_SIGNING_SECRET_MAX];
		unsigned char signature[MM_SIGNING_SIGNATURE_MAX];
		size_t len = mm_signing_key_secret(keys[i], secret);
		struct mm_signing_key *opened = mm_signing_key_open(scheme_of(i), mm_slice(secret, len));
		struct mm_signer *signer;

		assert_true(len > 0 && (rows[i].secret_len == 0 || len == rows[i].secret_len));
		assert_non_null(opened);
		assert_int_equal(mm_signing_key_scheme(opened), scheme_of(i));
		assert_int_equal(mm_signing_key_secret(opened, again), len);
		assert_memory_equal(secret, again, len);
		signer = mm_signer_new(opened);
		assert_int_equal(mm_signer_sign(signer, mm_slice_str("input"), signature), rows[i].signature_len);
		assert_true(holds(i, keys[i], mm_slice_str("input"), mm_slice(signature, rows[i].signature_len)));
		mm_signer_free(&signer);
		mm_signing_key_free(&opened);
	}
}

static void
members_and_thumbprint_belong_together(void **state)
{
	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(rows); i++) {
		uint8_t thumbprint[MM_DIGEST_LEN];
		struct mm_scratch scratch;
		struct mm_slice members;
		struct mm_jwk jwk;
		char room[8192];

		mm_scratch_init(&scratch, room, sizeof(room));
		assert_int_equal(mm_thumbprint_make(mm_signing_key_material(keys[i]), &scratch, thumbprint),
		    MM_THUMBPRINT_MADE);
		assert_true(mm_thumbprint_members(mm_signing_key_material(keys[i]), &scratch, &members));
		assert_int_equal(mm_jwk_parse((struct mm_json_value){ members, MM_JSON_OBJECT, false }, &scratch, &jwk),
		    MM_JWK_GOOD);
		assert_memory_equal(jwk.thumbprint, thumbprint, sizeof(thumbprint));
		mm_scratch_init(&scratch, room, 10);
		assert_false(mm_thumbprint_members(mm_signing_key_material(keys[i]), &scratch, &members));
		assert_int_equal(scratch.used, 0);
	}
}

/* An RSA key of which any number is damaged, or which is cut or longer. */
static void
damaged_rsa_secrets_are_refused(void **state)
{
	unsigned char secret[MM_SIGNING_SECRET_MAX];
	size_t len = mm_signing_key_secret(keys[0], secret);

	(void)state;
	for (size_t at = 0; at < len; at += 97) {
		struct mm_signing_key *opened;

		secret[at] ^= 0x04;
		opened = mm_signing_key_open(MM_SCHEME_PKCS1, mm_slice(secret, len));
		if (opened != NULL)
			fail_msg("byte %zu of %zu can be changed", at, len);
		secret[at] ^= 0x04;
	}
	for (size_t cut = 0; cut < len; cut += 211)
		assert_null(mm_signing_key_open(MM_SCHEME_PKCS1, mm_slice(secret, cut)));
	secret[len] = 0;
	assert_null(mm_signing_key_open(MM_SCHEME_PKCS1, mm_slice(secret, len + 1)));
}

static void
other_secrets_are_refused(void **state)
{
	static const unsigned char order[32] = { 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25,
		    0x51 };
	static const unsigned char zeroes[MM_SIGNING_SECRET_MAX + 1];

	(void)state;
	assert_null(mm_signing_key_open(MM_SCHEME_ECDSA, mm_slice(zeroes, 32)));
	assert_null(mm_signing_key_open(MM_SCHEME_ECDSA, mm_slice(order, 32)));
	assert_null(mm_signing_key_open(MM_SCHEME_ECDSA, mm_slice(order, 31)));
	assert_null(mm_signing_key_open(MM_SCHEME_ECDSA, mm_slice(order, 0)));
	assert_null(mm_signing_key_open(MM_SCHEME_ED25519, mm_slice(order, 31)));
	assert_null(mm_signing_key_open(MM_SCHEME_ED25519, mm_slice(zeroes, 33)));
	assert_null(mm_signing_key_open(MM_SCHEME_PKCS1, mm_slice(zeroes, sizeof(zeroes))));
	assert_null(mm_signing_key_open(MM_SCHEME_PSS, MM_SLICE_ABSENT));
}

static void
sizes_of_rsa_are_bounded(void **state)
{
	(void)state;
	assert_null(mm_signing_key_make(MM_SCHEME_PKCS1, 0));
	assert_null(mm_signing_key_make(MM_SCHEME_PKCS1, 2047));
	assert_null(mm_signing_key_make(MM_SCHEME_PSS, MM_SIGNING_RSA_BITS_MAX + 1));
}

static void
der_is_strict(void **state)
{
	static const struct {
		const char *der;
		size_t len;
		bool good;
	} samples[] = {
		{ "\x30\x06\x02\x01\x01\x02\x01\x02", 8, true },
		{ "\x30\x07\x02\x02\x00\x81\x02\x01\x02", 9, true },
		{ "\x30\x07\x02\x02\x00\x01\x02\x01\x02", 9, false }, /* a zero too many */
		{ "\x30\x06\x02\x01\x81\x02\x01\x02", 8, false },     /* negative */
		{ "\x30\x06\x02\x01\x01\x02\x02\x02", 8, false },     /* past the end */
		{ "\x30\x05\x02\x01\x01\x02\x01\x02", 8, false },
		{ "\x30\x07\x02\x01\x01\x02\x01\x02\x00", 9, false },
		{ "\x31\x06\x02\x01\x01\x02\x01\x02", 8, false },
		{ "\x30\x05\x02\x00\x02\x01\x02", 7, false },
		{ "\x30\x03\x02\x01\x01", 5, false },
		{ "\x30", 1, false },
		{ "", 0, false },
	};
	unsigned char raw[64];

	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(samples); i++)
		if (mm_signing_raw_from_der(mm_slice(samples[i].der, samples[i].len), raw) != samples[i].good)
			fail_msg("sample %zu", i);
	assert_true(mm_signing_raw_from_der(mm_slice(samples[1].der, samples[1].len), raw));
	assert_int_equal(raw[30], 0);
	assert_int_equal(raw[31], 0x81);
	assert_int_equal(raw[63], 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_signature_holds),
		cmocka_unit_test(a_secret_opens_to_the_same_key),
		cmocka_unit_test(members_and_thumbprint_belong_together),
		cmocka_unit_test(damaged_rsa_secrets_are_refused),
		cmocka_unit_test(other_secrets_are_refused),
		cmocka_unit_test(sizes_of_rsa_are_bounded),
		cmocka_unit_test(der_is_strict),
	};

	return cmocka_run_group_tests(tests, make_keys, free_keys);
}
