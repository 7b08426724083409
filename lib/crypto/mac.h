/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Message authentication codes: what only the holder of a secret can make.
 */
#ifndef MM_CRYPTO_MAC_H
#define MM_CRYPTO_MAC_H

#include "lib/base/limits.h"

#include <mintmark/slice.h>
#include <mintmark/version.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* HMAC-SHA-256's output. */
#define MM_MAC_LEN MM_DIGEST_LEN

/*
 * HMAC-SHA-256 (RFC 2104) of bytes under a key of key_len bytes. Returns false where libcrypto fails; mac is then all
 * zeroes. Compare two with mm_secret_equal(). Not checked here: that the key is secret.
 */
MM_MUST_USE bool mm_hmac_sha256(const void *key, size_t key_len, struct mm_slice bytes, uint8_t mac[MM_MAC_LEN]);

#endif
