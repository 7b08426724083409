/* SPDX-License-Identifier: Apache-2.0 */
/*
 * UTF-8 (RFC 3629).
 */
#include "lib/codec/utf8.h"

#include "lib/base/array.h"

/* RFC 3629 section 4: the lead byte says the length and narrows the second byte; the others are 80..BF. */
struct utf8_lead {
	unsigned char first, last;   /* lead bytes */
	unsigned char len;
	unsigned char second_min, second_max;
};

static const struct utf8_lead leads[] = {
	{ 0xC2, 0xDF, 2, 0x80, 0xBF },
	{ 0xE0, 0xE0, 3, 0xA0, 0xBF }, /* shorter forms exist below A0 */
	{ 0xE1, 0xEC, 3, 0x80, 0xBF },
	{ 0xED, 0xED, 3, 0x80, 0x9F }, /* surrogates begin at A0 */
	{ 0xEE, 0xEF, 3, 0x80, 0xBF },
	{ 0xF0, 0xF0, 4, 0x90, 0xBF },
	{ 0xF1, 0xF3, 4, 0x80, 0xBF },
	{ 0xF4, 0xF4, 4, 0x80, 0x8F }, /* U+10FFFF ends here */
};

static const struct utf8_lead *
find_lead(unsigned char byte)
{
	for (size_t i = 0; i < MM_COUNT_OF(leads); i++) {
		if (byte >= leads[i].first && byte <= leads[i].last)
			return &leads[i];
	}
	return NULL;
}

size_t
mm_utf8_decode(const char *text, size_t len, uint32_t *code_point)
{
	const unsigned char *bytes = (const unsigned char *)text;
	const struct utf8_lead *lead;
	uint32_t value;

	if (len == 0)
		return 0;
	if (bytes[0] < 0x80) {
		if (code_point != NULL)
			*code_point = bytes[0];
		return 1;
	}
	lead = find_lead(bytes[0]);
	if (lead == NULL || len < lead->len || bytes[1] < lead->second_min || bytes[1] > lead->second_max)
		return 0;
	value = bytes[0] & (0x7Fu >> lead->len);
	for (size_t i = 1; i < lead->len; i++) {
		if ((bytes[i] & 0xC0) != 0x80)
			return 0;
		value = value << 6 | (bytes[i] & 0x3Fu);
	}
	if (code_point != NULL)
		*code_point = value;
	return lead->len;
}

size_t
mm_utf8_encode(uint32_t code_point, char out[4])
{
	static const unsigned char marks[] = { 0, 0x00, 0xC0, 0xE0, 0xF0 };
	size_t len = code_point < 0x80 ? 1 : code_point < 0x800 ? 2 : code_point < 0x10000 ? 3 : 4;

	for (size_t i = len; i-- > 1;) {
		out[i] = (char)(0x80 | (code_point & 0x3F));
		code_point >>= 6;
	}
	out[0] = (char)(marks[len] | code_point);
	return len;
}
