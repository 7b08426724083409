/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Public keys keep their contract: what is refused when a key is made, which signatures hold, and that
 * many threads may verify with one key.
 *
 * The keys are made anew by libcrypto at each run, which signs with them too.
 */
#include "lib/base/array.h"
#include "lib/base/limits.h"
#include "lib/codec/base64url.h"
#include "lib/crypto/public_key.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#define RSA_BITS 2048
#define INPUT "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UifQ"

enum pair {
	PAIR_RSA,
	PAIR_RSA_ODD, /* a modulus whose bits are no multiple of 8 */
	PAIR_P256,
	PAIR_P384,
	PAIR_P521,
	PAIR_ED25519,
	PAIR_COUNT
};

static EVP_PKEY *pairs[PAIR_COUNT];

/* One of each scheme and hash. */
static const struct scheme_row {
	const char *name;
	enum pair pair;
	enum mm_scheme scheme;
	enum mm_hash hash;
} schemes[] = {
	{ "RS256", PAIR_RSA, MM_SCHEME_PKCS1, MM_HASH_SHA256 },
	{ "RS384", PAIR_RSA, MM_SCHEME_PKCS1, MM_HASH_SHA384 },
	{ "RS512", PAIR_RSA, MM_SCHEME_PKCS1, MM_HASH_SHA512 },
	{ "RS256 of 2052 bits", PAIR_RSA_ODD, MM_SCHEME_PKCS1, MM_HASH_SHA256 },
	{ "PS256", PAIR_RSA, MM_SCHEME_PSS, MM_HASH_SHA256 },
	{ "PS384", PAIR_RSA, MM_SCHEME_PSS, MM_HASH_SHA384 },
	{ "PS512", PAIR_RSA, MM_SCHEME_PSS, MM_HASH_SHA512 },
	{ "PS256 of 2052 bits", PAIR_RSA_ODD, MM_SCHEME_PSS, MM_HASH_SHA256 },
	{ "ES256", PAIR_P256, MM_SCHEME_ECDSA, MM_HASH_SHA256 },
	{ "ES384", PAIR_P384, MM_SCHEME_ECDSA, MM_HASH_SHA384 },
	{ "ES512", PAIR_P521, MM_SCHEME_ECDSA, MM_HASH_SHA512 },
	{ "EdDSA", PAIR_ED25519, MM_SCHEME_ED25519, MM_HASH_NONE },
};

/* Material and the room that it lies in. */
struct material {
	struct mm_key_material of;
	uint8_t a[MM_SIGNATURE_LEN_MAX];
	uint8_t b[MM_SIGNATURE_LEN_MAX];
};

static struct mm_slice
number_of(EVP_PKEY *pair, const char *parameter, uint8_t *room, size_t len)
{
	BIGNUM *number = NULL;

	assert_int_equal(EVP_PKEY_get_bn_param(pair, parameter, &number), 1);
	if (len == 0)
		len = (size_t)BN_num_bytes(number);
	assert_int_equal(BN_bn2binpad(number, room, (int)len), len);
	BN_free(number);
	return mm_slice(room, len);
}

static void
material_of(enum pair pair, struct material *material)
{
	static const enum mm_curve curves[PAIR_COUNT] = {
		[PAIR_P256] = MM_CURVE_P256,
		[PAIR_P384] = MM_CURVE_P384,
		[PAIR_P521] = MM_CURVE_P521,
		[PAIR_ED25519] = MM_CURVE_ED25519,
	};
	struct mm_key_material *of = &material->of;
	size_t len = 32;

	*of = (struct mm_key_material){ .curve = curves[pair] };
	if (pair == PAIR_ED25519) {
		of->type = MM_KEY_OKP;
		assert_int_equal(EVP_PKEY_get_raw_public_key(pairs[pair], material->a, &len), 1);
		of->x = mm_slice(material->a, len);
	} else if (of->curve == MM_CURVE_NONE) {
		of->type = MM_KEY_RSA;
		of->n = number_of(pairs[pair], OSSL_PKEY_PARAM_RSA_N, material->a, 0);
		of->e = number_of(pairs[pair], OSSL_PKEY_PARAM_RSA_E, material->b, 0);
	} else {
		of->type = MM_KEY_EC;
		len = mm_curve_coordinate_len(of->curve);
		of->x = number_of(pairs[pair], OSSL_PKEY_PARAM_EC_PUB_X, material->a, len);
		of->y = number_of(pairs[pair], OSSL_PKEY_PARAM_EC_PUB_Y, material->b, len);
	}
}

static const EVP_MD *
md_of(enum mm_hash hash)
{
	switch (hash) {
	case MM_HASH_SHA256:
		return EVP_sha256();
	case MM_HASH_SHA384:
		return EVP_sha384();
	case MM_HASH_SHA512:
		return EVP_sha512();
	case MM_HASH_NONE:
		break;
	}
	return NULL;
}

/* From DER to R || S. */
static size_t
raw_of_der(uint8_t *signature, size_t der_len, size_t coordinate_len)
{
	const unsigned char *at = signature;
	ECDSA_SIG *parts = d2i_ECDSA_SIG(NULL, &at, (long)der_len);

	assert_non_null(parts);
	assert_true(BN_bn2binpad(ECDSA_SIG_get0_r(parts), signature, (int)coordinate_len) > 0);
	assert_true(BN_bn2binpad(ECDSA_SIG_get0_s(parts), signature + coordinate_len, (int)coordinate_len) > 0);
	ECDSA_SIG_free(parts);
	return 2 * coordinate_len;
}

/* Sign as a JWS is; salt_len is for PSS alone. */
static size_t
sign_salted(const struct scheme_row *row, int salt_len, uint8_t signature[MM_SIGNATURE_LEN_MAX])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *key_ctx;
	size_t len = MM_SIGNATURE_LEN_MAX;
	struct material material;

	material_of(row->pair, &material);
	assert_int_equal(EVP_DigestSignInit(ctx, &key_ctx, md_of(row->hash), NULL, pairs[row->pair]), 1);
	if (row->scheme == MM_SCHEME_PSS) {
		assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(key_ctx, RSA_PKCS1_PSS_PADDING), 1);
		assert_int_equal(EVP_PKEY_CTX_set_rsa_pss_saltlen(key_ctx, salt_len), 1);
	}
	assert_int_equal(EVP_DigestSign(ctx, signature, &len, (const unsigned char *)INPUT, strlen(INPUT)), 1);
	EVP_MD_CTX_free(ctx);
	if (row->scheme == MM_SCHEME_ECDSA)
		len = raw_of_der(signature, len, mm_curve_coordinate_len(material.of.curve));
	return len;
}

static size_t
sign(const struct scheme_row *row, uint8_t signature[MM_SIGNATURE_LEN_MAX])
{
	return sign_salted(row, RSA_PSS_SALTLEN_DIGEST, signature);
}

static struct mm_public_key *
key_of(const struct scheme_row *row)
{
	struct material material;
	struct mm_public_key *key = NULL;

	material_of(row->pair, &material);
	assert_int_equal(mm_public_key_new(&material.of, row->scheme, row->hash, &key), MM_KEY_GOOD);
	assert_non_null(key);
	return key;
}

static const struct scheme_row *
row_named(const char *name)
{
	for (size_t i = 0; i < MM_COUNT_OF(schemes); i++)
		if (strcmp(schemes[i].name, name) == 0)
			return &schemes[i];
	fail_msg("no scheme %s", name);
	abort();
}

static int
make_pairs(void **state)
{
	(void)state;
	pairs[PAIR_RSA] = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)RSA_BITS);
	pairs[PAIR_RSA_ODD] = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)RSA_BITS + 4);
	pairs[PAIR_P256] = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
	pairs[PAIR_P384] = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-384");
	pairs[PAIR_P521] = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-521");
	pairs[PAIR_ED25519] = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	for (size_t i = 0; i < PAIR_COUNT; i++)
		if (pairs[i] == NULL)
			return -1;
	return 0;
}

static int
free_pairs(void **state)
{
	(void)state;
	for (size_t i = 0; i < PAIR_COUNT; i++)
		EVP_PKEY_free(pairs[i]);
	return 0;
}

static void
genuine_signatures_hold(void **state)
{
	struct mm_verifier *verifier = mm_verifier_new();
	uint8_t signature[MM_SIGNATURE_LEN_MAX];

	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(schemes); i++) {
		struct mm_public_key *key = key_of(&schemes[i]);
		size_t len = sign(&schemes[i], signature);

		for (unsigned again = 0; again < 3; again++)
			assert_int_equal(mm_public_key_verify(key, verifier, mm_slice_str(INPUT),
			    mm_slice(signature, len)), MM_OK);
		mm_public_key_free(&key);
		assert_null(key);
	}
	mm_verifier_free(&verifier);
	assert_null(verifier);
}

/* The schemes are more than a verifier keeps contexts for, and Ed25519's way of verifying comes in between. */
static void
one_verifier_serves_all_keys_in_turn(void **state)
{
	struct mm_verifier *verifier = mm_verifier_new();
	struct mm_public_key *keys[MM_COUNT_OF(schemes)];
	uint8_t signatures[MM_COUNT_OF(schemes)][MM_SIGNATURE_LEN_MAX];
	size_t lens[MM_COUNT_OF(schemes)];

	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(schemes); i++) {
		keys[i] = key_of(&schemes[i]);
		lens[i] = sign(&schemes[i], signatures[i]);
	}
	for (size_t turn = 0; turn < 3 * MM_COUNT_OF(schemes); turn++) {
		size_t i = turn * 5 % MM_COUNT_OF(schemes);
		struct mm_slice signature = mm_slice(signatures[i], lens[i]);

		assert_int_equal(mm_public_key_verify(keys[i], verifier, mm_slice_str(INPUT), signature), MM_OK);
		assert_int_equal(mm_public_key_verify(keys[i], verifier, mm_slice_str(INPUT "x"), signature),
		    MM_SIGNATURE_INVALID);
		assert_int_equal(mm_public_key_verify(keys[i], verifier, mm_slice_str(INPUT), signature), MM_OK);
	}
	for (size_t i = 0; i < MM_COUNT_OF(schemes); i++)
		mm_public_key_free(&keys[i]);
	mm_verifier_free(&verifier);
}

/* A key is freed, and another may lie where it lay: what the verifier keeps of the one must not serve the other. */
static void
a_new_key_is_not_taken_for_a_freed_one(void **state)
{
	const struct scheme_row *row = row_named("ES256");
	struct mm_verifier *verifier = mm_verifier_new();
	EVP_PKEY *first_pair = pairs[row->pair];
	uint8_t signature[MM_SIGNATURE_LEN_MAX];
	size_t len = sign(row, signature);

	(void)state;
	for (unsigned turn = 0; turn < 30; turn++) {
		struct mm_public_key *key = key_of(row);

		assert_int_equal(mm_public_key_verify(key, verifier, mm_slice_str(INPUT), mm_slice(signature, len)),
		    turn % 2 == 0 ? MM_OK : MM_SIGNATURE_INVALID);
		mm_public_key_free(&key);
		if (turn % 2 == 1)
			EVP_PKEY_free(pairs[row->pair]);
		pairs[row->pair] = turn % 2 == 1 ? first_pair : EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
		assert_non_null(pairs[row->pair]);
	}
	mm_verifier_free(&verifier);
}

static void
each_flipped_bit_is_noticed(void **state)
{
	struct mm_verifier *verifier = mm_verifier_new();
	uint8_t signature[MM_SIGNATURE_LEN_MAX];
	char input[] = INPUT;

	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(schemes); i++) {
		struct mm_public_key *key = key_of(&schemes[i]);
		size_t len = sign(&schemes[i], signature);
		/* All bits of the short ones, some of every byte of RSA's. */
		size_t step = len > 140 ? 11 : 3;

		for (size_t bit = 0; bit < len * 8; bit += step) {
			signature[bit / 8] ^= (uint8_t)(1u << bit % 8);
			assert_int_equal(mm_public_key_verify(key, verifier, mm_slice_str(input),
			    mm_slice(signature, len)), MM_SIGNATURE_INVALID);
			signature[bit / 8] ^= (uint8_t)(1u << bit % 8);
		}
		for (size_t place = 0; place < strlen(input); place++) {
			input[place] ^= 1;
			assert_int_equal(mm_public_key_verify(key, verifier, mm_slice(input, strlen(INPUT)),
			    mm_slice(signature, len)), MM_SIGNATURE_INVALID);
			input[place] ^= 1;
		}
		/* The thread's verifier is as good as new after all these. */
		assert_int_equal(mm_public_key_verify(key, verifier, mm_slice_str(input),
		    mm_slice(signature, len)), MM_OK);
		mm_public_key_free(&key);
	}
	mm_verifier_free(&verifier);
}

static void
other_lengths_are_refused(void **state)
{
	struct mm_verifier *verifier = mm_verifier_new();
	uint8_t signature[MM_SIGNATURE_LEN_MAX + 2];

	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(schemes); i++) {
		struct mm_public_key *key = key_of(&schemes[i]);
		size_t len = sign(&schemes[i], signature + 1);
		const size_t lengths[] = { 0, 1, len / 2, len - 1, len + 1 };

		signature[0] = signature[len + 1] = 0;
		for (size_t j = 0; j < MM_COUNT_OF(lengths); j++)
			assert_int_equal(mm_public_key_verify(key, verifier, mm_slice_str(INPUT),
			    mm_slice(signature + 1, lengths[j])), MM_SIGNATURE_INVALID);
		/* A zero before: the same number, another spelling. */
		assert_int_equal(mm_public_key_verify(key, verifier, mm_slice_str(INPUT),
		    mm_slice(signature, len + 1)), MM_SIGNATURE_INVALID);
		assert_int_equal(mm_public_key_verify(key, verifier, mm_slice_str(INPUT), MM_SLICE_ABSENT),
		    MM_SIGNATURE_INVALID);
		mm_public_key_free(&key);
	}
	mm_verifier_free(&verifier);
}

/* s + n is the same number modulo n. The modulus of 2052 bits leaves room for it in the same length. */
static void
rsa_signature_above_the_modulus(void **state)
{
	static const char *const names[] = { "RS256 of 2052 bits", "PS256 of 2052 bits" };
	struct mm_verifier *verifier = mm_verifier_new();

	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(names); i++) {
		const struct scheme_row *row = row_named(names[i]);
		struct mm_public_key *key = key_of(row);
		uint8_t signature[MM_SIGNATURE_LEN_MAX];
		size_t len = sign(row, signature);
		struct material material;
		unsigned carry = 0;

		material_of(row->pair, &material);
		assert_int_equal(material.of.n.len, len);
		for (size_t at = len; at-- > 0;) {
			carry += (unsigned)signature[at] + material.a[at];
			signature[at] = (uint8_t)carry;
			carry >>= 8;
		}
		assert_int_equal(carry, 0);
		assert_int_equal(mm_public_key_verify(key, verifier, mm_slice_str(INPUT), mm_slice(signature, len)),
		    MM_SIGNATURE_INVALID);
		mm_public_key_free(&key);
	}
	mm_verifier_free(&verifier);
}

static void
pss_salt_of_another_length(void **state)
{
	static const int salt_lens[] = { 0, 20, 31, 33, RSA_PSS_SALTLEN_MAX };
	const struct scheme_row *row = row_named("PS256");
	struct mm_verifier *verifier = mm_verifier_new();
	struct mm_public_key *key = key_of(row);
	uint8_t signature[MM_SIGNATURE_LEN_MAX];
	size_t len;

	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(salt_lens); i++) {
		len = sign_salted(row, salt_lens[i], signature);
		assert_int_equal(mm_public_key_verify(key, verifier, mm_slice_str(INPUT), mm_slice(signature, len)),
		    MM_SIGNATURE_INVALID);
	}
	len = sign_salted(row, 32, signature);
	assert_int_equal(mm_public_key_verify(key, verifier, mm_slice_str(INPUT), mm_slice(signature, len)), MM_OK);
	mm_public_key_free(&key);
	mm_verifier_free(&verifier);
}

/* Every signature under every key: a key takes its own scheme and hash and no other. */
static void
schemes_do_not_stand_in_for_each_other(void **state)
{
	struct mm_verifier *verifier = mm_verifier_new();
	uint8_t signature[MM_SIGNATURE_LEN_MAX];

	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(schemes); i++) {
		size_t len = sign(&schemes[i], signature);

		for (size_t j = 0; j < MM_COUNT_OF(schemes); j++) {
			struct mm_public_key *key = key_of(&schemes[j]);

			assert_int_equal(mm_public_key_verify(key, verifier, mm_slice_str(INPUT),
			    mm_slice(signature, len)), i == j ? MM_OK : MM_SIGNATURE_INVALID);
			mm_public_key_free(&key);
		}
	}
	mm_verifier_free(&verifier);
}

static const struct {
	const char *name;
	const char *group;
} ec_groups[] = { { "ES256", "P-256" }, { "ES384", "P-384" }, { "ES512", "P-521" } };

/* Put a number into R (part 0) or S (part 1). */
static void
put_part(uint8_t *signature, size_t coordinate_len, unsigned part, const BIGNUM *number)
{
	assert_true(BN_bn2binpad(number, signature + part * coordinate_len, (int)coordinate_len) > 0);
}

/* SEC 1 section 4.1.4: r and s lie in [1, n - 1]. */
static void
ecdsa_numbers_out_of_range(void **state)
{
	struct mm_verifier *verifier = mm_verifier_new();

	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(ec_groups); i++) {
		const struct scheme_row *row = row_named(ec_groups[i].name);
		struct mm_public_key *key = key_of(row);
		EC_GROUP *group = EC_GROUP_new_by_curve_name(EC_curve_nist2nid(ec_groups[i].group));
		BIGNUM *zero = BN_new(), *above = BN_dup(EC_GROUP_get0_order(group));
		uint8_t genuine[MM_SIGNATURE_LEN_MAX], signature[MM_SIGNATURE_LEN_MAX];
		size_t len = sign(row, genuine);

		BN_zero(zero);
		BN_add_word(above, 1);
		for (unsigned part = 0; part < 2; part++) {
			const BIGNUM *numbers[] = { zero, EC_GROUP_get0_order(group), above };

			for (size_t j = 0; j < MM_COUNT_OF(numbers); j++) {
				memcpy(signature, genuine, len);
				put_part(signature, len / 2, part, numbers[j]);
				assert_int_equal(mm_public_key_verify(key, verifier, mm_slice_str(INPUT),
				    mm_slice(signature, len)), MM_SIGNATURE_INVALID);
			}
			memcpy(signature, genuine, len);
			memset(signature + part * (len / 2), 0xff, len / 2);
			assert_int_equal(mm_public_key_verify(key, verifier, mm_slice_str(INPUT),
			    mm_slice(signature, len)), MM_SIGNATURE_INVALID);
		}
		BN_free(zero);
		BN_free(above);
		EC_GROUP_free(group);
		mm_public_key_free(&key);
	}
	mm_verifier_free(&verifier);
}

/* (r, n - s) is a second signature that anybody can make; it holds, and nothing here may rely on it not to. */
static void
ecdsa_with_s_negated_holds(void **state)
{
	struct mm_verifier *verifier = mm_verifier_new();

	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(ec_groups); i++) {
		const struct scheme_row *row = row_named(ec_groups[i].name);
		struct mm_public_key *key = key_of(row);
		EC_GROUP *group = EC_GROUP_new_by_curve_name(EC_curve_nist2nid(ec_groups[i].group));
		uint8_t signature[MM_SIGNATURE_LEN_MAX];
		size_t len = sign(row, signature);
		BIGNUM *s = BN_bin2bn(signature + len / 2, (int)(len / 2), NULL);

		BN_sub(s, EC_GROUP_get0_order(group), s);
		put_part(signature, len / 2, 1, s);
		assert_int_equal(mm_public_key_verify(key, verifier, mm_slice_str(INPUT),
		    mm_slice(signature, len)), MM_OK);
		BN_free(s);
		EC_GROUP_free(group);
		mm_public_key_free(&key);
	}
	mm_verifier_free(&verifier);
}

/* DER where R || S belongs: cut or padded to the right length it still does not hold. */
static void
ecdsa_in_der_is_refused(void **state)
{
	const struct scheme_row *row = row_named("ES256");
	struct mm_verifier *verifier = mm_verifier_new();
	struct mm_public_key *key = key_of(row);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t der[MM_SIGNATURE_LEN_MAX] = { 0 };
	size_t der_len = sizeof(der);

	(void)state;
	assert_int_equal(EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, pairs[PAIR_P256]), 1);
	assert_int_equal(EVP_DigestSign(ctx, der, &der_len, (const unsigned char *)INPUT, strlen(INPUT)), 1);
	for (size_t len = 0; len <= 80; len++)
		assert_int_equal(mm_public_key_verify(key, verifier, mm_slice_str(INPUT), mm_slice(der, len)),
		    MM_SIGNATURE_INVALID);
	EVP_MD_CTX_free(ctx);
	mm_public_key_free(&key);
	mm_verifier_free(&verifier);
}

/* RFC 8032 section 5.1.7 demands S below the group's order L; S + L is the same number modulo L. */
static void
ed25519_with_s_above_the_order(void **state)
{
	static const uint8_t order[32] = { 0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2,
		0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10 };
	const struct scheme_row *row = row_named("EdDSA");
	struct mm_verifier *verifier = mm_verifier_new();
	struct mm_public_key *key = key_of(row);
	uint8_t signature[MM_SIGNATURE_LEN_MAX];
	size_t len = sign(row, signature);
	unsigned carry = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(order); i++) {
		carry += (unsigned)signature[32 + i] + order[i];
		signature[32 + i] = (uint8_t)carry;
		carry >>= 8;
	}
	assert_int_equal(carry, 0);
	assert_int_equal(mm_public_key_verify(key, verifier, mm_slice_str(INPUT), mm_slice(signature, len)),
	    MM_SIGNATURE_INVALID);
	mm_public_key_free(&key);
	mm_verifier_free(&verifier);
}

/* RFC 8037 appendix A.4. */
static void
the_rfc_example_holds(void **state)
{
	static const char x_text[] = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
	static const char signature_text[] = "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7"
	    "sVvpAr_MuM0KAg";
	uint8_t x[MM_BASE64URL_DECODED_MAX(sizeof(x_text))];
	uint8_t signature[MM_BASE64URL_DECODED_MAX(sizeof(signature_text))];
	struct mm_verifier *verifier = mm_verifier_new();
	struct mm_public_key *key = NULL;
	struct mm_key_material material = { .type = MM_KEY_OKP, .curve = MM_CURVE_ED25519 };
	size_t x_len, signature_len;

	(void)state;
	assert_int_equal(mm_base64url_decode(mm_slice_str(x_text), x, &x_len), MM_OK);
	assert_int_equal(mm_base64url_decode(mm_slice_str(signature_text), signature, &signature_len), MM_OK);
	material.x = mm_slice(x, x_len);
	assert_int_equal(mm_public_key_new(&material, MM_SCHEME_ED25519, MM_HASH_NONE, &key), MM_KEY_GOOD);
	assert_int_equal(mm_public_key_verify(key, verifier,
	    mm_slice_str("eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc"),
	    mm_slice(signature, signature_len)), MM_OK);
	mm_public_key_free(&key);
	mm_verifier_free(&verifier);
}

static void
expect_fault(const struct mm_key_material *material, enum mm_scheme scheme, enum mm_hash hash, enum mm_key_fault fault)
{
	struct mm_public_key *key = NULL;

	assert_int_equal(mm_public_key_new(material, scheme, hash, &key), fault);
	if (fault != MM_KEY_GOOD)
		assert_null(key);
	mm_public_key_free(&key);
	assert_string_not_equal(mm_key_fault_text(fault), "");
}

static void
rsa_keys_out_of_bounds(void **state)
{
	/* Bytes of the modulus, its first and last byte; the exponent. */
	static const struct {
		size_t len;
		uint8_t first, last;
		const char *e;
		size_t e_len;
		enum mm_key_fault fault;
	} rows[] = {
		{ 256, 0x80, 1, "\1\0\1", 3, MM_KEY_GOOD },
		{ 1024, 0xff, 1, "\1\0\1", 3, MM_KEY_GOOD },
		{ 256, 0x80, 1, "\1\0\3", 3, MM_KEY_GOOD },
		{ 256, 0x80, 1, "\xff\xff\xff\xff\xff\xff\xff\xff", 8, MM_KEY_GOOD },
		{ 1024, 0x80, 1, "\xff\xff\xff\xff\xff\xff\xff\xff", 8, MM_KEY_GOOD },
		{ 256, 0x7f, 1, "\1\0\1", 3, MM_KEY_TOO_SMALL },
		{ 255, 0xff, 1, "\1\0\1", 3, MM_KEY_TOO_SMALL },
		{ 1, 0xff, 1, "\1\0\1", 3, MM_KEY_TOO_SMALL },
		{ 1025, 0x01, 1, "\1\0\1", 3, MM_KEY_TOO_LARGE },
		{ 1026, 0xff, 1, "\1\0\1", 3, MM_KEY_TOO_LARGE },
		{ 256, 0x80, 2, "\1\0\1", 3, MM_KEY_BAD_MODULUS },
		{ 256, 0x80, 0, "\1\0\1", 3, MM_KEY_BAD_MODULUS },
		{ 257, 0x00, 1, "\1\0\1", 3, MM_KEY_BAD_LENGTH },
		{ 0, 0, 0, "\1\0\1", 3, MM_KEY_BAD_LENGTH },
		{ 256, 0x80, 1, "", 0, MM_KEY_BAD_LENGTH },
		{ 256, 0x80, 1, "\0\1\0\1", 4, MM_KEY_BAD_LENGTH },
		{ 256, 0x80, 1, "\1", 1, MM_KEY_BAD_EXPONENT },
		{ 256, 0x80, 1, "\3", 1, MM_KEY_BAD_EXPONENT },
		{ 256, 0x80, 1, "\x11", 1, MM_KEY_BAD_EXPONENT },
		{ 256, 0x80, 1, "\xff\xff", 2, MM_KEY_BAD_EXPONENT },
		{ 256, 0x80, 1, "\1\0\0", 3, MM_KEY_BAD_EXPONENT },
		{ 256, 0x80, 1, "\1\0\2", 3, MM_KEY_BAD_EXPONENT },
		{ 256, 0x80, 1, "\1\0\0\0\0\0\0\0\1", 9, MM_KEY_TOO_LARGE },
	};
	uint8_t n[1026];

	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(rows); i++) {
		struct mm_key_material material = { .type = MM_KEY_RSA };

		memset(n, 0x5a, sizeof(n));
		n[0] = rows[i].first;
		if (rows[i].len > 1)
			n[rows[i].len - 1] = rows[i].last;
		material.n = mm_slice(n, rows[i].len);
		material.e = mm_slice(rows[i].e, rows[i].e_len);
		expect_fault(&material, MM_SCHEME_PKCS1, MM_HASH_SHA256, rows[i].fault);
		expect_fault(&material, MM_SCHEME_PSS, MM_HASH_SHA512, rows[i].fault);
	}
}

static void
ec_points_off_their_curve(void **state)
{
	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(ec_groups); i++) {
		const struct scheme_row *row = row_named(ec_groups[i].name);
		struct material material;
		size_t len;

		material_of(row->pair, &material);
		len = material.of.x.len;
		material.b[len - 1] ^= 1;
		expect_fault(&material.of, row->scheme, row->hash, MM_KEY_NOT_ON_CURVE);
		material.b[len - 1] ^= 1;
		expect_fault(&material.of, row->scheme, row->hash, MM_KEY_GOOD);
		/* a coordinate above the field's prime, and the point (0, 0) */
		memset(material.b, 0xff, len);
		expect_fault(&material.of, row->scheme, row->hash, MM_KEY_NOT_ON_CURVE);
		memset(material.a, 0, len);
		memset(material.b, 0, len);
		expect_fault(&material.of, row->scheme, row->hash, MM_KEY_NOT_ON_CURVE);
		material.of.x.len = len - 1;
		expect_fault(&material.of, row->scheme, row->hash, MM_KEY_BAD_LENGTH);
		material.of.x.len = len;
		material.of.y.len = len - 1;
		expect_fault(&material.of, row->scheme, row->hash, MM_KEY_BAD_LENGTH);
		material.of.y = MM_SLICE_ABSENT;
		expect_fault(&material.of, row->scheme, row->hash, MM_KEY_BAD_LENGTH);
	}
}

/* A point of one curve under another curve's name. */
static void
ec_points_of_another_curve(void **state)
{
	struct material material;

	(void)state;
	material_of(PAIR_P256, &material);
	material.of.curve = MM_CURVE_P384;
	expect_fault(&material.of, MM_SCHEME_ECDSA, MM_HASH_SHA384, MM_KEY_BAD_LENGTH);
	material_of(PAIR_P384, &material);
	material.of.curve = MM_CURVE_P256;
	material.of.x.len = material.of.y.len = 32;
	expect_fault(&material.of, MM_SCHEME_ECDSA, MM_HASH_SHA256, MM_KEY_NOT_ON_CURVE);
}

static void
schemes_that_do_not_fit(void **state)
{
	static const struct {
		enum pair pair;
		enum mm_scheme scheme;
		enum mm_hash hash;
	} rows[] = {
		{ PAIR_RSA, MM_SCHEME_PKCS1, MM_HASH_NONE },
		{ PAIR_RSA, MM_SCHEME_PSS, MM_HASH_NONE },
		{ PAIR_RSA, MM_SCHEME_ECDSA, MM_HASH_SHA256 },
		{ PAIR_RSA, MM_SCHEME_ED25519, MM_HASH_NONE },
		{ PAIR_P256, MM_SCHEME_PKCS1, MM_HASH_SHA256 },
		{ PAIR_P256, MM_SCHEME_ECDSA, MM_HASH_SHA384 },
		{ PAIR_P256, MM_SCHEME_ECDSA, MM_HASH_NONE },
		{ PAIR_P384, MM_SCHEME_ECDSA, MM_HASH_SHA256 },
		{ PAIR_P521, MM_SCHEME_ECDSA, MM_HASH_SHA256 },
		{ PAIR_P256, MM_SCHEME_ED25519, MM_HASH_NONE },
		{ PAIR_ED25519, MM_SCHEME_ED25519, MM_HASH_SHA512 },
		{ PAIR_ED25519, MM_SCHEME_ECDSA, MM_HASH_SHA256 },
	};
	struct material material;

	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(rows); i++) {
		material_of(rows[i].pair, &material);
		expect_fault(&material.of, rows[i].scheme, rows[i].hash, MM_KEY_SCHEME_UNFIT);
	}
	material_of(PAIR_RSA, &material);
	material.of.curve = MM_CURVE_P256;
	expect_fault(&material.of, MM_SCHEME_PKCS1, MM_HASH_SHA256, MM_KEY_SCHEME_UNFIT);
}

static void
ed25519_points_that_are_refused(void **state)
{
	/* The first bytes, the bytes between, the last byte, little-endian. */
	static const struct {
		uint8_t first, between, last;
		enum mm_key_fault fault;
	} rows[] = {
		{ 0x00, 0x00, 0x00, MM_KEY_NOT_ON_CURVE }, /* y = 0, order 4 */
		{ 0x00, 0x00, 0x80, MM_KEY_NOT_ON_CURVE },
		{ 0x01, 0x00, 0x00, MM_KEY_NOT_ON_CURVE }, /* y = 1, the neutral element */
		{ 0x01, 0x00, 0x80, MM_KEY_NOT_ON_CURVE }, /* x = 0 with a sign */
		{ 0xec, 0xff, 0x7f, MM_KEY_NOT_ON_CURVE }, /* y = -1, order 2 */
		{ 0xec, 0xff, 0xff, MM_KEY_NOT_ON_CURVE },
		{ 0xed, 0xff, 0x7f, MM_KEY_NOT_ON_CURVE }, /* y = p, which is 0 */
		{ 0xee, 0xff, 0x7f, MM_KEY_NOT_ON_CURVE }, /* y = p + 1, which is 1 */
		{ 0xef, 0xff, 0x7f, MM_KEY_NOT_ON_CURVE },
		{ 0xf0, 0xff, 0x7f, MM_KEY_NOT_ON_CURVE }, /* y = p + 3, a good point's other spelling */
		{ 0xff, 0xff, 0xff, MM_KEY_NOT_ON_CURVE },
		{ 0x02, 0x00, 0x00, MM_KEY_NOT_ON_CURVE }, /* no x belongs to y = 2 */
		{ 0x03, 0x00, 0x00, MM_KEY_GOOD },         /* y = 3 */
		{ 0x58, 0x66, 0x66, MM_KEY_GOOD },         /* the base point */
		{ 0x58, 0x66, 0xe6, MM_KEY_GOOD },
	};
	static const uint8_t order_8[][32] = {
		{ 0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0,
		  0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05 },
		{ 0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f,
		  0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a },
	};
	struct mm_key_material material = { .type = MM_KEY_OKP, .curve = MM_CURVE_ED25519 };
	uint8_t x[32];

	(void)state;
	material.x = mm_slice(x, sizeof(x));
	for (size_t i = 0; i < MM_COUNT_OF(rows); i++) {
		memset(x, rows[i].between, sizeof(x));
		x[0] = rows[i].first;
		x[31] = rows[i].last;
		expect_fault(&material, MM_SCHEME_ED25519, MM_HASH_NONE, rows[i].fault);
	}
	for (size_t i = 0; i < MM_COUNT_OF(order_8); i++) {
		memcpy(x, order_8[i], sizeof(x));
		expect_fault(&material, MM_SCHEME_ED25519, MM_HASH_NONE, MM_KEY_NOT_ON_CURVE);
		x[31] ^= 0x80;
		expect_fault(&material, MM_SCHEME_ED25519, MM_HASH_NONE, MM_KEY_NOT_ON_CURVE);
	}
	material.x.len = 31;
	expect_fault(&material, MM_SCHEME_ED25519, MM_HASH_NONE, MM_KEY_BAD_LENGTH);
	material.x = MM_SLICE_ABSENT;
	expect_fault(&material, MM_SCHEME_ED25519, MM_HASH_NONE, MM_KEY_BAD_LENGTH);
}

/* The caller's own errors stay in libcrypto's queue, ours do not. */
static void
the_error_queue_is_left_as_it_was(void **state)
{
	struct mm_verifier *verifier = mm_verifier_new();
	uint8_t signature[MM_SIGNATURE_LEN_MAX] = { 0xff };
	struct mm_key_material bad = { .type = MM_KEY_EC, .curve = MM_CURVE_P256 };

	(void)state;
	bad.x = bad.y = mm_slice(signature, 32);
	for (unsigned filled = 0; filled < 2; filled++) {
		ERR_clear_error();
		if (filled != 0)
			ERR_raise(ERR_LIB_USER, 77);
		expect_fault(&bad, MM_SCHEME_ECDSA, MM_HASH_SHA256, MM_KEY_NOT_ON_CURVE);
		for (size_t i = 0; i < MM_COUNT_OF(schemes); i++) {
			struct mm_public_key *key = key_of(&schemes[i]);
			size_t len = sign(&schemes[i], signature);

			assert_int_equal(mm_public_key_verify(key, verifier, mm_slice_str(INPUT),
			    mm_slice(signature, len)), MM_OK);
			memset(signature, 0xff, len);
			assert_int_equal(mm_public_key_verify(key, verifier, mm_slice_str(INPUT),
			    mm_slice(signature, len)), MM_SIGNATURE_INVALID);
			mm_public_key_free(&key);
		}
		assert_int_equal(ERR_GET_REASON(ERR_get_error()), filled != 0 ? 77 : 0);
		assert_int_equal(ERR_get_error(), 0);
	}
	mm_verifier_free(&verifier);
}

static void
freeing_nothing_does_nothing(void **state)
{
	struct mm_public_key *key = NULL;
	struct mm_verifier *verifier = NULL;

	(void)state;
	mm_public_key_free(NULL);
	mm_public_key_free(&key);
	mm_verifier_free(NULL);
	mm_verifier_free(&verifier);
}

#define THREADS 8
#define ROUNDS 40

/* What the threads share, none of it written while they run. */
struct shared {
	struct mm_public_key *keys[MM_COUNT_OF(schemes)];
	uint8_t signatures[MM_COUNT_OF(schemes)][MM_SIGNATURE_LEN_MAX];
	size_t lens[MM_COUNT_OF(schemes)];
};

static void *
verify_all(void *ctx)
{
	const struct shared *shared = (const struct shared *)ctx;
	struct mm_verifier *verifier = mm_verifier_new();
	uintptr_t wrong = verifier == NULL;

	for (unsigned round = 0; round < ROUNDS && verifier != NULL; round++) {
		for (size_t i = 0; i < MM_COUNT_OF(schemes); i++) {
			struct mm_slice signature = mm_slice(shared->signatures[i], shared->lens[i]);

			wrong += mm_public_key_verify(shared->keys[i], verifier, mm_slice_str(INPUT),
			    signature) != MM_OK;
			wrong += mm_public_key_verify(shared->keys[i], verifier, mm_slice_str("another"),
			    signature) != MM_SIGNATURE_INVALID;
		}
	}
	mm_verifier_free(&verifier);
	return (void *)wrong;
}

static void
many_threads_verify_with_one_key(void **state)
{
	static struct shared shared;
	pthread_t threads[THREADS];

	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(schemes); i++) {
		shared.keys[i] = key_of(&schemes[i]);
		shared.lens[i] = sign(&schemes[i], shared.signatures[i]);
	}
	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, verify_all, &shared), 0);
	for (size_t i = 0; i < THREADS; i++) {
		void *wrong;

		assert_int_equal(pthread_join(threads[i], &wrong), 0);
		assert_null(wrong);
	}
	for (size_t i = 0; i < MM_COUNT_OF(schemes); i++)
		mm_public_key_free(&shared.keys[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(genuine_signatures_hold),
		cmocka_unit_test(one_verifier_serves_all_keys_in_turn),
		cmocka_unit_test(a_new_key_is_not_taken_for_a_freed_one),
		cmocka_unit_test(each_flipped_bit_is_noticed),
		cmocka_unit_test(other_lengths_are_refused),
		cmocka_unit_test(rsa_signature_above_the_modulus),
		cmocka_unit_test(pss_salt_of_another_length),
		cmocka_unit_test(schemes_do_not_stand_in_for_each_other),
		cmocka_unit_test(ecdsa_numbers_out_of_range),
		cmocka_unit_test(ecdsa_with_s_negated_holds),
		cmocka_unit_test(ecdsa_in_der_is_refused),
		cmocka_unit_test(ed25519_with_s_above_the_order),
		cmocka_unit_test(the_rfc_example_holds),
		cmocka_unit_test(rsa_keys_out_of_bounds),
		cmocka_unit_test(ec_points_off_their_curve),
		cmocka_unit_test(ec_points_of_another_curve),
		cmocka_unit_test(schemes_that_do_not_fit),
		cmocka_unit_test(ed25519_points_that_are_refused),
		cmocka_unit_test(the_error_queue_is_left_as_it_was),
		cmocka_unit_test(freeing_nothing_does_nothing),
		cmocka_unit_test(many_threads_verify_with_one_key),
	};

	return cmocka_run_group_tests(tests, make_pairs, free_pairs);
}
