/* SPDX-License-Identifier: Apache-2.0 */
/*
 * UTF-8 (RFC 3629).
 */
#ifndef MM_CODEC_UTF8_H
#define MM_CODEC_UTF8_H

#include <stddef.h>
#include <stdint.h>

#include <mintmark/version.h>

/*
 * Length of the one character that bytes begin with, 1 to 4, or 0 where they begin with none: an
 * overlong form, a surrogate, above U+10FFFF, a lone or missing continuation. *code_point (may be NULL)
 * is set only on success. Not checked here: whether the character is assigned or printable.
 */
MM_MUST_USE size_t mm_utf8_decode(const char *bytes, size_t len, uint32_t *code_point);

/* Write a code point below U+110000, no surrogate, to out; returns its length, 1 to 4. */
size_t mm_utf8_encode(uint32_t code_point, char out[4]);

#endif
