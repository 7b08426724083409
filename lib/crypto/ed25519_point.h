/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Points of the curve of Ed25519, as public keys are spelled.
 */
#ifndef MM_CRYPTO_ED25519_POINT_H
#define MM_CRYPTO_ED25519_POINT_H

#include <mintmark/version.h>

#include <stdbool.h>
#include <stdint.h>

#define MM_ED25519_POINT_LEN 32

enum mm_ed25519_point {
	MM_ED25519_GOOD,
	MM_ED25519_REFUSED, /* y not below the field's prime, no such point, or one whose order divides 8 */
	MM_ED25519_FAILED,  /* libcrypto has no memory */
};

/*
 * Look at the encoding of a point (RFC 8032 section 5.1.2) that is to be a public key. libcrypto decodes
 * it only while it verifies, takes y above the prime, and takes points of small order, under which one
 * signature holds for many messages.
 * Not checked here: that the point lies in the subgroup of prime order.
 */
MM_MUST_USE enum mm_ed25519_point mm_ed25519_point_check(const uint8_t encoding[MM_ED25519_POINT_LEN]);

#endif
