/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Public keys and the verification of signatures, through OpenSSL.
 *
 * A key is typed and its scheme is fixed when it is made; nothing of a token chooses code.
 */
#ifndef MM_CRYPTO_PUBLIC_KEY_H
#define MM_CRYPTO_PUBLIC_KEY_H

#include <mintmark/reason.h>
#include <mintmark/slice.h>

#include <stdbool.h>

enum mm_key_type {
	MM_KEY_RSA = 1,
	MM_KEY_EC = 2,
	MM_KEY_OKP = 3,
};

enum mm_curve {
	MM_CURVE_NONE = 0, /* RSA */
	MM_CURVE_P256 = 1,
	MM_CURVE_P384 = 2,
	MM_CURVE_P521 = 3,
	MM_CURVE_ED25519 = 4,
	MM_CURVE_X25519 = 5, /* agrees on secrets and verifies nothing */
};

enum mm_scheme {
	MM_SCHEME_PKCS1,   /* RSASSA-PKCS1-v1_5 (RFC 8017 section 8.2) */
	MM_SCHEME_PSS,     /* RSASSA-PSS, MGF1 with the same hash, salt as long as the hash (RFC 7518 section 3.5) */
	MM_SCHEME_ECDSA,   /* R || S of fixed length (RFC 7518 section 3.4) */
	MM_SCHEME_ED25519, /* RFC 8032 section 5.1, RFC 8037 section 3.1 */
};

enum mm_hash {
	MM_HASH_NONE, /* Ed25519 hashes by itself */
	MM_HASH_SHA256,
	MM_HASH_SHA384,
	MM_HASH_SHA512,
};

/*
 * What a key is made of, as big-endian bytes: RSA n and e without leading zeroes; EC x and y of the
 * curve's full length; OKP x.
 */
struct mm_key_material {
	enum mm_key_type type;
	enum mm_curve curve;
	struct mm_slice n, e;
	struct mm_slice x, y;
};

/* Bytes of one coordinate of a point, or of an Ed25519 key; 0 for MM_CURVE_NONE. */
size_t mm_curve_coordinate_len(enum mm_curve curve);

/* Why a key cannot be used. mm_key_fault_text() says it in words. */
enum mm_key_fault {
	MM_KEY_GOOD,
	MM_KEY_TOO_SMALL,      /* RSA below MM_RSA_BITS_MIN */
	MM_KEY_TOO_LARGE,      /* RSA above MM_RSA_BITS_MAX, or its exponent above 64 bits */
	MM_KEY_BAD_EXPONENT,   /* even, or below 65537 */
	MM_KEY_BAD_MODULUS,    /* even */
	MM_KEY_BAD_LENGTH,     /* coordinate of another length than the curve's */
	MM_KEY_NOT_ON_CURVE,
	MM_KEY_SCHEME_UNFIT,   /* scheme, hash and type do not go together */
	MM_KEY_CRYPTO_FAILED,  /* libcrypto refused or has no memory */
};

struct mm_public_key;
struct mm_verifier;

/*
 * Make a key from its material, checked as the faults above say (EC and Ed25519: the point decodes and
 * lies on its curve; small-order Ed25519 points are refused as MM_KEY_NOT_ON_CURVE), for one scheme and hash.
 * *key is set only on MM_KEY_GOOD; free it with mm_public_key_free(). A key never changes after it was
 * made and may be shared by threads.
 * Not checked here: whose it is.
 */
MM_MUST_USE enum mm_key_fault
mm_public_key_new(const struct mm_key_material *material, enum mm_scheme scheme, enum mm_hash hash,
    struct mm_public_key **key);
void mm_public_key_free(struct mm_public_key **key);

/* A constant sentence for a fault. */
const char *mm_key_fault_text(enum mm_key_fault fault);

/* What one thread needs to verify; made once, used for any number of keys. NULL where memory is short. */
struct mm_verifier *mm_verifier_new(void);
void mm_verifier_free(struct mm_verifier **verifier);

/*
 * Verify a JWS signature over signed_input. Exact lengths: RSA the modulus's, ECDSA twice the curve's,
 * Ed25519 64. Makes no allocation of our own.
 * Returns MM_OK or MM_SIGNATURE_INVALID; MM_INTERNAL where libcrypto cannot work.
 */
MM_MUST_USE enum mm_reason
mm_public_key_verify(const struct mm_public_key *key, struct mm_verifier *verifier,
    struct mm_slice signed_input, struct mm_slice signature);

#endif
