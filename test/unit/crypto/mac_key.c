/* SPDX-License-Identifier: Apache-2.0 */
/* Codes with stored states: those of RFC 4231, and everywhere those of mm_hmac_sha256(). */
#include "lib/crypto/mac_key.h"

#include "lib/base/array.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* RFC 4231 section 4.2. */
static void
test_rfc_4231(void **state)
{
	static const uint8_t wanted[MM_MAC_LEN] = { 0xb0, 0x34, 0x4c, 0x61, 0xd8, 0xdb, 0x38, 0x53, 0x5c, 0xa8, 0xaf,
		0xce, 0xaf, 0x0b, 0xf1, 0x2b, 0x88, 0x1d, 0xc2, 0x00, 0xc9, 0x83, 0x3d, 0xa7, 0x26, 0xe9, 0x37, 0x6c,
		0x2e, 0x32, 0xcf, 0xf7 };
	const struct mm_slice pieces[] = { mm_slice_str("Hi "), mm_slice_str(""), mm_slice_str("There") };
	uint8_t bytes[20], mac[MM_MAC_LEN];
	struct mm_mac_key *key;

	(void)state;
	memset(bytes, 0x0b, sizeof(bytes));
	key = mm_mac_key_new(bytes, sizeof(bytes));
	assert_non_null(key);
	for (int i = 0; i < 2; i++) {
		assert_true(mm_mac_key_make(key, pieces, MM_COUNT_OF(pieces), mac));
		assert_memory_equal(mac, wanted, sizeof(wanted));
	}
	mm_mac_key_free(&key);
	assert_null(key);
}

static void
test_every_length(void **state)
{
	uint8_t bytes[200], mac[MM_MAC_LEN], wanted[MM_MAC_LEN];

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 7);
	for (size_t key_len = 0; key_len <= 64; key_len++) {
		struct mm_mac_key *key = mm_mac_key_new(bytes, key_len);

		assert_non_null(key);
		for (size_t len = 0; len <= sizeof(bytes); len++) {
			const struct mm_slice halves[] = { mm_slice((char *)bytes, len / 2),
				mm_slice((char *)bytes + len / 2, len - len / 2) };

			assert_true(mm_hmac_sha256(bytes, key_len, mm_slice((char *)bytes, len), wanted));
			assert_true(mm_mac_key_make(key, halves, MM_COUNT_OF(halves), mac));
			assert_memory_equal(mac, wanted, sizeof(mac));
		}
		mm_mac_key_free(&key);
	}
	assert_null(mm_mac_key_new(bytes, 65));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rfc_4231),
		cmocka_unit_test(test_every_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
