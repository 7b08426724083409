/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Printable characters: a table of those that are not; and bytes that are to be shown all the same.
 */
#include "engine/printable.h"

#include "lib/base/array.h"

#include <string.h>

struct code_points {
	uint32_t first, last;
};

/* Characters that move the cursor, turn the direction of writing, or hide. */
static const struct code_points unprintable[] = {
	{ 0x0000, 0x001F },   /* C0 controls */
	{ 0x007F, 0x009F },   /* DEL and C1 controls */
	{ 0x00AD, 0x00AD },   /* soft hyphen */
	{ 0x034F, 0x034F },   /* combining grapheme joiner */
	{ 0x061C, 0x061C },   /* Arabic letter mark */
	{ 0x115F, 0x1160 },   /* Hangul fillers */
	{ 0x17B4, 0x17B5 },   /* Khmer inherent vowels */
	{ 0x180B, 0x180F },   /* Mongolian selectors */
	{ 0x200B, 0x200F },   /* zero width, and direction marks */
	{ 0x2028, 0x202E },   /* separators, embeddings and overrides */
	{ 0x2060, 0x206F },   /* joiners, invisible operators, isolates */
	{ 0x3164, 0x3164 },   /* Hangul filler */
	{ 0xFE00, 0xFE0F },   /* variation selectors */
	{ 0xFEFF, 0xFEFF },   /* byte order mark */
	{ 0xFFA0, 0xFFA0 },   /* Hangul filler */
	{ 0xFFF0, 0xFFFB },   /* specials */
	{ 0xE0000, 0xE0FFF }, /* tags and more selectors */
};

bool
mm_printable(uint32_t code_point)
{
	for (size_t i = 0; i < MM_COUNT_OF(unprintable); i++)
		if (code_point >= unprintable[i].first && code_point <= unprintable[i].last)
			return false;
	return true;
}

size_t
mm_escape(struct mm_slice bytes, const char *also, char *out)
{
	static const char hex[] = "0123456789abcdef";
	size_t len = 0;

	for (size_t i = 0; i < bytes.len; i++) {
		unsigned char byte = (unsigned char)bytes.ptr[i];

		if (byte >= 0x20 && byte < 0x7f && strchr(also, byte) == NULL) {
			out[len++] = (char)byte;
			continue;
		}
		out[len++] = '\\';
		out[len++] = 'x';
		out[len++] = hex[byte >> 4];
		out[len++] = hex[byte & 15];
	}
	return len;
}
