/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The mark: keyed proof, made apart from the signer, that a token was issued.
 *
 * HMAC-SHA-256 (RFC 2104) under the mark key of the token's realm, audience and day of iat, over the encoded header, a
 * '.', and the decoded payload's bytes before ',"mark":"'; cut to 16 bytes, which are 22 characters of base64url. The
 * payload ends with ',"mark":"' those 22 '"}'.
 */
#ifndef MM_TOKEN_MARK_H
#define MM_TOKEN_MARK_H

#include "lib/token/mint_secret.h"

#include <mintmark/slice.h>
#include <mintmark/version.h>

#include <stdbool.h>

#define MM_MARK_TEXT_LEN 22

/* A key that is ready: the states of HMAC's two halves are stored, so that a mark costs its bytes alone. */
struct mm_mark_key;

MM_MUST_USE struct mm_mark_key *mm_mark_key_new(const uint8_t key[MM_MARK_KEY_LEN]);
void mm_mark_key_free(struct mm_mark_key **key);

/*
 * Make the mark of header (encoded) and payload, the decoded bytes before ',"mark":"'. False where libcrypto fails.
 * Threads may share a key.
 */
MM_MUST_USE bool mm_mark_make(const struct mm_mark_key *key, struct mm_slice header, struct mm_slice payload,
    char text[MM_MARK_TEXT_LEN]);

enum mm_mark_result {
	MM_MARK_RIGHT = 1,
	MM_MARK_ABSENT, /* the payload has no member 'mark' */
	MM_MARK_WRONG,  /* it is not the last member, not of this form, or not of this key */
};

/*
 * Check the mark at the end of a whole decoded payload; has_mark: whether it has a member of that name at its top
 * level. Compared in constant time. MM_MARK_WRONG too where libcrypto fails.
 */
MM_MUST_USE enum mm_mark_result mm_mark_check(const struct mm_mark_key *key, struct mm_slice header,
    struct mm_slice payload, bool has_mark);

#endif
