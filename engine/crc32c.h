/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CRC-32C (Castagnoli; RFC 3720 appendix B.4): finds torn and rotten bytes. It keeps nobody from forging them.
 */
#ifndef MM_ENGINE_CRC32C_H
#define MM_ENGINE_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/* The CRC of len bytes. Uses the processor's instruction where it has one. */
uint32_t mm_crc32c(const void *bytes, size_t len);

/* The same by table, on every processor: what the other is tested against. */
uint32_t mm_crc32c_portable(const void *bytes, size_t len);

#endif
