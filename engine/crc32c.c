/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CRC-32C, by the instruction of SSE 4.2 or by a table of half bytes.
 */
#include "engine/crc32c.h"

#include <stdbool.h>
#include <string.h>

/* CRC of each half byte under the reflected polynomial 0x82F63B78: small enough to stay in the cache. */
static const uint32_t half_byte_crc[16] = {
	0x00000000, 0x105EC76F, 0x20BD8EDE, 0x30E349B1, 0x417B1DBC, 0x5125DAD3, 0x61C69362, 0x7198540D,
	0x82F63B78, 0x92A8FC17, 0xA24BB5A6, 0xB21572C9, 0xC38D26C4, 0xD3D3E1AB, 0xE330A81A, 0xF36E6F75,
};

uint32_t
mm_crc32c_portable(const void *bytes, size_t len)
{
	const unsigned char *at = bytes;
	uint32_t crc = UINT32_MAX;

	for (; len > 0; len--) {
		crc ^= *at++;
		crc = (crc >> 4) ^ half_byte_crc[crc & 15];
		crc = (crc >> 4) ^ half_byte_crc[crc & 15];
	}
	return ~crc;
}

#if defined(__x86_64__)

__attribute__((target("sse4.2"))) static uint32_t
crc32c_sse42(const unsigned char *at, size_t len)
{
	uint64_t crc = UINT32_MAX, word;

	for (; len >= sizeof(word); len -= sizeof(word), at += sizeof(word)) {
		memcpy(&word, at, sizeof(word));
		crc = __builtin_ia32_crc32di(crc, word);
	}
	for (; len > 0; len--)
		crc = __builtin_ia32_crc32qi((uint32_t)crc, *at++);
	return ~(uint32_t)crc;
}

uint32_t
mm_crc32c(const void *bytes, size_t len)
{
	if (__builtin_cpu_supports("sse4.2"))
		return crc32c_sse42(bytes, len);
	return mm_crc32c_portable(bytes, len);
}

#else

uint32_t
mm_crc32c(const void *bytes, size_t len)
{
	return mm_crc32c_portable(bytes, len);
}

#endif
