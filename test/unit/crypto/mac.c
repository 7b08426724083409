/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HMAC-SHA-256: the examples of RFC 4231.
 */
#include "lib/crypto/mac.h"

#include "lib/base/array.h"
#include "lib/codec/hex.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

struct mac_row {
	unsigned char key_byte;
	size_t key_len;
	const char *key; /* NULL: key_byte, key_len times */
	const char *text;
	const char *mac;
};

static const struct mac_row rows[] = {
	{ 0x0b, 20, NULL, "Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7" },
	{ 0, 4, "Jefe", "what do ya want for nothing?",
	    "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" },
	{ 0xaa, 131, NULL, "Test Using Larger Than Block-Size Key - Hash Key First",
	    "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54" },
};

static void
the_examples_of_the_rfc(void **state)
{
	char filled[131];
	uint8_t mac[MM_MAC_LEN];

	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(rows); i++) {
		memset(filled, rows[i].key_byte, sizeof(filled));
		assert_true(mm_hmac_sha256(rows[i].key == NULL ? filled : rows[i].key, rows[i].key_len,
		    mm_slice_str(rows[i].text), mac));
		for (size_t j = 0; j < MM_MAC_LEN; j++)
			assert_int_equal(mac[j], mm_hex_value(rows[i].mac[2 * j]) << 4 |
			    mm_hex_value(rows[i].mac[2 * j + 1]));
	}
}

static void
a_key_too_long_to_be_one_gives_nothing(void **state)
{
	uint8_t mac[MM_MAC_LEN], none[MM_MAC_LEN] = { 0 };

	(void)state;
	memset(mac, 1, sizeof(mac));
	assert_false(mm_hmac_sha256("", SIZE_MAX, mm_slice_str(""), mac));
	assert_memory_equal(mac, none, sizeof(mac));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_examples_of_the_rfc),
		cmocka_unit_test(a_key_too_long_to_be_one_gives_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
