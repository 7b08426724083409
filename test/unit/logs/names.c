/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names get their numbers in the order in which they come; a table that is full says so and takes no more.
 */
#include "engine/logs/names.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static struct mm_names *
new_names(uint32_t texts_max, size_t bytes_max)
{
	struct mm_names *names = mm_names_new(texts_max, bytes_max);

	assert_non_null(names);
	return names;
}

static uint32_t
add(struct mm_names *names, const char *text)
{
	return mm_names_add(names, mm_slice_str(text));
}

static void
test_numbers_in_the_order_of_coming(void **state)
{
	struct mm_names *names = new_names(1000, 1000000);

	(void)state;
	assert_int_equal(add(names, "b"), 1);
	assert_int_equal(add(names, "a"), 2);
	assert_int_equal(add(names, "b"), 1);
	assert_int_equal(add(names, "B"), 3);
	assert_int_equal(add(names, ""), 0);
	assert_int_equal(mm_names_add(names, MM_SLICE_ABSENT), 0);
	assert_int_equal(mm_names_count(names), 3);
	assert_true(mm_slice_equal(mm_names_text(names, 2), mm_slice_str("a")));
	assert_false(mm_slice_present(mm_names_text(names, 0)));
	assert_false(mm_slice_present(mm_names_text(names, 4)));
	assert_int_equal(mm_names_find(names, mm_slice_str("a")), 2);
	assert_int_equal(mm_names_find(names, mm_slice_str("c")), 0);
	assert_int_equal(mm_names_find(names, MM_SLICE_ABSENT), 0);
	mm_names_clear(names);
	assert_int_equal(mm_names_count(names), 0);
	assert_int_equal(mm_names_find(names, mm_slice_str("a")), 0);
	assert_int_equal(add(names, "a"), 1);
	mm_names_free(&names);
	assert_null(names);
	mm_names_free(&names);
}

static void
test_holds_many(void **state)
{
	struct mm_names *names = new_names(1000000, 100000000);
	const char *first;
	char text[64];

	(void)state;
	assert_int_equal(add(names, "the first one"), 1);
	first = mm_names_text(names, 1).ptr;
	for (unsigned round = 0; round < 2; round++) {
		for (unsigned i = 0; i < 50000; i++) {
			(void)snprintf(text, sizeof(text), "user%u@contoso.example", i);
			assert_int_equal(add(names, text), i + 2);
		}
	}
	for (unsigned i = 0; i < 50000; i++) {
		(void)snprintf(text, sizeof(text), "user%u@contoso.example", i);
		assert_true(mm_slice_equal(mm_names_text(names, i + 2), mm_slice_str(text)));
	}
	assert_ptr_equal(mm_names_text(names, 1).ptr, first); /* texts do not move */

	/* Cleared and filled again, it is as new. */
	mm_names_clear(names);
	for (unsigned i = 0; i < 50000; i++) {
		(void)snprintf(text, sizeof(text), "other%u@contoso.example", i);
		assert_int_equal(add(names, text), i + 1);
	}
	mm_names_free(&names);
}

static void
test_makes_letters_small(void **state)
{
	struct mm_names *names = new_names(10, 1000);
	bool changed;

	(void)state;
	assert_int_equal(mm_names_add_lower(names, mm_slice_str("Stinger@Contoso.example"), &changed), 1);
	assert_true(changed);
	assert_int_equal(mm_names_add_lower(names, mm_slice_str("stinger@contoso.example"), &changed), 1);
	assert_false(changed);
	assert_int_equal(mm_names_add_lower(names, mm_slice_str("J\xC3\x9CRGEN"), NULL), 2);
	assert_true(mm_slice_equal(mm_names_text(names, 2), mm_slice_str("j\xC3\x9Crgen")));
	assert_int_equal(mm_names_add_lower(names, MM_SLICE_ABSENT, &changed), 0);
	mm_names_free(&names);
}

static void
test_a_full_table_says_so(void **state)
{
	struct mm_names *names = new_names(3, 1000);
	uint32_t full;

	(void)state;
	assert_int_equal(add(names, "a"), 1);
	assert_int_equal(add(names, "b"), 2);
	assert_int_equal(add(names, "c"), 3);
	full = add(names, "d");
	assert_int_equal(full, 4);
	assert_true(mm_slice_equal(mm_names_text(names, full), mm_slice_str(MM_NAMES_FULL)));
	assert_int_equal(add(names, "e"), full);
	assert_int_equal(add(names, "a"), 1);
	assert_int_equal(mm_names_refused(names), 2);
	assert_int_equal(mm_names_count(names), 4);
	mm_names_free(&names);

	names = new_names(1000, 10);
	assert_int_equal(add(names, "12345"), 1);
	assert_int_equal(add(names, "123456"), 2);
	assert_true(mm_slice_equal(mm_names_text(names, 2), mm_slice_str(MM_NAMES_FULL)));
	assert_int_equal(add(names, "1"), 2); /* the bytes of that text are over the limit already */
	assert_int_equal(mm_names_refused(names), 2);
	mm_names_free(&names);
}

static void
test_cuts_long_texts_after_a_character(void **state)
{
	struct mm_names *names = new_names(10, 100000);
	char text[MM_NAMES_TEXT_MAX + 10];

	(void)state;
	memset(text, 'x', sizeof(text));
	assert_int_equal(mm_names_add(names, mm_slice(text, MM_NAMES_TEXT_MAX)), 1);
	assert_int_equal(mm_names_cut(names), 0);
	assert_int_equal(mm_names_add(names, mm_slice(text, sizeof(text))), 1);
	assert_int_equal(mm_names_cut(names), 1);
	memcpy(text + MM_NAMES_TEXT_MAX - 2, "\xE2\x82\xAC", 3);
	assert_int_equal(mm_names_add_lower(names, mm_slice(text, sizeof(text)), NULL), 2);
	assert_int_equal(mm_names_text(names, 2).len, MM_NAMES_TEXT_MAX - 2);
	assert_int_equal(mm_names_cut(names), 2);
	memset(text, '\x80', sizeof(text)); /* no characters at all: cut anywhere */
	assert_int_equal(mm_names_add(names, mm_slice(text, sizeof(text))), 3);
	assert_true(mm_names_text(names, 3).len >= MM_NAMES_TEXT_MAX - 4);
	mm_names_free(&names);
}

static void
test_absorbs_another_table(void **state)
{
	struct mm_names *names = new_names(10, 1000), *other = new_names(10, 1000);
	uint32_t map[4];

	(void)state;
	assert_int_equal(add(names, "a"), 1);
	assert_int_equal(add(names, "b"), 2);
	assert_int_equal(add(other, "c"), 1);
	assert_int_equal(add(other, "b"), 2);
	assert_int_equal(add(other, "d"), 3);
	mm_names_absorb(names, other, map);
	assert_int_equal(map[0], 0);
	assert_int_equal(map[1], 3);
	assert_int_equal(map[2], 2);
	assert_int_equal(map[3], 4);
	mm_names_free(&names);
	mm_names_free(&other);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers_in_the_order_of_coming),
		cmocka_unit_test(test_holds_many),
		cmocka_unit_test(test_makes_letters_small),
		cmocka_unit_test(test_a_full_table_says_so),
		cmocka_unit_test(test_cuts_long_texts_after_a_character),
		cmocka_unit_test(test_absorbs_another_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
