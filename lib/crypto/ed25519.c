/* SPDX-License-Identifier: Apache-2.0 */
/* Ed25519 with raw keys, by libcrypto. */
#include "lib/crypto/ed25519.h"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <stdlib.h>
#include <string.h>

struct mm_ed25519 {
	EVP_PKEY *key;
	uint8_t public_key[MM_ED25519_PUBLIC_LEN];
};

bool
mm_ed25519_make(uint8_t seed[MM_ED25519_SEED_LEN])
{
	return RAND_priv_bytes(seed, MM_ED25519_SEED_LEN) == 1;
}

struct mm_ed25519 *
mm_ed25519_new(const uint8_t seed[MM_ED25519_SEED_LEN])
{
	struct mm_ed25519 *key = calloc(1, sizeof(*key));
	size_t len = sizeof(key->public_key);

	if (key == NULL)
		return NULL;
	key->key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, MM_ED25519_SEED_LEN);
	if (key->key == NULL || EVP_PKEY_get_raw_public_key(key->key, key->public_key, &len) != 1)
		mm_ed25519_free(&key);
	return key;
}

void
mm_ed25519_free(struct mm_ed25519 **key)
{
	if (key == NULL || *key == NULL)
		return;
	EVP_PKEY_free((*key)->key);
	free(*key);
	*key = NULL;
}

void
mm_ed25519_public(const struct mm_ed25519 *key, uint8_t public_key[MM_ED25519_PUBLIC_LEN])
{
	memcpy(public_key, key->public_key, MM_ED25519_PUBLIC_LEN);
}

bool
mm_ed25519_sign(const struct mm_ed25519 *key, struct mm_slice bytes, uint8_t signature[MM_ED25519_SIGNATURE_LEN])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	size_t len = MM_ED25519_SIGNATURE_LEN;
	bool done = ctx != NULL && EVP_DigestSignInit(ctx, NULL, NULL, NULL, key->key) == 1 &&
	    EVP_DigestSign(ctx, signature, &len, (const unsigned char *)bytes.ptr, bytes.len) == 1 &&
	    len == MM_ED25519_SIGNATURE_LEN;

	EVP_MD_CTX_free(ctx);
	if (!done)
		memset(signature, 0, MM_ED25519_SIGNATURE_LEN);
	return done;
}

bool
mm_ed25519_verify(const uint8_t public_key[MM_ED25519_PUBLIC_LEN], struct mm_slice bytes,
    const uint8_t signature[MM_ED25519_SIGNATURE_LEN])
{
	EVP_PKEY *key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, public_key, MM_ED25519_PUBLIC_LEN);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool holds = key != NULL && ctx != NULL && EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, key) == 1 &&
	    EVP_DigestVerify(ctx, signature, MM_ED25519_SIGNATURE_LEN, (const unsigned char *)bytes.ptr,
	    bytes.len) == 1;

	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(key);
	return holds;
}
