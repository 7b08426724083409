/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Private keys that sign tokens: RSA (PKCS #1 and PSS with SHA-256), P-256 (ECDSA with SHA-256) and Ed25519, through
 * OpenSSL.
 *
 * A key never changes and may be shared by threads; each thread signs with a signer of its own, in which everything is
 * prepared once. Freeing wipes what libcrypto holds.
 */
#ifndef MM_CRYPTO_SIGNING_KEY_H
#define MM_CRYPTO_SIGNING_KEY_H

#include "lib/crypto/public_key.h"

#include <mintmark/slice.h>
#include <mintmark/version.h>

#include <stdbool.h>
#include <stddef.h>

/* Sizes of RSA keys that are made; both are more than 112 bits of strength (SP 800-57 part 1, table 2). */
#define MM_SIGNING_RSA_BITS 2048
#define MM_SIGNING_RSA_BITS_MAX 4096

/* The longest signature: RSA's of that size. */
#define MM_SIGNING_SIGNATURE_MAX (MM_SIGNING_RSA_BITS_MAX / 8)

/* The longest secret: an RSA key of that size in DER has 2,350 bytes or so. */
#define MM_SIGNING_SECRET_MAX 2560

struct mm_signing_key;

/* The hash that goes with a scheme here: SHA-256, none for Ed25519. */
enum mm_hash mm_signing_hash(enum mm_scheme scheme);

/* Make a new key from the system's randomness. rsa_bits: of RSA alone, 2048 to 4096. NULL where libcrypto fails. */
MM_MUST_USE struct mm_signing_key *mm_signing_key_make(enum mm_scheme scheme, unsigned rsa_bits);

/*
 * The key of these secret bytes, which mm_signing_key_secret() wrote: RSA: RSAPrivateKey in DER (RFC 8017 appendix
 * A.1.2); P-256: the 32 bytes of d; Ed25519: the 32 bytes of the seed (RFC 8032 section 5.1.5).
 * NULL where they are no such key: damaged, too small, its parts not belonging together; or where libcrypto fails.
 * Nothing of secret is kept but in libcrypto's memory; the caller wipes it.
 */
MM_MUST_USE struct mm_signing_key *mm_signing_key_open(enum mm_scheme scheme, struct mm_slice secret);

/* Free *key, wiping it, and set it to NULL. */
void mm_signing_key_free(struct mm_signing_key **key);

/* Write the secret bytes; returns how many, or 0 where libcrypto fails. The caller wipes them. */
MM_MUST_USE size_t mm_signing_key_secret(const struct mm_signing_key *key, unsigned char secret[MM_SIGNING_SECRET_MAX]);

enum mm_scheme mm_signing_key_scheme(const struct mm_signing_key *key);

/* The public part; lives as long as the key. It passed the checks of mm_public_key_new(). */
const struct mm_key_material *mm_signing_key_material(const struct mm_signing_key *key);

/* What one thread needs to sign with one key, which must outlive it. NULL where libcrypto fails. */
struct mm_signer;

MM_MUST_USE struct mm_signer *mm_signer_new(const struct mm_signing_key *key);
void mm_signer_free(struct mm_signer **signer);

/*
 * Sign a JWS signing input: the JWS signature (RFC 7518 sections 3.3 to 3.5: for ES256 R || S of 64 bytes; RFC 8037
 * section 3.1). Returns its length, or 0, with nothing in signature, where libcrypto fails.
 */
MM_MUST_USE size_t mm_signer_sign(struct mm_signer *signer, struct mm_slice input,
    unsigned char signature[MM_SIGNING_SIGNATURE_MAX]);

/*
 * Rewrite an ECDSA signature of P-256 from strict DER (RFC 3279 section 2.2.3) into R || S (RFC 7518 section 3.4).
 * False where it is no such thing.
 */
MM_MUST_USE bool mm_signing_raw_from_der(struct mm_slice der, unsigned char raw[64]);

#endif
