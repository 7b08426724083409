/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of algorithms keeps its contract. The numbers stand in snapshots and journals, so they are
 * written down here once more.
 */
#include "lib/base/array.h"
#include "lib/jose/algorithm.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static const struct {
	const char *name;
	uint8_t number;
	enum mm_key_type type;
	enum mm_curve curve;
	enum mm_hash hash;
} rows[] = {
	{ "RS256", 1, MM_KEY_RSA, MM_CURVE_NONE, MM_HASH_SHA256 },
	{ "RS384", 2, MM_KEY_RSA, MM_CURVE_NONE, MM_HASH_SHA384 },
	{ "RS512", 3, MM_KEY_RSA, MM_CURVE_NONE, MM_HASH_SHA512 },
	{ "PS256", 4, MM_KEY_RSA, MM_CURVE_NONE, MM_HASH_SHA256 },
	{ "PS384", 5, MM_KEY_RSA, MM_CURVE_NONE, MM_HASH_SHA384 },
	{ "PS512", 6, MM_KEY_RSA, MM_CURVE_NONE, MM_HASH_SHA512 },
	{ "ES256", 7, MM_KEY_EC, MM_CURVE_P256, MM_HASH_SHA256 },
	{ "ES384", 8, MM_KEY_EC, MM_CURVE_P384, MM_HASH_SHA384 },
	{ "ES512", 9, MM_KEY_EC, MM_CURVE_P521, MM_HASH_SHA512 },
	{ "EdDSA", 10, MM_KEY_OKP, MM_CURVE_ED25519, MM_HASH_NONE },
	{ "Ed25519", 11, MM_KEY_OKP, MM_CURVE_ED25519, MM_HASH_NONE },
};

static void
names_and_numbers_find_the_same_row(void **state)
{
	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(rows); i++) {
		const struct mm_algorithm *algorithm = mm_algorithm_find(mm_slice_str(rows[i].name));

		assert_non_null(algorithm);
		assert_string_equal(algorithm->name, rows[i].name);
		assert_int_equal(algorithm->name_len, strlen(rows[i].name));
		assert_int_equal(algorithm->number, rows[i].number);
		assert_int_equal(algorithm->hash, rows[i].hash);
		assert_ptr_equal(mm_algorithm_by_number(rows[i].number), algorithm);
	}
}

static void
all_other_names_and_numbers_find_nothing(void **state)
{
	static const char *const names[] = { "", "none", "None", "HS256", "HS384", "HS512", "rs256", "RS256 ", " RS256",
		"RS25", "RS2567", "ES256K", "EdDsa", "Ed448", "RSA-OAEP", "RS1" };
	unsigned known = 0;

	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(names); i++)
		assert_null(mm_algorithm_find(mm_slice_str(names[i])));
	assert_null(mm_algorithm_find(MM_SLICE_ABSENT));
	assert_null(mm_algorithm_find(mm_slice("RS256\0", 6)));
	for (unsigned number = 0; number < 256; number++)
		known += mm_algorithm_by_number((uint8_t)number) != NULL;
	assert_int_equal(known, MM_COUNT_OF(rows));
}

static void
each_fits_one_type_and_curve(void **state)
{
	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(rows); i++) {
		const struct mm_algorithm *algorithm = mm_algorithm_by_number(rows[i].number);
		unsigned fitting = 0;

		assert_true(mm_algorithm_fits(algorithm, rows[i].type, rows[i].curve));
		for (unsigned type = 0; type <= MM_KEY_OKP; type++)
			for (unsigned curve = 0; curve <= MM_CURVE_ED25519; curve++)
				fitting += mm_algorithm_fits(algorithm, (enum mm_key_type)type, (enum mm_curve)curve);
		assert_int_equal(fitting, 1);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_and_numbers_find_the_same_row),
		cmocka_unit_test(all_other_names_and_numbers_find_nothing),
		cmocka_unit_test(each_fits_one_type_and_curve),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
