/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Nonces of DPoP proofs: accepted for five minutes, from whoever has the secret, and nothing else is.
 */
#include "lib/token/nonce.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define NOW_S INT64_C(1800000000)

static const unsigned char secret[MM_EVIDENCE_SECRET_LEN] = "thirty-two bytes that nobody has";
static const unsigned char other_secret[MM_EVIDENCE_SECRET_LEN] = "thirty-two bytes that others hav";

static bool
accepted_at(const char *nonce, int64_t now_s)
{
	return mm_nonce_check(secret, mm_slice_str(nonce), now_s);
}

static void
a_nonce_is_accepted_for_five_minutes(void **state)
{
	char nonce[MM_DPOP_NONCE_LEN + 1];

	(void)state;
	for (int64_t made_s = NOW_S; made_s < NOW_S + 2 * MM_NONCE_SLOT_S; made_s++) {
		int64_t slot_s = made_s - made_s % MM_NONCE_SLOT_S;

		mm_dpop_nonce_make(secret, made_s, nonce);
		assert_int_equal(strlen(nonce), MM_DPOP_NONCE_LEN);
		assert_true(accepted_at(nonce, made_s));
		assert_true(accepted_at(nonce, made_s + MM_NONCE_LIFETIME_S - 1));
		assert_true(accepted_at(nonce, slot_s + MM_NONCE_LIFETIME_S + MM_NONCE_SLOT_S - 1));
		assert_false(accepted_at(nonce, slot_s + MM_NONCE_LIFETIME_S + MM_NONCE_SLOT_S));
		assert_true(accepted_at(nonce, slot_s - MM_NONCE_SLOT_S));
		assert_false(accepted_at(nonce, slot_s - MM_NONCE_SLOT_S - 1));
		assert_false(accepted_at(nonce, -1));
	}
}

static void
one_slot_has_one_nonce(void **state)
{
	char first[MM_DPOP_NONCE_LEN + 1], last[MM_DPOP_NONCE_LEN + 1], next[MM_DPOP_NONCE_LEN + 1];
	int64_t slot_s = NOW_S - NOW_S % MM_NONCE_SLOT_S;

	(void)state;
	mm_dpop_nonce_make(secret, slot_s, first);
	mm_dpop_nonce_make(secret, slot_s + MM_NONCE_SLOT_S - 1, last);
	mm_dpop_nonce_make(secret, slot_s + MM_NONCE_SLOT_S, next);
	assert_string_equal(first, last);
	assert_string_not_equal(first, next);
}

static void
another_secret_makes_other_nonces(void **state)
{
	char nonce[MM_DPOP_NONCE_LEN + 1];

	(void)state;
	mm_dpop_nonce_make(other_secret, NOW_S, nonce);
	assert_false(accepted_at(nonce, NOW_S));
}

static void
every_damaged_nonce_is_refused(void **state)
{
	char nonce[MM_DPOP_NONCE_LEN + 1], damaged[MM_DPOP_NONCE_LEN + 2];

	(void)state;
	mm_dpop_nonce_make(secret, NOW_S, nonce);
	for (size_t i = 0; i < MM_DPOP_NONCE_LEN * 8; i++) {
		memcpy(damaged, nonce, sizeof(nonce));
		damaged[i / 8] = (char)(damaged[i / 8] ^ 1 << i % 8);
		assert_false(mm_nonce_check(secret, mm_slice(damaged, MM_DPOP_NONCE_LEN), NOW_S));
	}
	for (size_t len = 0; len < MM_DPOP_NONCE_LEN; len++)
		assert_false(mm_nonce_check(secret, mm_slice(nonce, len), NOW_S));
	memcpy(damaged, nonce, MM_DPOP_NONCE_LEN);
	memcpy(damaged + MM_DPOP_NONCE_LEN, "A", 2);
	assert_false(accepted_at(damaged, NOW_S));
	assert_false(mm_nonce_check(secret, MM_SLICE_ABSENT, NOW_S));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_nonce_is_accepted_for_five_minutes),
		cmocka_unit_test(one_slot_has_one_nonce),
		cmocka_unit_test(another_secret_makes_other_nonces),
		cmocka_unit_test(every_damaged_nonce_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
