/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Digests and secret comparison keep their contract.
 */
#include "lib/crypto/digest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

/* FIPS 180-4, examples of NIST. */
static void
digests_are_those_of_the_standard(void **state)
{
	static const uint8_t of_abc[MM_DIGEST_LEN] = {
		0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea, 0x41, 0x41, 0x40, 0xde, 0x5d, 0xae, 0x22, 0x23,
		0xb0, 0x03, 0x61, 0xa3, 0x96, 0x17, 0x7a, 0x9c, 0xb4, 0x10, 0xff, 0x61, 0xf2, 0x00, 0x15, 0xad,
	};
	static const uint8_t of_nothing[MM_DIGEST_LEN] = {
		0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24,
		0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55,
	};
	static const uint8_t sha1_of_abc[MM_SHA1_LEN] = {
		0xa9, 0x99, 0x3e, 0x36, 0x47, 0x06, 0x81, 0x6a, 0xba, 0x3e, 0x25, 0x71, 0x78, 0x50, 0xc2, 0x6c,
		0x9c, 0xd0, 0xd8, 0x9d,
	};
	uint8_t digest[MM_DIGEST_LEN];

	(void)state;
	assert_true(mm_sha256(mm_slice_str("abc"), digest));
	assert_memory_equal(digest, of_abc, MM_DIGEST_LEN);
	assert_true(mm_sha256(mm_slice_str(""), digest));
	assert_memory_equal(digest, of_nothing, MM_DIGEST_LEN);
	assert_true(mm_sha256(MM_SLICE_ABSENT, digest));
	assert_memory_equal(digest, of_nothing, MM_DIGEST_LEN);
	assert_true(mm_sha1(mm_slice_str("abc"), digest));
	assert_memory_equal(digest, sha1_of_abc, MM_SHA1_LEN);
}

static void
secrets_are_equal_where_every_bit_is(void **state)
{
	uint8_t a[40], b[40];

	(void)state;
	for (size_t i = 0; i < sizeof(a); i++)
		a[i] = b[i] = (uint8_t)(i * 7);
	assert_true(mm_secret_equal(a, b, sizeof(a)));
	assert_true(mm_secret_equal(a, b + 1, 0));
	for (size_t bit = 0; bit < sizeof(a) * 8; bit++) {
		b[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_false(mm_secret_equal(a, b, sizeof(a)));
		b[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
}

static void
a_wiped_secret_is_zero(void **state)
{
	static const uint8_t zeroes[16];
	uint8_t secret[18];

	(void)state;
	memset(secret, 0xee, sizeof(secret));
	mm_secret_wipe(secret + 1, 16);
	assert_memory_equal(secret + 1, zeroes, 16);
	assert_int_equal(secret[0], 0xee);
	assert_int_equal(secret[17], 0xee);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(digests_are_those_of_the_standard),
		cmocka_unit_test(secrets_are_equal_where_every_bit_is),
		cmocka_unit_test(a_wiped_secret_is_zero),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
