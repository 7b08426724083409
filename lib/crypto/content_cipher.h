/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Authenticated ciphers: AES-GCM, and AES-CBC with HMAC (RFC 7518 sections 5.2 and 5.3).
 */
#ifndef MM_CRYPTO_CONTENT_CIPHER_H
#define MM_CRYPTO_CONTENT_CIPHER_H

#include <mintmark/slice.h>
#include <mintmark/version.h>

#include <stdbool.h>
#include <stddef.h>

enum mm_content_mode {
	MM_CONTENT_GCM,
	MM_CONTENT_CBC_HMAC,
};

/* The largest of them: A256CBC-HS512's. */
#define MM_CONTENT_KEY_LEN_MAX 64
#define MM_CONTENT_TAG_LEN_MAX 32

struct mm_content_cipher {
	enum mm_content_mode mode;
	size_t key_len; /* for CBC with HMAC: half authenticates, half encrypts */
	size_t iv_len, tag_len;
};

/*
 * Decrypt data in place. Every length must be exactly the cipher's. Returns whether the tag holds; *data_len is then
 * the plaintext's length, else data is wiped. With CBC the tag is verified before anything is decrypted.
 */
MM_MUST_USE bool mm_content_open(const struct mm_content_cipher *cipher, struct mm_slice key, struct mm_slice iv,
    struct mm_slice associated, char *data, size_t *data_len, struct mm_slice tag);

/*
 * Unwrap a key (RFC 3394) with an AES key of 16, 24 or 32 bytes: out gets wrapped.len - 8 bytes.
 * Returns whether it is whole; out is wiped where it is not.
 */
MM_MUST_USE bool mm_aes_unwrap(struct mm_slice key, struct mm_slice wrapped, unsigned char *out, size_t out_len);

#endif
