/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The jti of a mint: one block of AES-128.
 */
#include "lib/token/token_id.h"

#include "lib/codec/base64url.h"
#include "lib/crypto/block_cipher.h"

#include <stdlib.h>
#include <string.h>

/* One block of AES-128: 16 bytes, of which the last six are zeroes. */
#define SIGNER_AT 0
#define MINUTE_AT 2
#define COUNTER_AT 6
#define ZERO_AT 10

_Static_assert(MM_TOKEN_ID_LEN == MM_BASE64URL_ENCODED_LEN(MM_BLOCK_LEN), "a jti is one block");
_Static_assert(MM_TOKEN_ID_KEY_LEN == MM_BLOCK_KEY_LEN, "its key is the block cipher's");

struct mm_token_id_cipher {
	struct mm_block_cipher *block;
};

struct mm_token_id_cipher *
mm_token_id_cipher_new(const uint8_t key[MM_TOKEN_ID_KEY_LEN])
{
	struct mm_token_id_cipher *cipher = calloc(1, sizeof(*cipher));

	if (cipher == NULL)
		return NULL;
	cipher->block = mm_block_cipher_new(key);
	if (cipher->block == NULL)
		mm_token_id_cipher_free(&cipher);
	return cipher;
}

void
mm_token_id_cipher_free(struct mm_token_id_cipher **cipher)
{
	if (cipher == NULL || *cipher == NULL)
		return;
	mm_block_cipher_free(&(*cipher)->block);
	free(*cipher);
	*cipher = NULL;
}

static void
put_u32(uint8_t *at, uint32_t number)
{
	for (int i = 0; i < 4; i++)
		at[i] = (uint8_t)(number >> (24 - 8 * i));
}

static uint32_t
get_u32(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

bool
mm_token_id_encode(struct mm_token_id_cipher *cipher, struct mm_token_place place, char text[MM_TOKEN_ID_LEN])
{
	uint8_t block[MM_BLOCK_LEN] = { 0 };

	block[SIGNER_AT] = (uint8_t)(place.signer >> 8);
	block[SIGNER_AT + 1] = (uint8_t)place.signer;
	put_u32(block + MINUTE_AT, place.minute);
	put_u32(block + COUNTER_AT, place.counter);
	if (!mm_block_encrypt(cipher->block, block, block))
		return false;
	mm_base64url_encode(mm_slice((const char *)block, sizeof(block)), text);
	return true;
}

bool
mm_token_id_decode(struct mm_token_id_cipher *cipher, struct mm_slice text, struct mm_token_place *place)
{
	uint8_t block[MM_BASE64URL_DECODED_MAX(MM_TOKEN_ID_LEN)], any = 0;
	size_t len = 0;

	if (!mm_slice_present(text) || text.len != MM_TOKEN_ID_LEN ||
	    mm_base64url_decode(text, block, &len) != MM_OK || len != MM_BLOCK_LEN ||
	    !mm_block_decrypt(cipher->block, block, block))
		return false;
	for (size_t i = ZERO_AT; i < MM_BLOCK_LEN; i++)
		any |= block[i];
	if (any != 0)
		return false;
	place->signer = (uint16_t)(block[SIGNER_AT] << 8 | block[SIGNER_AT + 1]);
	place->minute = get_u32(block + MINUTE_AT);
	place->counter = get_u32(block + COUNTER_AT);
	return true;
}
