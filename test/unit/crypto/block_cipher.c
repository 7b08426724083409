/* SPDX-License-Identifier: Apache-2.0 */
/* Single blocks of AES-128: those of FIPS 197. */
#include "lib/crypto/block_cipher.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* FIPS 197 appendix C.1. */
static void
test_fips_197(void **state)
{
	static const uint8_t wanted[MM_BLOCK_LEN] = { 0x69, 0xc4, 0xe0, 0xd8, 0x6a, 0x7b, 0x04, 0x30, 0xd8, 0xcd, 0xb7,
		0x80, 0x70, 0xb4, 0xc5, 0x5a };
	uint8_t key[MM_BLOCK_KEY_LEN], plain[MM_BLOCK_LEN], out[MM_BLOCK_LEN];
	struct mm_block_cipher *cipher;

	(void)state;
	for (size_t i = 0; i < MM_BLOCK_LEN; i++) {
		key[i] = (uint8_t)i;
		plain[i] = (uint8_t)(i << 4 | i);
	}
	cipher = mm_block_cipher_new(key);
	assert_non_null(cipher);
	for (int i = 0; i < 3; i++) {
		assert_true(mm_block_encrypt(cipher, plain, out));
		assert_memory_equal(out, wanted, sizeof(wanted));
		assert_true(mm_block_decrypt(cipher, out, out));
		assert_memory_equal(out, plain, sizeof(plain));
	}
	mm_block_cipher_free(&cipher);
	assert_null(cipher);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fips_197),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
