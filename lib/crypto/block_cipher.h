/* SPDX-License-Identifier: Apache-2.0 */
/*
 * AES-128 of single blocks (FIPS 197), with one key again and again: for blocks that are all different, each of which
 * is a whole message. For nothing else: equal blocks show.
 */
#ifndef MM_CRYPTO_BLOCK_CIPHER_H
#define MM_CRYPTO_BLOCK_CIPHER_H

#include <mintmark/version.h>

#include <stdbool.h>
#include <stdint.h>

#define MM_BLOCK_LEN 16
#define MM_BLOCK_KEY_LEN 16

struct mm_block_cipher;

/* NULL where memory is short or libcrypto fails. One thread at a time may use it. It keeps no copy of key. */
MM_MUST_USE struct mm_block_cipher *mm_block_cipher_new(const uint8_t key[MM_BLOCK_KEY_LEN]);
void mm_block_cipher_free(struct mm_block_cipher **cipher);

/* False where libcrypto fails; out is then all zeroes. in and out may be one. Nothing is allocated. */
MM_MUST_USE bool mm_block_encrypt(struct mm_block_cipher *cipher, const uint8_t in[MM_BLOCK_LEN],
    uint8_t out[MM_BLOCK_LEN]);
MM_MUST_USE bool mm_block_decrypt(struct mm_block_cipher *cipher, const uint8_t in[MM_BLOCK_LEN],
    uint8_t out[MM_BLOCK_LEN]);

#endif
