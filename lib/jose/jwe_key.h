/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The key of a JWE's recipient, as mm_jwe_key_new() reads it.
 */
#ifndef MM_JOSE_JWE_KEY_H
#define MM_JOSE_JWE_KEY_H

#include "lib/base/limits.h"
#include "lib/codec/json.h"
#include "lib/crypto/private_key.h"
#include "lib/jose/jwe_algorithm.h"

#include <mintmark/jwe.h>

struct mm_jwe_key {
	const struct mm_jwe_algorithm *algorithm;
	const struct mm_jwe_encryption *encryption; /* of a key that states one: the only one; NULL: any */
	enum mm_curve curve;             /* of a key that agrees */
	struct mm_private_key *private;  /* NULL: symmetric */
	unsigned char secret[MM_CONTENT_KEY_LEN_MAX];
	size_t secret_len;
	uint8_t rejection[MM_DIGEST_LEN]; /* what stands in for content keys that cannot be had is made with it */
};

/*
 * The bytes of a member that is a base64url string, in scratch. False where it is none, or scratch is full.
 */
MM_MUST_USE bool
mm_jwe_member_bytes(const struct mm_json_index *index, const char *name, struct mm_scratch *scratch,
    struct mm_slice *bytes);

/*
 * The curve and the public point of a JWK that agrees (RFC 7518 section 6.2.1, RFC 8037 section 2). False where it is
 * malformed. Not checked here: that the point lies on its curve.
 */
MM_MUST_USE bool mm_jwe_point_parse(const struct mm_json_index *index, struct mm_scratch *scratch,
    struct mm_key_material *material);

#endif
