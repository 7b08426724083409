/* SPDX-License-Identifier: Apache-2.0 */
/* A jti: there and back, and nothing else comes back. */
#include "lib/token/token_id.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const uint8_t key[MM_TOKEN_ID_KEY_LEN] = "0123456789abcde";

static const struct mm_token_place places[] = {
	{ 0, 0, 0 }, { 1, 29000000, 0 }, { 65535, UINT32_MAX, UINT32_MAX }, { 1, 29000000, 1 }, { 2, 29000000, 0 },
};

#define PLACES (sizeof(places) / sizeof(places[0]))

static void
test_there_and_back(void **state)
{
	struct mm_token_id_cipher *cipher = mm_token_id_cipher_new(key);
	char texts[PLACES][MM_TOKEN_ID_LEN];
	struct mm_token_place place;

	(void)state;
	assert_non_null(cipher);
	for (size_t i = 0; i < PLACES; i++) {
		assert_true(mm_token_id_encode(cipher, places[i], texts[i]));
		assert_true(mm_token_id_decode(cipher, mm_slice(texts[i], MM_TOKEN_ID_LEN), &place));
		assert_int_equal(place.signer, places[i].signer);
		assert_int_equal(place.minute, places[i].minute);
		assert_int_equal(place.counter, places[i].counter);
		for (size_t j = 0; j < i; j++)
			assert_memory_not_equal(texts[i], texts[j], MM_TOKEN_ID_LEN);
	}
	mm_token_id_cipher_free(&cipher);
	assert_null(cipher);
}

static void
test_every_other_character(void **state)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=+/ \n";
	struct mm_token_id_cipher *cipher = mm_token_id_cipher_new(key);
	struct mm_token_place place = { 7, 7, 7 };
	char text[MM_TOKEN_ID_LEN];

	(void)state;
	assert_true(mm_token_id_encode(cipher, places[1], text));
	for (size_t at = 0; at < MM_TOKEN_ID_LEN; at++) {
		char kept = text[at];

		for (size_t i = 0; alphabet[i] != '\0'; i++) {
			text[at] = alphabet[i];
			if (alphabet[i] != kept)
				assert_false(mm_token_id_decode(cipher, mm_slice(text, sizeof(text)), &place));
		}
		text[at] = kept;
	}
	assert_int_equal(place.signer, 7);
	mm_token_id_cipher_free(&cipher);
}

static void
test_other_lengths_and_keys(void **state)
{
	static const uint8_t other_key[MM_TOKEN_ID_KEY_LEN] = "0123456789abcdf";
	struct mm_token_id_cipher *cipher = mm_token_id_cipher_new(key), *other = mm_token_id_cipher_new(other_key);
	char text[MM_TOKEN_ID_LEN + 1] = { 0 };
	struct mm_token_place place;

	(void)state;
	assert_true(mm_token_id_encode(cipher, places[1], text));
	text[MM_TOKEN_ID_LEN] = 'A';
	for (size_t len = 0; len <= MM_TOKEN_ID_LEN + 1; len++)
		assert_int_equal(mm_token_id_decode(cipher, mm_slice(text, len), &place), len == MM_TOKEN_ID_LEN);
	assert_false(mm_token_id_decode(cipher, MM_SLICE_ABSENT, &place));
	assert_false(mm_token_id_decode(other, mm_slice(text, MM_TOKEN_ID_LEN), &place));
	mm_token_id_cipher_free(&cipher);
	mm_token_id_cipher_free(&other);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_there_and_back),
		cmocka_unit_test(test_every_other_character),
		cmocka_unit_test(test_other_lengths_and_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
