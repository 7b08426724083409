/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hexadecimal digits.
 */
#ifndef MM_CODEC_HEX_H
#define MM_CODEC_HEX_H

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

#endif
