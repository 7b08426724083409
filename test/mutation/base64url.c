/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Is every damaged encoding refused? Each change of one character, each cut and each insertion is either
 * refused or the one encoding of other bytes: never a second spelling of the same.
 */
#include "lib/codec/base64url.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#define BYTES_MAX 75
#define TEXT_MAX MM_BASE64URL_ENCODED_LEN(BYTES_MAX)

struct original {
	uint8_t bytes[BYTES_MAX];
	size_t len;
	char text[TEXT_MAX];
	size_t text_len;
};

struct tally {
	unsigned long refused;
	unsigned long others;
};

/* text differs from the original's; judge what it decodes to. */
static void
judge(const struct original *original, const char *text, size_t text_len, struct tally *tally)
{
	uint8_t out[MM_BASE64URL_DECODED_MAX(TEXT_MAX + 1)];
	char again[MM_BASE64URL_ENCODED_LEN(sizeof(out))];
	size_t out_len;

	if (mm_base64url_decode(mm_slice(text, text_len), out, &out_len) != MM_OK) {
		tally->refused++;
		return;
	}
	tally->others++;
	assert_false(out_len == original->len && memcmp(out, original->bytes, out_len) == 0);
	mm_base64url_encode(mm_slice(out, out_len), again);
	assert_int_equal(MM_BASE64URL_ENCODED_LEN(out_len), text_len);
	assert_memory_equal(again, text, text_len);
}

static void
change_each_character(const struct original *original, struct tally *tally)
{
	char text[TEXT_MAX];

	memcpy(text, original->text, original->text_len);
	for (size_t place = 0; place < original->text_len; place++) {
		for (unsigned byte = 0; byte < 256; byte++) {
			text[place] = (char)byte;
			if (text[place] != original->text[place])
				judge(original, text, original->text_len, tally);
		}
		text[place] = original->text[place];
	}
}

/* Leave out every run of characters: both ends, and the middle. */
static void
cut_each_run(const struct original *original, struct tally *tally)
{
	char text[TEXT_MAX];

	for (size_t from = 0; from < original->text_len; from++) {
		for (size_t to = from + 1; to <= original->text_len; to++) {
			memcpy(text, original->text, from);
			memcpy(text + from, original->text + to, original->text_len - to);
			judge(original, text, original->text_len - (to - from), tally);
		}
	}
}

static void
insert_each_character(const struct original *original, struct tally *tally)
{
	char text[TEXT_MAX + 1];

	for (size_t place = 0; place <= original->text_len; place++) {
		memcpy(text, original->text, place);
		memcpy(text + place + 1, original->text + place, original->text_len - place);
		for (unsigned byte = 0; byte < 256; byte++) {
			text[place] = (char)byte;
			judge(original, text, original->text_len + 1, tally);
		}
	}
}

static void
no_damage_makes_a_second_spelling(void **state)
{
	struct tally tally = { 0, 0 };
	struct original original;

	(void)state;
	for (original.len = 0; original.len <= BYTES_MAX; original.len++) {
		for (size_t i = 0; i < original.len; i++)
			original.bytes[i] = (uint8_t)(i * 167 + original.len * 59);
		original.text_len = MM_BASE64URL_ENCODED_LEN(original.len);
		mm_base64url_encode(mm_slice(original.bytes, original.len), original.text);
		change_each_character(&original, &tally);
		cut_each_run(&original, &tally);
		insert_each_character(&original, &tally);
	}
	printf("base64url: %lu damaged texts refused, %lu are encodings of other bytes\n", tally.refused, tally.others);
	assert_true(tally.refused > 0);
	assert_true(tally.others > 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_damage_makes_a_second_spelling),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
