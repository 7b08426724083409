/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signature algorithms: the table. Neither 'none' nor HMAC is in it: the one proves nothing, and with the
 * other whoever can verify can sign.
 */
#include "lib/jose/algorithm.h"

#include "lib/base/array.h"

#define NAME(text) text, sizeof(text) - 1

static const struct mm_algorithm algorithms[] = {
	{ NAME("RS256"), 1, MM_KEY_RSA, MM_CURVE_NONE, MM_SCHEME_PKCS1, MM_HASH_SHA256 },
	{ NAME("RS384"), 2, MM_KEY_RSA, MM_CURVE_NONE, MM_SCHEME_PKCS1, MM_HASH_SHA384 },
	{ NAME("RS512"), 3, MM_KEY_RSA, MM_CURVE_NONE, MM_SCHEME_PKCS1, MM_HASH_SHA512 },
	{ NAME("PS256"), 4, MM_KEY_RSA, MM_CURVE_NONE, MM_SCHEME_PSS, MM_HASH_SHA256 },
	{ NAME("PS384"), 5, MM_KEY_RSA, MM_CURVE_NONE, MM_SCHEME_PSS, MM_HASH_SHA384 },
	{ NAME("PS512"), 6, MM_KEY_RSA, MM_CURVE_NONE, MM_SCHEME_PSS, MM_HASH_SHA512 },
	{ NAME("ES256"), 7, MM_KEY_EC, MM_CURVE_P256, MM_SCHEME_ECDSA, MM_HASH_SHA256 },
	{ NAME("ES384"), 8, MM_KEY_EC, MM_CURVE_P384, MM_SCHEME_ECDSA, MM_HASH_SHA384 },
	{ NAME("ES512"), 9, MM_KEY_EC, MM_CURVE_P521, MM_SCHEME_ECDSA, MM_HASH_SHA512 },
	{ NAME("EdDSA"), 10, MM_KEY_OKP, MM_CURVE_ED25519, MM_SCHEME_ED25519, MM_HASH_NONE },
	{ NAME("Ed25519"), 11, MM_KEY_OKP, MM_CURVE_ED25519, MM_SCHEME_ED25519, MM_HASH_NONE },
};

const struct mm_algorithm *
mm_algorithm_find(struct mm_slice name)
{
	for (size_t i = 0; i < MM_COUNT_OF(algorithms); i++)
		if (mm_slice_equal(name, mm_slice(algorithms[i].name, algorithms[i].name_len)))
			return &algorithms[i];
	return NULL;
}

const struct mm_algorithm *
mm_algorithm_by_number(uint8_t number)
{
	for (size_t i = 0; i < MM_COUNT_OF(algorithms); i++)
		if (algorithms[i].number == number)
			return &algorithms[i];
	return NULL;
}

bool
mm_algorithm_fits(const struct mm_algorithm *algorithm, enum mm_key_type type, enum mm_curve curve)
{
	return algorithm->key_type == type && algorithm->curve == curve;
}
