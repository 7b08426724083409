/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Base64 with padding (RFC 4648 section 4), as the x5c of a JWK has it.
 */
#ifndef MM_CODEC_BASE64_H
#define MM_CODEC_BASE64_H

#include <mintmark/reason.h>
#include <mintmark/slice.h>

/* Room that decoding len characters needs, its working space included. */
#define MM_BASE64_ROOM(len) ((len) * 2 + 2)

/*
 * Decode base64 text (RFC 4648 section 4) into room, which holds MM_BASE64_ROOM(text.len) bytes.
 *
 * Strict: a length that is no multiple of four, '=' other than as the last one or two characters, white
 * space, foreign characters and non-zero unused bits are refused.
 * *bytes is set only on success and points into room. Fails with MM_TOKEN_MALFORMED.
 * Not checked here: what the bytes mean.
 */
MM_MUST_USE enum mm_reason mm_base64_decode(struct mm_slice text, char *room, struct mm_slice *bytes);

#endif
