/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Base64 with padding: respelled as base64url, whose decoder then decides.
 */
#include "lib/codec/base64.h"

#include "lib/codec/base64url.h"

/* What takes the place of '-' and '_', which are not of this alphabet; foreign to base64url too. */
#define FOREIGN '='

/* The base64url spelling of one character. */
static char
respelled(char character)
{
	switch (character) {
	case '+':
		return '-';
	case '/':
		return '_';
	case '-':
	case '_':
		return FOREIGN;
	default:
		return character;
	}
}

/* The length of text without its padding. */
static size_t
unpadded_len(struct mm_slice text)
{
	size_t len = text.len;

	for (unsigned i = 0; i < 2 && len > 0 && text.ptr[len - 1] == '='; i++)
		len--;
	return len;
}

enum mm_reason
mm_base64_decode(struct mm_slice text, char *room, struct mm_slice *bytes)
{
	size_t len = unpadded_len(text);
	char *out = room + len;
	size_t out_len;
	enum mm_reason reason;

	if (text.len % 4 != 0)
		return MM_TOKEN_MALFORMED;
	for (size_t i = 0; i < len; i++)
		room[i] = respelled(text.ptr[i]);
	reason = mm_base64url_decode(mm_slice(room, len), out, &out_len);
	if (reason == MM_OK)
		*bytes = mm_slice(out, out_len);
	return reason;
}
