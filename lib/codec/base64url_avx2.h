/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The fast half of base64url decoding. Only base64url.c calls it.
 */
#ifndef MM_CODEC_BASE64URL_AVX2_H
#define MM_CODEC_BASE64URL_AVX2_H

#include <stddef.h>
#include <stdint.h>

/*
 * Decode blocks of 32 characters of text to 24 bytes each in out, and stop before the first block that
 * holds a character outside the alphabet.
 *
 * Returns how many characters were decoded, a multiple of 32; 0 where the processor has no AVX2. Writes
 * no more than those blocks' bytes. Not checked here: what follows, which is the caller's to decode or refuse.
 */
size_t mm_base64url_decode_avx2(const uint8_t *text, size_t len, uint8_t *out);

#endif
