/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading fixed fields from bytes that may be anything.
 *
 * Failure is sticky: a read past the end gives zeroes and marks the reader; mm_reader_ok() tells it
 * once at the end, and nothing read before may be used until it did.
 */
#ifndef MM_BASE_READER_H
#define MM_BASE_READER_H

#include <mintmark/slice.h>

#include <stdbool.h>
#include <stdint.h>

struct mm_reader {
	const unsigned char *at;
	size_t left;
	bool failed;
};

void mm_reader_init(struct mm_reader *reader, const void *bytes, size_t len);
bool mm_reader_ok(const struct mm_reader *reader);

/* Little-endian integers. */
uint8_t mm_reader_u8(struct mm_reader *reader);
uint16_t mm_reader_u16(struct mm_reader *reader);
uint32_t mm_reader_u32(struct mm_reader *reader);
uint64_t mm_reader_u64(struct mm_reader *reader);

/* The next len bytes, borrowed; absent past the end. */
struct mm_slice mm_reader_slice(struct mm_reader *reader, size_t len);

#endif
