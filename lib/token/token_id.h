/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The jti of a token that a mint made: where its record stands, as one block of AES-128, in base64url.
 *
 *	signer 16 bits | minute 32 | counter 32 | zero 48	big-endian
 *
 * It hides how many tokens there are and when they were made; it does not authenticate. What does not decrypt to the
 * 48 zero bits was never a jti of this mint, and a guess is one with a chance of 2^-48.
 */
#ifndef MM_TOKEN_TOKEN_ID_H
#define MM_TOKEN_TOKEN_ID_H

#include "lib/token/mint_secret.h"

#include <mintmark/slice.h>
#include <mintmark/version.h>

#include <stdbool.h>
#include <stdint.h>

/* Where a token stands on record: unique in its realm, for ever. */
struct mm_token_place {
	uint16_t signer;  /* another one with each term of the ledger */
	uint32_t minute;  /* of allotment: minutes since 1970-01-01 UTC, which never go back */
	uint32_t counter; /* within the minute, from 0 on */
};

#define MM_TOKEN_ID_LEN 22 /* characters */

/* The cipher with one key, for one thread at a time; the functions allocate nothing. */
struct mm_token_id_cipher;

MM_MUST_USE struct mm_token_id_cipher *mm_token_id_cipher_new(const uint8_t key[MM_TOKEN_ID_KEY_LEN]);
void mm_token_id_cipher_free(struct mm_token_id_cipher **cipher);

/* Write the jti of a place. False where libcrypto fails. */
MM_MUST_USE bool mm_token_id_encode(struct mm_token_id_cipher *cipher, struct mm_token_place place,
    char text[MM_TOKEN_ID_LEN]);

/*
 * The place that a jti names. False where the text is none of this key: not 22 characters of strict base64url, or
 * without the zeroes. Not checked here: that there is such a record.
 */
MM_MUST_USE bool mm_token_id_decode(struct mm_token_id_cipher *cipher, struct mm_slice text,
    struct mm_token_place *place);

#endif
