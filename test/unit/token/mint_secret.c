/* SPDX-License-Identifier: Apache-2.0 */
/* The secrets of a mint: derived as doc/mint.md says, and each another one. */
#include "lib/token/mint_secret.h"

#include "lib/base/array.h"
#include "lib/base/limits.h"
#include "lib/crypto/hkdf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const uint8_t root[MM_MARK_ROOT_LEN] = "0123456789abcdef0123456789abcde";

static void
test_info_is_as_the_document_says(void **state)
{
	static const char jti[] = "\x0fmintmark jti v1\x04home";
	static const char mark[] = "\x10mintmark mark v1\x04home\x00\x05https\x08" "20260228";
	static const char index[] = "\x11mintmark index v1\x04home\x08" "20240229";
	uint8_t key[32], wanted[32];

	(void)state;
	assert_true(mm_hkdf_sha256(root, sizeof(root), mm_slice(jti, sizeof(jti) - 1), wanted, 16));
	assert_true(mm_mint_token_id_key(root, mm_slice_str("home"), key));
	assert_memory_equal(key, wanted, 16);
	assert_true(mm_hkdf_sha256(root, sizeof(root), mm_slice(mark, sizeof(mark) - 1), wanted, 32));
	assert_true(mm_mint_mark_key(root, mm_slice_str("home"), mm_slice_str("https"), mm_mint_day(1772236800), key));
	assert_memory_equal(key, wanted, 32);
	assert_true(mm_hkdf_sha256(root, sizeof(root), mm_slice(index, sizeof(index) - 1), wanted, 32));
	assert_true(mm_mint_index_key(root, mm_slice_str("home"), mm_mint_day(1709251199), key));
	assert_memory_equal(key, wanted, 32);
}

/* Every day for two centuries has a text of its own: its key is no other day's, and follows the calendar. */
static void
test_days(void **state)
{
	static const struct {
		int64_t time_s;
		const char *text;
	} rows[] = {
		{ 0, "19700101" }, { 86399, "19700101" }, { 86400, "19700102" }, { 951782400, "20000229" },
		{ 951868800, "20000301" }, { 946684799, "19991231" }, { 946684800, "20000101" },
		{ 4107542399, "21000228" }, { 4107542400, "21000301" }, { 253402300799, "99991231" },
	};
	char info[64];
	uint8_t key[32], wanted[32];

	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(rows); i++) {
		memcpy(info, "\x11mintmark index v1\x01r\x08", 21);
		memcpy(info + 21, rows[i].text, 8);
		assert_true(mm_hkdf_sha256(root, sizeof(root), mm_slice(info, 29), wanted, 32));
		assert_true(mm_mint_index_key(root, mm_slice_str("r"), mm_mint_day(rows[i].time_s), key));
		assert_memory_equal(key, wanted, 32);
	}
	assert_false(mm_mint_index_key(root, mm_slice_str("r"), mm_mint_day(253402300800), key));
	assert_false(mm_mint_index_key(root, mm_slice_str("r"), mm_mint_day(-1), key));
}

static void
test_refused(void **state)
{
	static char longest[MM_CLAIM_LEN_MAX + 1];
	uint8_t key[32], zero[32] = { 0 };

	(void)state;
	memset(longest, 'a', sizeof(longest));
	assert_true(mm_mint_mark_key(root, mm_slice(longest, MM_NAME_LEN_MAX), mm_slice(longest, MM_CLAIM_LEN_MAX), 1,
	    key));
	memset(key, 1, sizeof(key));
	assert_false(mm_mint_token_id_key(root, mm_slice(longest, MM_NAME_LEN_MAX + 1), key));
	assert_memory_equal(key, zero, 16);
	memset(key, 1, sizeof(key));
	assert_false(mm_mint_mark_key(root, mm_slice_str("r"), mm_slice(longest, sizeof(longest)), 1, key));
	assert_memory_equal(key, zero, 32);
	assert_false(mm_mint_mark_key(root, mm_slice_str("r"), MM_SLICE_ABSENT, 1, key));
	assert_false(mm_mint_mark_key(root, mm_slice_str("r"), mm_slice_str(""), 1, key));
	assert_false(mm_mint_index_key(root, mm_slice_str(""), 1, key));
	assert_false(mm_mint_index_key(root, MM_SLICE_ABSENT, 1, key));
}

/* No two of realm, audience and day run into each other. */
static void
test_each_another(void **state)
{
	uint8_t a[32], b[32];

	(void)state;
	assert_true(mm_mint_mark_key(root, mm_slice_str("ab"), mm_slice_str("c"), 1, a));
	assert_true(mm_mint_mark_key(root, mm_slice_str("a"), mm_slice_str("bc"), 1, b));
	assert_memory_not_equal(a, b, sizeof(a));
	assert_true(mm_mint_mark_key(root, mm_slice_str("ab"), mm_slice_str("c"), 2, b));
	assert_memory_not_equal(a, b, sizeof(a));
	assert_true(mm_mint_index_key(root, mm_slice_str("ab"), 1, b));
	assert_memory_not_equal(a, b, sizeof(a));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_info_is_as_the_document_says),
		cmocka_unit_test(test_days),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_each_another),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
