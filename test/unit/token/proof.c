/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What proof is made of: keys by realm, audience and day, set anew and forgotten; an index of its own for each realm.
 */
#include "lib/token/proof.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const uint8_t keys[2][MM_MARK_KEY_LEN] = { { 1 }, { 2 } };

static bool
set(struct mm_proof *proof, const char *realm, const char *audience, uint32_t day, int which)
{
	return mm_proof_set_day(proof, &(struct mm_proof_secrets){
		.realm = mm_slice_str(realm),
		.audience = mm_slice_str(audience),
		.day = day,
		.token_id_key = keys[which],
		.mark_key = keys[which],
		.index_key = keys[which],
	});
}

static const struct mm_proof_day *
find(const struct mm_proof *proof, const char *realm, const char *audience, uint32_t day)
{
	const struct mm_proof_realm *found = mm_proof_find_realm(proof, mm_slice_str(realm));

	return found == NULL ? NULL : mm_proof_find_day(found, mm_slice_str(audience), day);
}

/* Which of the keys a day has: what it makes of a digest tells. */
static int
key_of(const struct mm_proof_day *day)
{
	const uint8_t digest[32] = { 0 };
	uint64_t made = 0, wanted = 0;

	assert_non_null(day);
	assert_true(mm_issued_entry_with(day->index_key, digest, &made));
	for (int which = 0; which < 2; which++) {
		assert_true(mm_issued_entry(keys[which], digest, &wanted));
		if (made == wanted)
			return which;
	}
	return -1;
}

static void
keeps_days_apart(void **state)
{
	struct mm_proof *proof = mm_proof_new(1 << 20);

	(void)state;
	assert_non_null(proof);
	assert_null(find(proof, "consumer", "mail", 20000));
	assert_true(set(proof, "consumer", "mail", 20000, 0));
	assert_true(set(proof, "consumer", "mail", 20001, 1));
	assert_true(set(proof, "consumer", "chat", 20000, 1));
	assert_true(set(proof, "enterprise", "mail", 20000, 1));
	assert_int_equal(key_of(find(proof, "consumer", "mail", 20000)), 0);
	assert_int_equal(key_of(find(proof, "consumer", "mail", 20001)), 1);
	assert_int_equal(key_of(find(proof, "consumer", "chat", 20000)), 1);
	assert_null(find(proof, "consumer", "chat", 20001));
	assert_null(find(proof, "consumer", "mai", 20000));
	mm_proof_free(&proof);
	assert_null(proof);
}

static void
replaces_and_forgets(void **state)
{
	struct mm_proof *proof = mm_proof_new(1 << 20);

	(void)state;
	for (uint32_t day = 0; day < 50; day++)
		assert_true(set(proof, "consumer", "mail", day, 0));
	assert_true(set(proof, "consumer", "mail", 30, 1));
	assert_int_equal(mm_proof_find_realm(proof, mm_slice_str("consumer"))->day_count, 50);
	assert_int_equal(key_of(find(proof, "consumer", "mail", 29)), 0);
	assert_int_equal(key_of(find(proof, "consumer", "mail", 30)), 1);
	mm_proof_forget_before(proof, 30);
	assert_int_equal(mm_proof_find_realm(proof, mm_slice_str("consumer"))->day_count, 20);
	for (uint32_t day = 0; day < 50; day++)
		assert_int_equal(find(proof, "consumer", "mail", day) != NULL, day >= 30);
	mm_proof_free(&proof);
}

static void
has_an_index_for_each_realm(void **state)
{
	struct mm_proof *proof = mm_proof_new(1 << 20);
	struct mm_issued *consumer = mm_proof_index(proof, mm_slice_str("consumer"));

	(void)state;
	assert_non_null(consumer);
	assert_ptr_equal(mm_proof_index(proof, mm_slice_str("consumer")), consumer);
	assert_ptr_not_equal(mm_proof_index(proof, mm_slice_str("enterprise")), consumer);
	assert_null(mm_proof_index(proof, mm_slice_str("")));
	for (int i = 2; i < MM_PROOF_REALMS_MAX; i++) {
		char name[8] = { 'r', (char)('0' + i / 10), (char)('0' + i % 10) };

		assert_non_null(mm_proof_index(proof, mm_slice_str(name)));
	}
	assert_null(mm_proof_index(proof, mm_slice_str("one more")));
	mm_proof_free(&proof);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_days_apart),
		cmocka_unit_test(replaces_and_forgets),
		cmocka_unit_test(has_an_index_for_each_realm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
