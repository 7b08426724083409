/* SPDX-License-Identifier: Apache-2.0 */
/* hkdf, ed25519, seal: against the RFCs' vectors, and with every byte damaged. */
#include "lib/base/array.h"
#include "lib/crypto/ed25519.h"
#include "lib/crypto/hkdf.h"
#include "lib/crypto/seal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* RFC 5869 appendix A.3: no salt, no info. */
static void
hkdf_gives_the_rfcs_key(void **state)
{
	static const uint8_t wanted[42] = { 0x8d, 0xa4, 0xe7, 0x75, 0xa5, 0x63, 0xc1, 0x8f, 0x71, 0x5f, 0x80, 0x2a,
	    0x06,
		0x3c, 0x5a, 0x31, 0xb8, 0xa1, 0x1f, 0x5c, 0x5e, 0xe1, 0x87, 0x9e, 0xc3, 0x45, 0x4e, 0x5f, 0x3c, 0x73,
		0x8d, 0x2d, 0x9d, 0x20, 0x13, 0x95, 0xfa, 0xa4, 0xb6, 0x1a, 0x96, 0xc8 };
	uint8_t key[22], out[sizeof(wanted)];

	(void)state;
	memset(key, 0x0b, sizeof(key));
	assert_true(mm_hkdf_sha256(key, sizeof(key), mm_slice("", 0), out, sizeof(out)));
	assert_memory_equal(out, wanted, sizeof(wanted));
}

static void
hkdf_fails_with_zeroes_where_too_much_is_asked(void **state)
{
	static uint8_t out[8161];
	uint8_t any = 0;

	(void)state;
	memset(out, 1, sizeof(out));
	assert_false(mm_hkdf_sha256("k", 1, mm_slice("", 0), out, sizeof(out)));
	for (size_t i = 0; i < sizeof(out); i++)
		any |= out[i];
	assert_int_equal(any, 0);
}

/* RFC 8032 section 7.1, test 2. */
static void
ed25519_gives_the_rfcs_signature(void **state)
{
	static const uint8_t seed[32] = { 0x4c, 0xcd, 0x08, 0x9b, 0x28, 0xff, 0x96, 0xda, 0x9d, 0xb6, 0xc3, 0x46, 0xec,
		0x11, 0x4e, 0x0f, 0x5b, 0x8a, 0x31, 0x9f, 0x35, 0xab, 0xa6, 0x24, 0xda, 0x8c, 0xf6, 0xed, 0x4f, 0xb8,
		    0xa6,
		0xfb };
	static const uint8_t wanted[64] = { 0x92, 0xa0, 0x09, 0xa9, 0xf0, 0xd4, 0xca, 0xb8, 0x72, 0x0e, 0x82, 0x0b,
	    0x5f,
		0x64, 0x25, 0x40, 0xa2, 0xb2, 0x7b, 0x54, 0x16, 0x50, 0x3f, 0x8f, 0xb3, 0x76, 0x22, 0x23, 0xeb, 0xdb,
		    0x69,
		0xda, 0x08, 0x5a, 0xc1, 0xe4, 0x3e, 0x15, 0x99, 0x6e, 0x45, 0x8f, 0x36, 0x13, 0xd0, 0xf1, 0x1d, 0x8c,
		    0x38,
		0x7b, 0x2e, 0xae, 0xb4, 0x30, 0x2a, 0xee, 0xb0, 0x0d, 0x29, 0x16, 0x12, 0xbb, 0x0c, 0x00 };
	struct mm_ed25519 *key = mm_ed25519_new(seed);
	uint8_t public_key[32], signature[64];

	(void)state;
	assert_non_null(key);
	mm_ed25519_public(key, public_key);
	assert_true(mm_ed25519_sign(key, mm_slice("\x72", 1), signature));
	assert_memory_equal(signature, wanted, sizeof(wanted));
	assert_true(mm_ed25519_verify(public_key, mm_slice("\x72", 1), signature));
	assert_false(mm_ed25519_verify(public_key, mm_slice("\x73", 1), signature));
	for (size_t i = 0; i < sizeof(signature); i++) {
		signature[i] ^= 1;
		assert_false(mm_ed25519_verify(public_key, mm_slice("\x72", 1), signature));
		signature[i] ^= 1;
	}
	mm_ed25519_free(&key);
	assert_null(key);
}

static void
what_is_sealed_opens_again_and_nothing_else_does(void **state)
{
	static const uint8_t key[32] = { 1 }, other_key[32] = { 2 };
	const struct mm_slice plain = mm_slice_str("a private key"), context = mm_slice_str("in the open");
	uint8_t sealed[13 + MM_SEAL_OVERHEAD], opened[13];

	(void)state;
	assert_true(mm_seal(key, "a test", context, plain, sealed));
	assert_true(mm_unseal(key, "a test", context, mm_slice((char *)sealed, sizeof(sealed)), opened));
	assert_memory_equal(opened, plain.ptr, plain.len);
	assert_false(mm_unseal(other_key, "a test", context, mm_slice((char *)sealed, sizeof(sealed)), opened));
	assert_false(mm_unseal(key, "another", context, mm_slice((char *)sealed, sizeof(sealed)), opened));
	assert_false(mm_unseal(key, "a test", plain, mm_slice((char *)sealed, sizeof(sealed)), opened));
	for (size_t i = 0; i < sizeof(sealed); i++) {
		sealed[i] ^= 0x80;
		assert_false(mm_unseal(key, "a test", context, mm_slice((char *)sealed, sizeof(sealed)), opened));
		assert_int_equal(opened[0] | opened[12], 0);
		sealed[i] ^= 0x80;
	}
	for (size_t len = 0; len < MM_SEAL_OVERHEAD; len++)
		assert_false(mm_unseal(key, "a test", context, mm_slice((char *)sealed, len), opened));
}

static void
two_seals_of_one_text_differ(void **state)
{
	static const uint8_t key[32] = { 1 };
	uint8_t first[MM_SEAL_OVERHEAD], second[MM_SEAL_OVERHEAD];

	(void)state;
	assert_true(mm_seal(key, "a test", mm_slice("", 0), mm_slice("", 0), first));
	assert_true(mm_seal(key, "a test", mm_slice("", 0), mm_slice("", 0), second));
	assert_memory_not_equal(first, second, 28);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hkdf_gives_the_rfcs_key),
		cmocka_unit_test(hkdf_fails_with_zeroes_where_too_much_is_asked),
		cmocka_unit_test(ed25519_gives_the_rfcs_signature),
		cmocka_unit_test(what_is_sealed_opens_again_and_nothing_else_does),
		cmocka_unit_test(two_seals_of_one_text_differ),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
