/* SPDX-License-Identifier: Apache-2.0 */
/*
 * UTF-16 (RFC 2781) to UTF-8, piece by piece: PowerShell 5 writes its files so.
 */
#ifndef MM_ENGINE_LOGS_UTF16_H
#define MM_ENGINE_LOGS_UTF16_H

#include <mintmark/slice.h>

#include <stdbool.h>
#include <stdint.h>

/* What a converter keeps between pieces. Set big_endian, the rest zero. */
struct mm_utf16 {
	bool big_endian;
	bool has_byte;     /* half of a unit waits */
	uint8_t byte;
	uint16_t high;     /* first half of a pair that waits; 0: none */
	uint64_t odd;      /* units that belong to no pair, and a byte alone at the end: each became U+FFFD */
};

/* The bytes of UTF-8 that one unit can add: a pair alone, and the unit behind it. */
#define MM_UTF16_ROOM_MIN 8

/*
 * Convert from *text to out, which has room for room bytes, at least MM_UTF16_ROOM_MIN: *text loses what was used up.
 * Returns how many were written. It stops where less than MM_UTF16_ROOM_MIN are left.
 */
size_t mm_utf16_convert(struct mm_utf16 *utf16, struct mm_slice *text, char *out, size_t room);

/* The text has ended: what waits becomes U+FFFD. Returns how many bytes were written, at most MM_UTF16_ROOM_MIN. */
size_t mm_utf16_end(struct mm_utf16 *utf16, char *out);

#endif
