/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The two names that a key has by its numbers: the thumbprint of its spelling and the identity of its material.
 */
#ifndef MM_JOSE_THUMBPRINT_H
#define MM_JOSE_THUMBPRINT_H

#include "lib/base/limits.h"
#include "lib/base/scratch.h"
#include "lib/crypto/public_key.h"

#include <mintmark/slice.h>
#include <mintmark/version.h>

#include <stdbool.h>
#include <stdint.h>

enum mm_thumbprint_result {
	MM_THUMBPRINT_MADE,
	MM_THUMBPRINT_NO_ROOM, /* scratch is too small */
	MM_THUMBPRINT_FAILED,  /* libcrypto failed */
};

/*
 * The JWK thumbprint with SHA-256 (RFC 7638 section 3). Scratch is as full afterwards as before.
 * Not checked here: the material.
 */
MM_MUST_USE enum mm_thumbprint_result mm_thumbprint_make(const struct mm_key_material *material,
    struct mm_scratch *scratch, uint8_t thumbprint[MM_DIGEST_LEN]);

/*
 * The JWK with the required members alone, in the order of their names, without white space (RFC 7638 section 3): what
 * the thumbprint is the digest of. *members lies in scratch. False where that is too small. Not checked here: the
 * material.
 */
MM_MUST_USE bool mm_thumbprint_members(const struct mm_key_material *material, struct mm_scratch *scratch,
    struct mm_slice *members);

/*
 * SHA-256 over the type and the curve, a byte each, and the one number that the private key decides up to its
 * sign: an RSA modulus, an EC x, an Ed25519 y (without the bit that holds the sign of x). Who has the private key of
 * one spelling has that of all the others: with another RSA exponent, or the point negated.
 * Scratch and what is not checked as above.
 */
MM_MUST_USE enum mm_thumbprint_result mm_material_id_make(const struct mm_key_material *material,
    struct mm_scratch *scratch, uint8_t material_id[MM_DIGEST_LEN]);

#endif
