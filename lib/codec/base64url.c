/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Base64url without padding: the strict decoder and the encoder.
 *
 * Whole blocks may be decoded by base64url_avx2.c; whatever it does not take, and every refusal, is
 * decided here, so that strictness has one home.
 */
#include "lib/codec/base64url.h"

#include "lib/codec/base64url_avx2.h"

#include <stdint.h>

/* A value has 6 bits; a table entry with one of the upper two set marks a character outside the alphabet. */
#define FOREIGN 0xff
#define FOREIGN_BITS 0xc0u

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

#define ROW4 FOREIGN, FOREIGN, FOREIGN, FOREIGN
#define ROW16 ROW4, ROW4, ROW4, ROW4
#define ROW128 ROW16, ROW16, ROW16, ROW16, ROW16, ROW16, ROW16, ROW16

/* The inverse of the alphabet, sixteen characters a line from NUL on. */
static const uint8_t values[256] = {
	ROW16,
	ROW16,
	ROW4, ROW4, ROW4, FOREIGN, 62, FOREIGN, FOREIGN,
	52, 53, 54, 55, 56, 57, 58, 59, 60, 61, FOREIGN, FOREIGN, ROW4,
	FOREIGN, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14,
	15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, FOREIGN, FOREIGN, FOREIGN, FOREIGN, 63,
	FOREIGN, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40,
	41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, FOREIGN, ROW4,
	ROW128,
};

/* Decode groups of four characters to three bytes each. Returns whether all stood in the alphabet. */
static bool
decode_groups(const uint8_t *text, size_t group_count, uint8_t *out)
{
	unsigned seen = 0;

	for (size_t i = 0; i < group_count; i++, text += 4, out += 3) {
		unsigned a = values[text[0]], b = values[text[1]], c = values[text[2]], d = values[text[3]];

		seen |= a | b | c | d;
		out[0] = (uint8_t)(a << 2 | b >> 4);
		out[1] = (uint8_t)(b << 4 | c >> 2);
		out[2] = (uint8_t)(c << 6 | d);
	}
	return (seen & FOREIGN_BITS) == 0;
}

/*
 * Decode the last 0, 2 or 3 characters.
 *
 * RFC 4648 section 3.5: "When padding is not used and the length is not a multiple of 4, the pad bits
 * MUST be set to zero by conforming encoders"; "a decoder MAY choose to reject an encoding if the pad
 * bits have not been set to zero". This one does, else one token had several spellings.
 */
static bool
decode_rest(const uint8_t *text, size_t len, uint8_t *out)
{
	unsigned a, b, c;

	if (len == 0)
		return true;
	if (len == 1)
		return false;
	a = values[text[0]];
	b = values[text[1]];
	c = len == 3 ? values[text[2]] : 0;
	if (((a | b | c) & FOREIGN_BITS) != 0)
		return false;
	out[0] = (uint8_t)(a << 2 | b >> 4);
	if (len == 2)
		return (b & 0x0f) == 0;
	out[1] = (uint8_t)(b << 4 | c >> 2);
	return (c & 0x03) == 0;
}

enum mm_reason
mm_base64url_decode(struct mm_slice text, void *out, size_t *out_len)
{
	const uint8_t *in = (const uint8_t *)text.ptr;
	uint8_t *bytes = (uint8_t *)out;
	size_t taken = mm_base64url_decode_avx2(in, text.len, bytes);
	size_t group_count = (text.len - taken) / 4;
	size_t rest = text.len % 4;
	size_t rest_at = text.len - rest;

	if (text.len == 0) {
		*out_len = 0;
		return MM_OK;
	}
	if (!decode_groups(in + taken, group_count, bytes + taken / 4 * 3) ||
	    !decode_rest(in + rest_at, rest, bytes + rest_at / 4 * 3))
		return MM_TOKEN_MALFORMED;
	*out_len = rest_at / 4 * 3 + rest * 3 / 4;
	return MM_OK;
}

void
mm_base64url_encode(struct mm_slice bytes, char *out)
{
	const uint8_t *in = (const uint8_t *)bytes.ptr;
	size_t left = bytes.len;

	for (; left >= 3; left -= 3, in += 3) {
		*out++ = alphabet[in[0] >> 2];
		*out++ = alphabet[(in[0] & 0x03) << 4 | in[1] >> 4];
		*out++ = alphabet[(in[1] & 0x0f) << 2 | in[2] >> 6];
		*out++ = alphabet[in[2] & 0x3f];
	}
	if (left == 0)
		return;
	*out++ = alphabet[in[0] >> 2];
	if (left == 1) {
		*out = alphabet[(in[0] & 0x03) << 4];
		return;
	}
	*out++ = alphabet[(in[0] & 0x03) << 4 | in[1] >> 4];
	*out = alphabet[(in[1] & 0x0f) << 2];
}
