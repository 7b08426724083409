/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The issuer's list of tenants: found exactly, replaced as a whole, and nothing of a list that is none.
 */
#include "daemon/issuer/tenants.h"

#include "daemon/ipc/mint.h"
#include "lib/base/array.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define S(text) mm_slice_str(text)
#define LIST(text) mm_slice(text, sizeof(text))

static struct issuer_tenants tenants;

static int
begin(void **state)
{
	(void)state;
	return issuer_tenants_begin(&tenants) ? 0 : -1;
}

static int
end(void **state)
{
	(void)state;
	issuer_tenants_end(&tenants);
	return 0;
}

static void
nothing_is_known_at_first(void **state)
{
	(void)state;
	assert_false(issuer_tenants_are_there(&tenants));
	assert_int_equal(issuer_tenants_find(&tenants, S("a")), ISSUER_TENANT_NOT_YET);
}

static void
ids_are_found_exactly(void **state)
{
	static const char *const others[] = { "a", "b", "abcd", "ABC", "ab ", "", "zz", "zzzz" };

	(void)state;
	assert_true(issuer_tenants_take(&tenants, LIST("zzz\0ab\0abc\0")));
	assert_true(issuer_tenants_are_there(&tenants));
	assert_int_equal(issuer_tenants_find(&tenants, S("ab")), ISSUER_TENANT_LISTED);
	assert_int_equal(issuer_tenants_find(&tenants, S("abc")), ISSUER_TENANT_LISTED);
	assert_int_equal(issuer_tenants_find(&tenants, S("zzz")), ISSUER_TENANT_LISTED);
	for (size_t i = 0; i < MM_COUNT_OF(others); i++)
		if (issuer_tenants_find(&tenants, S(others[i])) != ISSUER_TENANT_UNLISTED)
			fail_msg("found: '%s'", others[i]);
}

static void
a_list_takes_the_place_of_the_one_before(void **state)
{
	(void)state;
	assert_true(issuer_tenants_take(&tenants, LIST("a\0b\0")));
	assert_true(issuer_tenants_take(&tenants, LIST("b\0c\0")));
	assert_int_equal(issuer_tenants_find(&tenants, S("a")), ISSUER_TENANT_UNLISTED);
	assert_int_equal(issuer_tenants_find(&tenants, S("b")), ISSUER_TENANT_LISTED);
	assert_int_equal(issuer_tenants_find(&tenants, S("c")), ISSUER_TENANT_LISTED);
	assert_true(issuer_tenants_take(&tenants, LIST("")));
	assert_true(issuer_tenants_are_there(&tenants));
	assert_int_equal(issuer_tenants_find(&tenants, S("b")), ISSUER_TENANT_UNLISTED);
}

static void
what_is_no_list_is_not_taken(void **state)
{
	char longest[MM_MINT_ID_LEN_MAX + 3];

	(void)state;
	memset(longest, 'a', sizeof(longest));
	longest[MM_MINT_ID_LEN_MAX] = longest[MM_MINT_ID_LEN_MAX + 1] = '\0';
	assert_true(issuer_tenants_take(&tenants, mm_slice(longest, MM_MINT_ID_LEN_MAX + 2)));
	assert_false(issuer_tenants_take(&tenants, mm_slice("", 0)));
	assert_false(issuer_tenants_take(&tenants, mm_slice("b", 1)));
	assert_false(issuer_tenants_take(&tenants, mm_slice("b\0", 2)));
	assert_false(issuer_tenants_take(&tenants, mm_slice("b\0c", 3)));
	assert_false(issuer_tenants_take(&tenants, mm_slice("b\0\0c", 4)));
	longest[MM_MINT_ID_LEN_MAX] = 'a';
	longest[MM_MINT_ID_LEN_MAX + 2] = '\0';
	assert_false(issuer_tenants_take(&tenants, mm_slice(longest, sizeof(longest))));
	/* The one before counts. */
	assert_int_equal(issuer_tenants_find(&tenants, mm_slice(longest, MM_MINT_ID_LEN_MAX)), ISSUER_TENANT_LISTED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nothing_is_known_at_first),
		TEST(ids_are_found_exactly),
		TEST(a_list_takes_the_place_of_the_one_before),
		TEST(what_is_no_list_is_not_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
