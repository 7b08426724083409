/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The compact serialization of a JWS.
 */
#include "lib/token/compact.h"

#include "lib/base/limits.h"
#include "lib/base/try.h"
#include "lib/codec/base64url.h"

/* Decode one part into scratch. */
static enum mm_reason
decode_part(const char *begin, const char *end, struct mm_scratch *scratch, struct mm_slice *part)
{
	struct mm_slice text = mm_slice(begin, (size_t)(end - begin));
	char *out = mm_scratch_take(scratch, MM_BASE64URL_DECODED_MAX(text.len));
	size_t len;

	if (out == NULL)
		return MM_INTERNAL;
	MM_TRY(mm_base64url_decode(text, out, &len));
	*part = mm_slice(out, len);
	return MM_OK;
}

/*
 * RFC 7515 section 7.1: BASE64URL(UTF8(JWS Protected Header)) || '.' || BASE64URL(JWS Payload) || '.' ||
 * BASE64URL(JWS Signature). A third dot lies in the last part and is no base64url character.
 */
enum mm_reason
mm_compact_split(struct mm_slice token, struct mm_scratch *scratch, struct mm_compact *parts)
{
	const char *end, *first, *second;
	struct mm_compact split;

	if (!mm_slice_present(token) || token.len == 0)
		return MM_TOKEN_MISSING;
	if (token.len > MM_TOKEN_LEN_MAX)
		return MM_TOKEN_TOO_LARGE;
	end = token.ptr + token.len;
	first = memchr(token.ptr, '.', token.len);
	second = first == NULL ? NULL : memchr(first + 1, '.', (size_t)(end - first - 1));
	if (second == NULL)
		return MM_TOKEN_MALFORMED;
	split.signed_input = mm_slice(token.ptr, (size_t)(second - token.ptr));
	MM_TRY(decode_part(token.ptr, first, scratch, &split.header));
	MM_TRY(decode_part(first + 1, second, scratch, &split.payload));
	MM_TRY(decode_part(second + 1, end, scratch, &split.signature));
	*parts = split;
	return MM_OK;
}
