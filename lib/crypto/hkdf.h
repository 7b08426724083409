/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Deriving keys from a key.
 */
#ifndef MM_CRYPTO_HKDF_H
#define MM_CRYPTO_HKDF_H

#include <mintmark/slice.h>
#include <mintmark/version.h>

#include <stdbool.h>
#include <stddef.h>

/*
 * HKDF-SHA-256 (RFC 5869), extract and expand, without salt: out_len bytes (at most 8,160) of the key that key and info
 * name. Returns false where libcrypto fails; out is then all zeroes. Not checked here: that key is secret and random.
 */
MM_MUST_USE bool mm_hkdf_sha256(const void *key, size_t key_len, struct mm_slice info, void *out, size_t out_len);

#endif
