/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Integers of up to eight bytes, the lowest first, in the formats of files and messages whose places are fixed. What is
 * read or written in order has reader.h and buf.h.
 */
#ifndef MM_BASE_LITTLE_ENDIAN_H
#define MM_BASE_LITTLE_ENDIAN_H

#include <stddef.h>
#include <stdint.h>

/* Write the low len bytes of a value. Returns where the next one goes. */
static inline uint8_t *
mm_le_put(uint8_t *at, uint64_t value, size_t len)
{
	for (size_t i = 0; i < len; i++)
		at[i] = (uint8_t)(value >> (8 * i));
	return at + len;
}

static inline uint64_t
mm_le_get(const uint8_t *at, size_t len)
{
	uint64_t value = 0;

	for (size_t i = 0; i < len; i++)
		value |= (uint64_t)at[i] << (8 * i);
	return value;
}

#endif
