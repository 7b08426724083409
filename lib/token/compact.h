/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The compact serialization of a JWS (RFC 7515 section 7.1).
 */
#ifndef MM_TOKEN_COMPACT_H
#define MM_TOKEN_COMPACT_H

#include "lib/base/scratch.h"

#include <mintmark/reason.h>
#include <mintmark/slice.h>

struct mm_compact {
	struct mm_slice signed_input;              /* header.payload, as it stands in the token */
	struct mm_slice header, payload, signature; /* decoded */
};

/*
 * Split a token at exactly two dots and decode its parts into scratch, which holds at least
 * MM_COMPACT_ROOM(token.len) bytes.
 * Fails with MM_TOKEN_MISSING (absent or empty), MM_TOKEN_TOO_LARGE or MM_TOKEN_MALFORMED; *parts is set only on
 * MM_OK. An empty signature is well-formed. Not checked here: that header and payload are JSON.
 */
MM_MUST_USE enum mm_reason
mm_compact_split(struct mm_slice token, struct mm_scratch *scratch, struct mm_compact *parts);

#define MM_COMPACT_ROOM(len) ((len) / 4 * 3 + 3 * 2 + 3)

#endif
