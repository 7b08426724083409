/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Letters of ASCII, whatever the locale says.
 */
#ifndef MM_CODEC_ASCII_H
#define MM_CODEC_ASCII_H

/* The small letter of a capital one; any other byte as it is. */
static inline char
mm_ascii_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

#endif
