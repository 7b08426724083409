/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading fixed fields from bytes that may be anything.
 */
#include "lib/base/reader.h"

void
mm_reader_init(struct mm_reader *reader, const void *bytes, size_t len)
{
	reader->at = bytes;
	reader->left = len;
	reader->failed = false;
}

bool
mm_reader_ok(const struct mm_reader *reader)
{
	return !reader->failed;
}

/* The next len bytes; NULL past the end, and from then on. */
static const unsigned char *
reader_take(struct mm_reader *reader, size_t len)
{
	const unsigned char *taken = reader->at;

	if (reader->failed || len > reader->left) {
		reader->failed = true;
		return NULL;
	}
	reader->at += len;
	reader->left -= len;
	return taken;
}

static uint64_t
reader_integer(struct mm_reader *reader, size_t len)
{
	const unsigned char *bytes = reader_take(reader, len);
	uint64_t value = 0;

	if (bytes == NULL)
		return 0;
	for (size_t i = len; i-- > 0;)
		value = value << 8 | bytes[i];
	return value;
}

uint8_t
mm_reader_u8(struct mm_reader *reader)
{
	return (uint8_t)reader_integer(reader, 1);
}

uint16_t
mm_reader_u16(struct mm_reader *reader)
{
	return (uint16_t)reader_integer(reader, 2);
}

uint32_t
mm_reader_u32(struct mm_reader *reader)
{
	return (uint32_t)reader_integer(reader, 4);
}

uint64_t
mm_reader_u64(struct mm_reader *reader)
{
	return reader_integer(reader, 8);
}

struct mm_slice
mm_reader_slice(struct mm_reader *reader, size_t len)
{
	const unsigned char *bytes = reader_take(reader, len);

	return bytes == NULL ? MM_SLICE_ABSENT : mm_slice(bytes, len);
}
