/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The claim 'cnf' (RFC 7800): which key a token is bound to.
 */
#ifndef MM_TOKEN_CONFIRMATION_H
#define MM_TOKEN_CONFIRMATION_H

#include "lib/base/limits.h"
#include "lib/codec/json.h"

#include <mintmark/version.h>

#include <stdbool.h>
#include <stdint.h>

/* Both may stand there; then both bind. */
struct mm_confirmation {
	bool has_jkt;         /* RFC 9449 section 6.1: the thumbprint of the key that makes DPoP proofs */
	bool has_certificate; /* RFC 8705 section 3.1, 'x5t#S256': the digest of the client's certificate */
	uint8_t jkt[MM_DIGEST_LEN];
	uint8_t certificate[MM_DIGEST_LEN];
};

/*
 * Read a scanned 'cnf'. Strings are unescaped into scratch.
 *
 * Returns false where it is no object, or where one of the members above is not the base64url of exactly 32 bytes.
 * RFC 7800 section 3.1: "all confirmation members that are not understood by implementations MUST be ignored"; one
 * that has no other has neither of ours, and the caller refuses it. Not checked here: anything else.
 */
MM_MUST_USE bool
mm_confirmation_parse(struct mm_json_value cnf, struct mm_scratch *scratch, struct mm_confirmation *confirmation);

#endif
