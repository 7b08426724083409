/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Is there a signature of which a table says another thing than libcrypto without one? The input's first byte chooses
 * the key and what follows: digest, R and S; or the two factors of the verification, of which the target makes a
 * signature that holds, and then what is to be added to bytes of digest and signature.
 */
#include "test/p256_world.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define KEYS 4
#define FROM_FACTORS 0x80

/* Secrets of everybody's: the first points that G leads to, where additions meet. */
static struct p256_key keys[KEYS];

static void
open_keys(void)
{
	BIGNUM *secret;

	if (p256_room != NULL)
		return;
	p256_open();
	secret = BN_new();
	for (unsigned i = 0; i < KEYS; i++) {
		p256_need(BN_set_word(secret, i + 1) == 1);
		p256_key_of_secret(&keys[i], secret);
	}
	BN_free(secret);
}

static void
compare(const struct p256_key *key, const struct p256_signed *made)
{
	if (p256_by_table(key, made) != (p256_by_libcrypto(key, made) ? MM_OK : MM_SIGNATURE_INVALID))
		abort();
}

static BIGNUM *
factor(const uint8_t *bytes)
{
	BIGNUM *number = BN_bin2bn(bytes, P256_LEN, NULL);

	p256_need(BN_nnmod(number, number, p256_order, p256_ctx) == 1);
	return number;
}

static void
from_factors(const struct p256_key *key, const uint8_t *data, size_t size)
{
	struct p256_signed made;
	BIGNUM *u1, *u2;

	if (size < 2 * P256_LEN)
		return;
	u1 = factor(data);
	u2 = factor(data + P256_LEN);
	if (!BN_is_zero(u2) && p256_sign(key, u1, u2, &made)) {
		if (p256_by_table(key, &made) != MM_OK)
			abort();
		for (size_t i = 2 * P256_LEN; i + 1 < size; i += 2)
			((uint8_t *)&made)[data[i] % sizeof(made)] += data[i + 1];
		compare(key, &made);
	}
	BN_free(u1);
	BN_free(u2);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct p256_key *key;
	struct p256_signed made;

	open_keys();
	if (size == 0)
		return 0;
	key = &keys[data[0] % KEYS];
	if ((data[0] & FROM_FACTORS) != 0)
		from_factors(key, data + 1, size - 1);
	else if (size - 1 >= sizeof(made)) {
		memcpy(&made, data + 1, sizeof(made));
		compare(key, &made);
	}
	return 0;
}
