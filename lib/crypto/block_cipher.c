/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Single blocks by EVP, whose AES takes the processor's instructions and so no table that could be watched: one context
 * for each direction, keyed once.
 */
#include "lib/crypto/block_cipher.h"

#include <openssl/evp.h>

#include <stdlib.h>
#include <string.h>

struct mm_block_cipher {
	EVP_CIPHER_CTX *encrypt, *decrypt;
};

/* ECB is what a mode of single blocks is called; without padding it gives each block back at once. */
static EVP_CIPHER_CTX *
make_context(const uint8_t *key, int encrypt)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();

	if (ctx != NULL && EVP_CipherInit_ex(ctx, EVP_aes_128_ecb(), NULL, key, NULL, encrypt) == 1 &&
	    EVP_CIPHER_CTX_set_padding(ctx, 0) == 1)
		return ctx;
	EVP_CIPHER_CTX_free(ctx);
	return NULL;
}

struct mm_block_cipher *
mm_block_cipher_new(const uint8_t key[MM_BLOCK_KEY_LEN])
{
	struct mm_block_cipher *cipher = calloc(1, sizeof(*cipher));

	if (cipher == NULL)
		return NULL;
	cipher->encrypt = make_context(key, 1);
	cipher->decrypt = make_context(key, 0);
	if (cipher->encrypt == NULL || cipher->decrypt == NULL)
		mm_block_cipher_free(&cipher);
	return cipher;
}

void
mm_block_cipher_free(struct mm_block_cipher **cipher)
{
	if (cipher == NULL || *cipher == NULL)
		return;
	EVP_CIPHER_CTX_free((*cipher)->encrypt);
	EVP_CIPHER_CTX_free((*cipher)->decrypt);
	free(*cipher);
	*cipher = NULL;
}

static bool
run(EVP_CIPHER_CTX *ctx, const uint8_t in[MM_BLOCK_LEN], uint8_t out[MM_BLOCK_LEN])
{
	int len = 0;

	if (EVP_CipherUpdate(ctx, out, &len, in, MM_BLOCK_LEN) == 1 && len == MM_BLOCK_LEN)
		return true;
	memset(out, 0, MM_BLOCK_LEN);
	return false;
}

bool
mm_block_encrypt(struct mm_block_cipher *cipher, const uint8_t in[MM_BLOCK_LEN], uint8_t out[MM_BLOCK_LEN])
{
	return run(cipher->encrypt, in, out);
}

bool
mm_block_decrypt(struct mm_block_cipher *cipher, const uint8_t in[MM_BLOCK_LEN], uint8_t out[MM_BLOCK_LEN])
{
	return run(cipher->decrypt, in, out);
}
