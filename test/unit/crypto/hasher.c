/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The hasher: one context, many digests, each as mm_sha256() makes it.
 */
#include "lib/crypto/digest.h"
#include "lib/crypto/hasher.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void
test_agrees_with_single_digests(void **state)
{
	struct mm_hasher *hasher = mm_hasher_new();
	char bytes[300];

	(void)state;
	assert_non_null(hasher);
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)(i * 7);
	for (size_t len = 0; len <= sizeof(bytes); len++) {
		uint8_t one[MM_DIGEST_LEN], other[MM_DIGEST_LEN];

		assert_true(mm_hasher_sha256(hasher, mm_slice(bytes, len), one));
		assert_true(mm_sha256(mm_slice(bytes, len), other));
		assert_memory_equal(one, other, sizeof(one));
	}
	mm_hasher_free(&hasher);
	assert_null(hasher);
	mm_hasher_free(&hasher);
}

static void
test_takes_bytes_in_pieces(void **state)
{
	struct mm_hasher *hasher = mm_hasher_new();
	char bytes[300];
	uint8_t one[MM_DIGEST_LEN], other[MM_DIGEST_LEN];

	(void)state;
	assert_non_null(hasher);
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)(i * 11);
	assert_true(mm_sha256(mm_slice(bytes, sizeof(bytes)), other));
	for (size_t cut = 0; cut <= sizeof(bytes); cut++) {
		assert_true(mm_hasher_begin(hasher));
		assert_true(mm_hasher_add(hasher, mm_slice(bytes, cut)));
		assert_true(mm_hasher_add(hasher, mm_slice(bytes + cut, sizeof(bytes) - cut)));
		assert_true(mm_hasher_end(hasher, one));
		assert_memory_equal(one, other, sizeof(one));
	}
	mm_hasher_free(&hasher);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_agrees_with_single_digests),
		cmocka_unit_test(test_takes_bytes_in_pieces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
