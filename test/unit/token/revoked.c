/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a mint revoked: found up to its moment and as long as it is kept; what is too much, and what memory is short
 * for, refuses the whole realm's and never less.
 */
#include "lib/token/revoked.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const unsigned char seed[MM_REVOKED_SEED_LEN] = "a seed that nobody else knows..";
static struct mm_revoked *revoked;

static bool memory_is_short;
void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);

void *
__wrap_calloc(size_t count, size_t size)
{
	return memory_is_short ? NULL : __real_calloc(count, size);
}

static int
begin(void **state)
{
	(void)state;
	revoked = mm_revoked_new(seed);
	return revoked == NULL ? -1 : 0;
}

static int
end(void **state)
{
	(void)state;
	memory_is_short = false;
	mm_revoked_free(&revoked);
	return 0;
}

static struct mm_revoked_what
what(enum mm_revoked_kind kind, const char *value, const char *client)
{
	return (struct mm_revoked_what){ kind, mm_slice_str(value), mm_slice_str(client) };
}

static bool
add(struct mm_revoked_what which, int64_t up_to_s, int64_t keep_until)
{
	return mm_revoked_add(revoked, &which, up_to_s, keep_until);
}

static bool
has(struct mm_revoked_what which, int64_t iat_s)
{
	return mm_revoked_has(revoked, &which, iat_s);
}

static bool
has_realm(int64_t iat_s)
{
	return has(what(MM_REVOKED_REALM, "", ""), iat_s);
}

/* The n-th of many. */
static struct mm_revoked_what
nth(size_t number)
{
	static char text[32];

	snprintf(text, sizeof(text), "%zu", number);
	return what(MM_REVOKED_TOKEN, text, "");
}

static void
finds_up_to_the_moment(void **state)
{
	(void)state;
	assert_false(mm_revoked_has(NULL, &(struct mm_revoked_what){ MM_REVOKED_SUBJECT, mm_slice_str("a"),
	    MM_SLICE_ABSENT }, 0));
	assert_false(has(what(MM_REVOKED_SUBJECT, "a", ""), 0));
	assert_true(add(what(MM_REVOKED_SUBJECT, "a", ""), 100, 5000));
	assert_true(has(what(MM_REVOKED_SUBJECT, "a", ""), 100));
	assert_true(has(what(MM_REVOKED_SUBJECT, "a", ""), 0));
	assert_false(has(what(MM_REVOKED_SUBJECT, "a", ""), 101));
	assert_false(has(what(MM_REVOKED_SUBJECT, "b", ""), 100));
	assert_false(has(what(MM_REVOKED_CLIENT, "a", ""), 100));
	assert_false(has_realm(0));
	assert_int_equal(mm_revoked_count(revoked), 1);
}

/* Texts that stand beside each other do not run into each other. */
static void
keeps_a_sessions_clients_apart(void **state)
{
	(void)state;
	assert_true(add(what(MM_REVOKED_SESSION, "ab", "c"), 100, 5000));
	assert_true(has(what(MM_REVOKED_SESSION, "ab", "c"), 100));
	assert_false(has(what(MM_REVOKED_SESSION, "a", "bc"), 100));
	assert_false(has(what(MM_REVOKED_SESSION, "ab", ""), 100));
	assert_false(has(what(MM_REVOKED_SESSION, "abc", ""), 100));
}

static void
takes_the_later_of_two(void **state)
{
	(void)state;
	assert_true(add(nth(1), 100, 6000));
	assert_true(add(nth(1), 90, 5000));
	assert_true(has(nth(1), 100));
	mm_revoked_forget(revoked, 5500, INT64_MAX);
	assert_true(has(nth(1), 100));
	assert_true(add(nth(1), 110, 5000));
	assert_true(has(nth(1), 110));
	assert_int_equal(mm_revoked_count(revoked), 1);
}

static void
forgets_what_does_not_matter_any_more(void **state)
{
	size_t bytes = mm_revoked_bytes(revoked);

	(void)state;
	for (size_t i = 0; i < 5000; i++)
		assert_true(add(nth(i), 100, 1000 + (int64_t)i));
	assert_int_equal(mm_revoked_count(revoked), 5000);
	assert_true(mm_revoked_bytes(revoked) > bytes + 5000 * 32);
	mm_revoked_forget(revoked, 1000 + 2500, INT64_MAX);
	assert_int_equal(mm_revoked_count(revoked), 2500);
	for (size_t i = 0; i < 5000; i++)
		assert_int_equal(has(nth(i), 100), i >= 2500);
	mm_revoked_forget(revoked, 1000 + 5000, INT64_MAX);
	assert_int_equal(mm_revoked_count(revoked), 0);
	assert_int_equal(mm_revoked_bytes(revoked), bytes);
	assert_false(has(nth(4999), 100));
	assert_true(add(nth(1), 100, 9000));
	assert_true(has(nth(1), 100));
}

/* Else a token of before would come back to life unrevoked, when the world's clock comes to its time once more. */
static void
keeps_what_matters_once_more_where_a_clock_was_set_back(void **state)
{
	const int64_t day_ms = (int64_t)MM_REVOKED_SET_BACK_MAX_S * 1000;

	(void)state;
	assert_true(add(nth(1), 100000, 5000));
	assert_true(add(nth(2), 90000, 5000));
	mm_revoked_forget(revoked, 5001, 90000 + MM_REVOKED_MATTERS_S);
	assert_true(has(nth(1), 100000));
	assert_false(has(nth(2), 90000));
	assert_true(add(what(MM_REVOKED_REALM, "", ""), 80000, 6000));
	mm_revoked_forget(revoked, 5000 + day_ms, 80000 + MM_REVOKED_MATTERS_S - 1);
	assert_true(has(nth(1), 100000));
	assert_true(has_realm(80000));
	mm_revoked_forget(revoked, 5001 + day_ms, 80000 + MM_REVOKED_MATTERS_S);
	assert_false(has(nth(1), 100000));
	assert_false(has_realm(80000));
}

static void
refuses_the_whole_realm_where_there_is_too_much(void **state)
{
	(void)state;
	for (size_t i = 0; i < MM_REVOKED_MAX; i++)
		if (!add(nth(i), 100 + (int64_t)(i % 50), 5000))
			fail_msg("the %zu-th does not fit", i);
	assert_true(has(nth(MM_REVOKED_MAX - 1), 100));
	assert_false(has_realm(0));
	assert_false(add(nth(MM_REVOKED_MAX), 120, 6000));
	/* Everything up to the newest moment of all, and nothing later. */
	assert_true(has_realm(149));
	assert_false(has_realm(150));
	assert_int_equal(mm_revoked_count(revoked), 1);
	/* It goes on apart from there, and goes away in its time. */
	assert_true(add(nth(7), 160, 7000));
	assert_true(has(nth(7), 160));
	mm_revoked_forget(revoked, 6000, INT64_MAX);
	assert_true(has_realm(149));
	mm_revoked_forget(revoked, 6001, INT64_MAX);
	assert_false(has_realm(0));
	assert_true(has(nth(7), 160));
}

/* What the whole realm's says as well is not kept beside it. */
static void
keeps_nothing_that_the_whole_realm_covers(void **state)
{
	(void)state;
	assert_true(add(nth(1), 100, 5000));
	assert_true(add(nth(2), 130, 5000));
	assert_true(add(nth(3), 100, 9000));
	assert_true(add(what(MM_REVOKED_REALM, "", ""), 120, 6000));
	assert_int_equal(mm_revoked_count(revoked), 3);
	assert_true(has_realm(120));
	assert_false(has(nth(1), 100));
	assert_true(has(nth(2), 130));
	mm_revoked_forget(revoked, 6001, INT64_MAX);
	assert_false(has_realm(0));
	assert_true(has(nth(3), 100));
	assert_int_equal(mm_revoked_count(revoked), 1);
}

static void
refuses_the_whole_realm_where_memory_is_short(void **state)
{
	(void)state;
	assert_true(add(nth(1), 100, 5000));
	memory_is_short = true;
	for (size_t i = 2; i <= 32; i++)
		assert_true(add(nth(i), 100, 5000));
	assert_false(add(nth(33), 90, 5000));
	assert_true(has_realm(100));
	assert_false(has_realm(101));
	assert_false(add(nth(34), 120, 5000));
	assert_true(has_realm(120));
}

/* A smaller table is not to be had: then the one that is there goes on. */
static void
forgets_nothing_else_where_memory_is_short(void **state)
{
	(void)state;
	assert_true(add(nth(1), 100, 5000));
	assert_true(add(nth(2), 100, 9000));
	memory_is_short = true;
	mm_revoked_forget(revoked, 6000, INT64_MAX);
	assert_true(has(nth(2), 100));
}

static void
knows_what_is_well_formed(void **state)
{
	char long_text[MM_REVOKED_TEXT_MAX + 2] = "";
	struct mm_revoked_what which;

	(void)state;
	memset(long_text, 'x', MM_REVOKED_TEXT_MAX + 1);
	which = what(MM_REVOKED_TOKEN, "a", "");
	assert_true(mm_revoked_what_check(&which));
	which = what(MM_REVOKED_SESSION, "a", "b");
	assert_true(mm_revoked_what_check(&which));
	which = what(MM_REVOKED_REALM, "", "");
	assert_true(mm_revoked_what_check(&which));
	which = what(MM_REVOKED_REALM, "a", "");
	assert_false(mm_revoked_what_check(&which));
	which = what(MM_REVOKED_CLIENT, "", "");
	assert_false(mm_revoked_what_check(&which));
	which = what(MM_REVOKED_CLIENT, "a", "b");
	assert_false(mm_revoked_what_check(&which));
	which = what(MM_REVOKED_KIND_END, "a", "");
	assert_false(mm_revoked_what_check(&which));
	which = what(MM_REVOKED_TOKEN, long_text, "");
	assert_false(mm_revoked_what_check(&which));
	/* What no mint writes was not revoked. */
	assert_true(add(nth(1), 100, 5000));
	assert_false(has(which, 0));
	long_text[MM_REVOKED_TEXT_MAX] = '\0';
	assert_true(add(what(MM_REVOKED_SESSION, long_text, long_text), 100, 5000));
	assert_true(has(what(MM_REVOKED_SESSION, long_text, long_text), 100));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(finds_up_to_the_moment, begin, end),
		cmocka_unit_test_setup_teardown(keeps_a_sessions_clients_apart, begin, end),
		cmocka_unit_test_setup_teardown(takes_the_later_of_two, begin, end),
		cmocka_unit_test_setup_teardown(forgets_what_does_not_matter_any_more, begin, end),
		cmocka_unit_test_setup_teardown(keeps_what_matters_once_more_where_a_clock_was_set_back, begin, end),
		cmocka_unit_test_setup_teardown(refuses_the_whole_realm_where_there_is_too_much, begin, end),
		cmocka_unit_test_setup_teardown(keeps_nothing_that_the_whole_realm_covers, begin, end),
		cmocka_unit_test_setup_teardown(refuses_the_whole_realm_where_memory_is_short, begin, end),
		cmocka_unit_test_setup_teardown(forgets_nothing_else_where_memory_is_short, begin, end),
		cmocka_unit_test_setup_teardown(knows_what_is_well_formed, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
