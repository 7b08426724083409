/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Credentials are found behind their scheme, and "Basic" ones are read in both ways clients write them.
 */
#include "daemon/http/credentials.h"
#include "lib/base/array.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static void
schemes_are_told_apart(void **state)
{
	static const struct {
		const char *field, *scheme;
		const char *credentials; /* NULL: none of this scheme */
	} rows[] = {
		{ "Bearer a.b.c", "Bearer", "a.b.c" },
		{ "bEARER a.b.c", "Bearer", "a.b.c" },
		{ "Bearer   a.b.c \t ", "Bearer", "a.b.c" },
		{ "Bearer a b", "Bearer", "a b" },
		{ "Bearer ", "Bearer", "" },
		{ "Bearer", "Bearer", NULL },
		{ "Bearerx a", "Bearer", NULL },
		{ "Bearer\ta", "Bearer", NULL },
		{ " Bearer a", "Bearer", NULL },
		{ "Basic a", "Bearer", NULL },
		{ "", "Bearer", NULL },
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(rows); i++) {
		struct mm_slice found = mm_http_credentials_find(mm_slice_str(rows[i].field), rows[i].scheme);

		assert_int_equal(mm_slice_present(found), rows[i].credentials != NULL);
		if (rows[i].credentials != NULL)
			assert_true(mm_slice_equal(found, mm_slice_str(rows[i].credentials)));
	}
	assert_false(mm_slice_present(mm_http_credentials_find(MM_SLICE_ABSENT, "Bearer")));
}

static void
basic_is_read_in_both_ways(void **state)
{
	struct mm_http_basic basic;

	(void)state;
	/* "dovecot:s3:cr+et%21": the secret holds a colon, and both readings differ */
	assert_true(mm_http_basic_parse(mm_slice_str("ZG92ZWNvdDpzMzpjcitldCUyMQ=="), &basic));
	assert_true(mm_slice_equal(basic.name, mm_slice_str("dovecot")));
	assert_true(mm_slice_equal(basic.secret, mm_slice_str("s3:cr+et%21")));
	assert_true(mm_slice_equal(basic.decoded_name, mm_slice_str("dovecot")));
	assert_true(mm_slice_equal(basic.decoded_secret, mm_slice_str("s3:cr et!")));
}

static void
what_is_no_form_has_one_reading(void **state)
{
	struct mm_http_basic basic;

	(void)state;
	assert_true(mm_http_basic_parse(mm_slice_str("YToxMDAl"), &basic)); /* "a:100%" */
	assert_true(mm_slice_equal(basic.secret, mm_slice_str("100%")));
	assert_false(mm_slice_present(basic.decoded_name));
	assert_false(mm_slice_present(basic.decoded_secret));
}

static void
what_is_no_basic_is_refused(void **state)
{
	static char long_text[MM_HTTP_BASIC_LEN_MAX + 5];
	static const char *const rows[] = { "", "ZG92ZWNvdA==", "ZG92ZWNvdDpz*", "OmE", "Oj==", "Og==Og==" };
	struct mm_http_basic basic;

	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(rows); i++)
		assert_false(mm_http_basic_parse(mm_slice_str(rows[i]), &basic));
	assert_false(mm_http_basic_parse(MM_SLICE_ABSENT, &basic));
	memset(long_text, 'O', sizeof(long_text) - 1);
	assert_false(mm_http_basic_parse(mm_slice_str(long_text), &basic));
}

static void
the_longest_fits(void **state)
{
	static char text[MM_HTTP_BASIC_LEN_MAX + 1];
	struct mm_http_basic basic;

	(void)state;
	/* "::::…": base64 of colons is "Ojo6" again and again */
	for (size_t i = 0; i < MM_HTTP_BASIC_LEN_MAX; i += 4)
		memcpy(text + i, "Ojo6", 4);
	assert_true(mm_http_basic_parse(mm_slice_str(text), &basic));
	assert_int_equal(basic.name.len, 0);
	assert_int_equal(basic.secret.len, MM_HTTP_BASIC_LEN_MAX / 4 * 3 - 1);
	assert_true(mm_slice_equal(basic.secret, basic.decoded_secret));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(schemes_are_told_apart),
		cmocka_unit_test(basic_is_read_in_both_ways),
		cmocka_unit_test(what_is_no_form_has_one_reading),
		cmocka_unit_test(what_is_no_basic_is_refused),
		cmocka_unit_test(the_longest_fits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
