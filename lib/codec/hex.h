/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hexadecimal digits.
 */
#ifndef MM_CODEC_HEX_H
#define MM_CODEC_HEX_H

#include <stddef.h>
#include <stdint.h>

/* The value of one digit, of either case; -1: it is none. */
static inline int
mm_hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* The byte of the two digits that a text of len characters begins with; -1: it does not begin so. */
static inline int
mm_hex_pair(const char *text, size_t len)
{
	int high = len < 2 ? -1 : mm_hex_value(text[0]);
	int low = len < 2 ? -1 : mm_hex_value(text[1]);

	return high < 0 || low < 0 ? -1 : high << 4 | low;
}

/* Room for len bytes as digits, and a NUL. */
#define MM_HEX_SIZE(len) (2 * (len) + 1)

/* Two small digits for each of len bytes, and a NUL, to text, which has MM_HEX_SIZE(len). Returns text. */
static inline const char *
mm_hex_encode(const uint8_t *bytes, size_t len, char *text)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < len; i++) {
		text[2 * i] = digits[bytes[i] >> 4];
		text[2 * i + 1] = digits[bytes[i] & 15];
	}
	text[2 * len] = '\0';
	return text;
}

#endif
