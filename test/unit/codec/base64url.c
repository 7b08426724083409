/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Base64url keeps its contract: a table of texts, every short text, and every byte at every place of
 * longer ones, compared with a decoder too plain to be wrong.
 */
#include "lib/base/array.h"
#include "lib/codec/base64url.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

/* Long enough for several blocks of the wide path and every length of the rest behind them. */
#define LONG_TEXT_MAX 140

#define GUARD 0xa5

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* One character at a time, bit by bit. Returns whether text is an encoding. */
static bool
decode_plainly(const char *text, size_t len, uint8_t *out, size_t *out_len)
{
	unsigned bits = 0, bit_count = 0;

	*out_len = 0;
	for (size_t i = 0; i < len; i++) {
		const char *found = text[i] == '\0' ? NULL : strchr(alphabet, text[i]);

		if (found == NULL)
			return false;
		bits = (bits << 6 | (unsigned)(found - alphabet)) & 0x3fff;
		bit_count += 6;
		if (bit_count >= 8) {
			bit_count -= 8;
			out[(*out_len)++] = (uint8_t)(bits >> bit_count);
		}
	}
	return len % 4 != 1 && (bits & ((1u << bit_count) - 1)) == 0;
}

/* Decode text, which has no byte behind it, and compare with the plain decoder. */
static void
expect_same(const char *text, size_t len)
{
	size_t room_len = MM_BASE64URL_DECODED_MAX(len);
	uint8_t expected[MM_BASE64URL_DECODED_MAX(4096)], out[MM_BASE64URL_DECODED_MAX(4096) + 1];
	size_t expected_len, out_len = 12345;
	bool good = decode_plainly(text, len, expected, &expected_len);

	out[room_len] = GUARD;
	assert_int_equal(mm_base64url_decode(mm_slice(text, len), out, &out_len), good ? MM_OK : MM_TOKEN_MALFORMED);
	assert_int_equal(out[room_len], GUARD);
	if (!good) {
		assert_int_equal(out_len, 12345);
		return;
	}
	assert_int_equal(out_len, expected_len);
	assert_memory_equal(out, expected, expected_len);
}

/* The same sequence at each run. */
static uint32_t
next_number(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

static void
fill_with_characters(char *text, size_t len, uint32_t seed)
{
	for (size_t i = 0; i < len; i++)
		text[i] = alphabet[next_number(&seed) % 64];
}

static void
the_table_holds(void **state)
{
	static const struct {
		const char *text;
		const char *bytes; /* NULL: refused */
	} rows[] = {
		/* RFC 4648 section 10, without padding */
		{ "", "" },
		{ "Zg", "f" },
		{ "Zm8", "fo" },
		{ "Zm9v", "foo" },
		{ "Zm9vYg", "foob" },
		{ "Zm9vYmE", "fooba" },
		{ "Zm9vYmFy", "foobar" },
		/* RFC 7515 appendix C */
		{ "A-z_4ME", "\x03\xec\xff\xe0\xc1" },
		/* the two characters that differ from base64 */
		{ "-_-_", "\xfb\xff\xbf" },
		{ "+/+/", NULL },
		/* length 4n + 1 */
		{ "Z", NULL },
		{ "Zm9vY", NULL },
		/* unused bits */
		{ "Zh", NULL },
		{ "Zv", NULL },
		{ "Zm9", NULL },
		{ "Zm_", NULL },
		{ "Zm9vYh", NULL },
		/* padding */
		{ "Zg==", NULL },
		{ "Zm8=", NULL },
		{ "=", NULL },
		{ "====", NULL },
		{ "Zm9v=", NULL },
		/* white space, and characters beside the ranges of the alphabet */
		{ " Zg", NULL },
		{ "Zg ", NULL },
		{ "Zm9v\n", NULL },
		{ "Zm\r\n9v", NULL },
		{ "Zm9,", NULL },
		{ "Zm9.", NULL },
		{ "Zm9/", NULL },
		{ "Zm9:", NULL },
		{ "Zm9@", NULL },
		{ "Zm9[", NULL },
		{ "Zm9^", NULL },
		{ "Zm9`", NULL },
		{ "Zm9{", NULL },
		{ "Zm9\x7f", NULL },
		{ "Zm9\xc1", NULL },
		{ "Zm9\xff", NULL },
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(rows); i++) {
		struct mm_slice text = mm_slice_str(rows[i].text);
		uint8_t out[64];
		size_t out_len = 99;
		enum mm_reason reason = mm_base64url_decode(text, out, &out_len);

		if (rows[i].bytes == NULL) {
			assert_int_equal(reason, MM_TOKEN_MALFORMED);
			assert_int_equal(out_len, 99);
			continue;
		}
		assert_int_equal(reason, MM_OK);
		assert_int_equal(out_len, strlen(rows[i].bytes));
		assert_memory_equal(out, rows[i].bytes, out_len);
	}
}

static void
the_empty_and_the_absent_decode_to_nothing(void **state)
{
	uint8_t out[2];
	size_t out_len = 99;

	(void)state;
	assert_int_equal(mm_base64url_decode(MM_SLICE_ABSENT, out, &out_len), MM_OK);
	assert_int_equal(out_len, 0);
	out_len = 99;
	assert_int_equal(mm_base64url_decode(mm_slice("", 0), out, &out_len), MM_OK);
	assert_int_equal(out_len, 0);
}

static void
every_text_of_one_or_two_bytes(void **state)
{
	(void)state;
	for (unsigned a = 0; a < 256; a++) {
		char text[2] = { (char)a };

		expect_same(text, 1);
		for (unsigned b = 0; b < 256; b++) {
			text[1] = (char)b;
			expect_same(text, 2);
		}
	}
}

static void
every_text_of_three_bytes_with_a_good_first(void **state)
{
	(void)state;
	for (unsigned a = 0; a < 64; a += 9) {
		for (unsigned rest = 0; rest < 256 * 256; rest++) {
			char text[3] = { alphabet[a], (char)(rest & 0xff), (char)(rest >> 8) };

			expect_same(text, 3);
		}
	}
}

static void
every_byte_at_every_place_of_every_length(void **state)
{
	char text[LONG_TEXT_MAX];

	(void)state;
	for (size_t len = 1; len <= LONG_TEXT_MAX; len++) {
		fill_with_characters(text, len, (uint32_t)len);
		for (size_t place = 0; place < len; place++) {
			char kept = text[place];

			for (unsigned byte = 0; byte < 256; byte++) {
				text[place] = (char)byte;
				expect_same(text, len);
			}
			text[place] = kept;
		}
	}
}

static void
every_offset_from_a_boundary(void **state)
{
	/* Allocated to the byte, so that a sanitizer sees any read or write past an end. */
	(void)state;
	for (size_t offset = 0; offset < 64; offset++) {
		for (size_t len = 0; len <= LONG_TEXT_MAX; len++) {
			char *text = (char *)malloc(offset + len == 0 ? 1 : offset + len);
			uint8_t *out = (uint8_t *)malloc(MM_BASE64URL_DECODED_MAX(len));
			size_t out_len, expected_len;
			uint8_t expected[MM_BASE64URL_DECODED_MAX(LONG_TEXT_MAX)];
			char *start;

			assert_non_null(text);
			assert_non_null(out);
			start = text + offset;
			fill_with_characters(start, len, (uint32_t)(len * 64 + offset + 1));
			if (decode_plainly(start, len, expected, &expected_len)) {
				assert_int_equal(mm_base64url_decode(mm_slice(start, len), out, &out_len), MM_OK);
				assert_int_equal(out_len, expected_len);
				assert_memory_equal(out, expected, expected_len);
			} else {
				assert_int_equal(mm_base64url_decode(mm_slice(start, len), out, &out_len),
				    MM_TOKEN_MALFORMED);
			}
			free(text);
			free(out);
		}
	}
}

/* Texts below 32 characters never take the wide path, so pieces of 28 are decoded by the plain one. */
static void
the_wide_path_and_the_plain_one_agree(void **state)
{
	char text[4096];
	uint8_t whole[MM_BASE64URL_DECODED_MAX(4096)], pieces[MM_BASE64URL_DECODED_MAX(4096)];
	size_t whole_len, piece_len, at = 0;

	(void)state;
	fill_with_characters(text, sizeof(text), 7);
	assert_int_equal(mm_base64url_decode(mm_slice(text, sizeof(text)), whole, &whole_len), MM_OK);
	for (size_t i = 0; i < sizeof(text); i += 28) {
		size_t len = sizeof(text) - i < 28 ? sizeof(text) - i : 28;

		assert_int_equal(mm_base64url_decode(mm_slice(text + i, len), pieces + at, &piece_len), MM_OK);
		at += piece_len;
	}
	assert_int_equal(at, whole_len);
	assert_memory_equal(whole, pieces, at);
}

static void
what_is_encoded_decodes_to_itself(void **state)
{
	uint8_t bytes[300], back[MM_BASE64URL_DECODED_MAX(400)];
	char text[MM_BASE64URL_ENCODED_LEN(300) + 1];
	uint32_t seed = 99;

	(void)state;
	for (size_t len = 0; len <= sizeof(bytes); len++) {
		size_t text_len = MM_BASE64URL_ENCODED_LEN(len), back_len;

		for (size_t i = 0; i < len; i++)
			bytes[i] = (uint8_t)next_number(&seed);
		text[text_len] = (char)GUARD;
		mm_base64url_encode(mm_slice(bytes, len), text);
		assert_int_equal((uint8_t)text[text_len], GUARD);
		assert_int_equal(mm_base64url_decode(mm_slice(text, text_len), back, &back_len), MM_OK);
		assert_int_equal(back_len, len);
		assert_memory_equal(back, bytes, len);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_table_holds),
		cmocka_unit_test(the_empty_and_the_absent_decode_to_nothing),
		cmocka_unit_test(every_text_of_one_or_two_bytes),
		cmocka_unit_test(every_text_of_three_bytes_with_a_good_first),
		cmocka_unit_test(every_byte_at_every_place_of_every_length),
		cmocka_unit_test(every_offset_from_a_boundary),
		cmocka_unit_test(the_wide_path_and_the_plain_one_agree),
		cmocka_unit_test(what_is_encoded_decodes_to_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
