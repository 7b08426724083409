/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Base64url without padding (RFC 4648 section 5, RFC 7515 section 2).
 */
#ifndef MM_CODEC_BASE64URL_H
#define MM_CODEC_BASE64URL_H

#include <mintmark/reason.h>
#include <mintmark/slice.h>

#include <stddef.h>

/* Room that decoding len characters needs, and that encoding len bytes needs. */
#define MM_BASE64URL_DECODED_MAX(len) ((len) / 4 * 3 + 2)
#define MM_BASE64URL_ENCODED_LEN(len) (((len) * 4 + 2) / 3)

/*
 * Decode base64url text (RFC 4648 section 5, no padding) into out.
 *
 * Strict: '=', white space, foreign characters, length 4n+1 and non-zero unused bits are refused,
 * so each byte string has exactly one encoding.
 *
 * out holds MM_BASE64URL_DECODED_MAX(text.len) bytes, all of which may be written; *out_len is set
 * only on success. Fails with MM_TOKEN_MALFORMED. Not checked here: what the bytes mean.
 */
MM_MUST_USE enum mm_reason mm_base64url_decode(struct mm_slice text, void *out, size_t *out_len);

/* Encode bytes into out, which holds MM_BASE64URL_ENCODED_LEN(bytes.len) characters; no NUL is written. */
void mm_base64url_encode(struct mm_slice bytes, char *out);

#endif
