/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ed25519 (RFC 8032) with raw keys: for what Mintmark's own processes sign for each other. Tokens are signed and
 * verified elsewhere (signing_key.h, public_key.h).
 */
#ifndef MM_CRYPTO_ED25519_H
#define MM_CRYPTO_ED25519_H

#include <mintmark/slice.h>
#include <mintmark/version.h>

#include <stdbool.h>
#include <stdint.h>

#define MM_ED25519_SEED_LEN 32
#define MM_ED25519_PUBLIC_LEN 32
#define MM_ED25519_SIGNATURE_LEN 64

/* A key that signs, made ready once. */
struct mm_ed25519;

/* Make a new seed from the system's randomness. False where libcrypto fails. The caller wipes it. */
MM_MUST_USE bool mm_ed25519_make(uint8_t seed[MM_ED25519_SEED_LEN]);

/* NULL where libcrypto fails. Nothing of seed is kept but what libcrypto keeps; freeing wipes that. */
MM_MUST_USE struct mm_ed25519 *mm_ed25519_new(const uint8_t seed[MM_ED25519_SEED_LEN]);
void mm_ed25519_free(struct mm_ed25519 **key);

void mm_ed25519_public(const struct mm_ed25519 *key, uint8_t public_key[MM_ED25519_PUBLIC_LEN]);

/* Sign bytes. False where libcrypto fails; signature is then all zeroes. */
MM_MUST_USE bool mm_ed25519_sign(const struct mm_ed25519 *key, struct mm_slice bytes,
    uint8_t signature[MM_ED25519_SIGNATURE_LEN]);

/* Whether the signature of bytes holds under the public key; false too where libcrypto fails. */
MM_MUST_USE bool mm_ed25519_verify(const uint8_t public_key[MM_ED25519_PUBLIC_LEN], struct mm_slice bytes,
    const uint8_t signature[MM_ED25519_SIGNATURE_LEN]);

#endif
