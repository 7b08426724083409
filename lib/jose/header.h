/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The header of a compact JWS (RFC 7515 section 4) as far as a token may use it.
 */
#ifndef MM_JOSE_HEADER_H
#define MM_JOSE_HEADER_H

#include "lib/codec/json.h"
#include "lib/jose/algorithm.h"

#include <mintmark/reason.h>
#include <mintmark/version.h>

struct mm_header {
	struct mm_slice alg, kid, typ; /* absent: not there, or no string */
	const struct mm_algorithm *algorithm;
	const char *forbidden; /* the forbidden member that was found; NULL: none */
};

/*
 * Read a scanned header. Strings are unescaped into scratch.
 *
 * Fails with MM_ALG_FORBIDDEN (none that this build knows), MM_HEADER_FORBIDDEN (crit, jwk, jku, x5u, x5c,
 * zip, b64) or MM_KID_MISSING (no string of 1 to MM_KID_LEN_MAX bytes), in this order; *header is set as far as
 * it could be read even then. Not checked here: typ, and whether alg is the key's.
 */
MM_MUST_USE enum mm_reason
mm_header_parse(const struct mm_json_index *index, struct mm_scratch *scratch, struct mm_header *header);

/* The longest typ that mm_header_write() takes, and the longest header that it makes. */
#define MM_HEADER_TYP_LEN_MAX 16
#define MM_HEADER_WRITTEN_MAX 128

/*
 * Write the one header that tokens of a mint have, {"typ":T,"alg":A,"kid":K}, where K is the thumbprint in base64url.
 * Who makes tokens and who signs them both call this, so that they agree on every byte. typ needs no escape: letters,
 * digits, '+', '-', '.', '/'.
 *
 * Returns the header's length, or 0 where typ is something else, empty or too long. There is no NUL behind it.
 */
MM_MUST_USE size_t mm_header_write(const char *typ, const struct mm_algorithm *algorithm,
    const uint8_t thumbprint[MM_DIGEST_LEN], char header[MM_HEADER_WRITTEN_MAX]);

#endif
