/* SPDX-License-Identifier: Apache-2.0 */
/*
 * UTF-16 to UTF-8; most units are plain ASCII and take the short way.
 */
#include "engine/logs/utf16.h"

#include "lib/codec/utf8.h"

#define REPLACEMENT 0xfffd

static size_t
write_odd(struct mm_utf16 *utf16, char *out)
{
	utf16->odd++;
	return mm_utf8_encode(REPLACEMENT, out);
}

/* Write a unit that is no plain ASCII character, or goes with a half that waits. */
static size_t
write_unit(struct mm_utf16 *utf16, uint16_t unit, char *out)
{
	size_t len = 0;

	if (utf16->high != 0) {
		uint32_t high = utf16->high;

		utf16->high = 0;
		if (unit >= 0xdc00 && unit <= 0xdfff)
			return mm_utf8_encode(0x10000 + ((high - 0xd800) << 10 | (unit - 0xdc00U)), out);
		len = write_odd(utf16, out);
	}
	if (unit >= 0xd800 && unit <= 0xdbff) {
		utf16->high = unit;
		return len;
	}
	if (unit >= 0xdc00 && unit <= 0xdfff)
		return len + write_odd(utf16, out + len);
	return len + mm_utf8_encode(unit, out + len);
}

static uint16_t
join(const struct mm_utf16 *utf16, uint8_t first, uint8_t second)
{
	return (uint16_t)(utf16->big_endian ? first << 8 | second : second << 8 | first);
}

size_t
mm_utf16_convert(struct mm_utf16 *utf16, struct mm_slice *text, char *out, size_t room)
{
	const uint8_t *at = (const uint8_t *)text->ptr, *end = at + text->len;
	size_t len = 0;

	while (at < end && room - len >= MM_UTF16_ROOM_MIN) {
		uint16_t unit;

		if (!utf16->has_byte && end - at >= 2) {
			unit = join(utf16, at[0], at[1]);
			at += 2;
		} else if (utf16->has_byte) {
			unit = join(utf16, utf16->byte, *at++);
			utf16->has_byte = false;
		} else {
			utf16->byte = *at++;
			utf16->has_byte = true;
			break;
		}
		if (unit < 0x80 && utf16->high == 0)
			out[len++] = (char)unit;
		else
			len += write_unit(utf16, unit, out + len);
	}
	text->len = (size_t)(end - at);
	text->ptr = (const char *)at;
	return len;
}

size_t
mm_utf16_end(struct mm_utf16 *utf16, char *out)
{
	size_t len = 0;

	if (utf16->high != 0)
		len += write_odd(utf16, out);
	if (utf16->has_byte)
		len += write_odd(utf16, out + len);
	utf16->high = 0;
	utf16->has_byte = false;
	return len;
}
