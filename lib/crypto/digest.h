/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Digests, and comparing what must not tell by its time.
 */
#ifndef MM_CRYPTO_DIGEST_H
#define MM_CRYPTO_DIGEST_H

#include "lib/base/limits.h"

#include <mintmark/slice.h>
#include <mintmark/version.h>

#include <stdbool.h>
#include <stdint.h>

/* SHA-256 (FIPS 180-4) of bytes. Returns false where libcrypto fails; digest is then all zeroes. */
MM_MUST_USE bool mm_sha256(struct mm_slice bytes, uint8_t digest[MM_DIGEST_LEN]);

/*
 * SHA-1 (FIPS 180-4) of bytes, as mm_sha256() does it. For a JWK's x5t alone, which names a certificate;
 * nothing is believed because of it.
 */
#define MM_SHA1_LEN 20
MM_MUST_USE bool mm_sha1(struct mm_slice bytes, uint8_t digest[MM_SHA1_LEN]);

/* Whether two byte strings of len bytes are equal, in time that depends on len alone. */
bool mm_secret_equal(const void *a, const void *b, size_t len);

/* Overwrite a secret before its memory is given back; the compiler does not remove it. */
void mm_secret_wipe(void *secret, size_t len);

#endif
