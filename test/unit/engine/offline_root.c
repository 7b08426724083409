/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The offline root's private key as a text: OpenSSL's form of RFC 8410's example, and nothing else.
 */
#include "engine/offline_root.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* RFC 8410 section 10.3. */
#define TEXT                                                                 \
	"-----BEGIN PRIVATE KEY-----\n"                                      \
	"MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n" \
	"-----END PRIVATE KEY-----\n"

static void
a_text_is_read_and_written(void **state)
{
	uint8_t seed[MM_ED25519_SEED_LEN];
	char text[MM_OFFLINE_ROOT_TEXT_SIZE];

	(void)state;
	assert_true(mm_offline_root_decode(mm_slice_str(TEXT), seed));
	assert_true(seed[0] == 0xd4 && seed[1] == 0xee && seed[31] == 0x42);
	mm_offline_root_encode(seed, text);
	assert_string_equal(text, TEXT);
}

static void
nothing_else_is_read(void **state)
{
	static const uint8_t zeroes[MM_ED25519_SEED_LEN];
	uint8_t seed[MM_ED25519_SEED_LEN];
	char text[sizeof(TEXT)];

	(void)state;
	for (size_t len = 0; len < sizeof(TEXT) - 1; len++)
		assert_false(mm_offline_root_decode(mm_slice(TEXT, len), seed));
	assert_false(mm_offline_root_decode(mm_slice_str(TEXT "\n"), seed));
	/* The frame, and what says which kind of key it is. */
	for (size_t at = 0; at < sizeof(TEXT) - 1; at++) {
		if (at >= 28 + 21 && at < 28 + 64)
			continue;
		memcpy(text, TEXT, sizeof(TEXT));
		text[at] ^= 1;
		assert_false(mm_offline_root_decode(mm_slice_str(text), seed));
		assert_memory_equal(seed, zeroes, sizeof(zeroes));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_text_is_read_and_written),
		cmocka_unit_test(nothing_else_is_read),
	};

	return cmocka_run_group_tests_name("offline-root", tests, NULL, NULL);
}
