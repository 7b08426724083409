/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looking at a token without believing it, for people who debug one.
 */
#ifndef MINTMARK_INSPECT_H
#define MINTMARK_INSPECT_H

#include <mintmark/reason.h>
#include <mintmark/slice.h>
#include <mintmark/version.h>

#include <stddef.h>

/* What anybody may have written. Nothing of it was verified. */
struct mm_unverified_token {
	struct mm_slice unverified_header;  /* JSON object, as it stands in the token */
	struct mm_slice unverified_payload; /* JSON object, as it stands in the token */
	size_t signature_len;               /* bytes */
};

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Decode the three parts of a compact JWS (RFC 7515 section 7.1) and scan header and payload as
 * strictly as step 1 of the decision does.
 *
 * room holds at least token.len bytes; the slices of *unverified point into it. Returns MM_OK, or the
 * reason of step 1; *unverified is set only on MM_OK.
 * Not checked here: the signature, the key, any claim. Never decide by it.
 */
MM_API MM_MUST_USE enum mm_reason
mm_inspect(struct mm_slice token, char *room, size_t room_len, struct mm_unverified_token *unverified);

#ifdef __cplusplus
}
#endif
#endif
