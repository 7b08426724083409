/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of reasons is whole: every reason has a code of its own, a sentence, a mend, a step and a class.
 */

#include <mintmark.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void
every_reason_has_its_row(void **state)
{
	(void)state;
	for (int i = 0; i < MM_REASON_COUNT; i++) {
		enum mm_reason reason = (enum mm_reason)i, found = MM_REASON_COUNT;
		const char *code = mm_reason_code(reason);

		assert_true(mm_reason_find(code, strlen(code), &found));
		assert_int_equal(found, reason); /* so no code stands twice */
		assert_true(strlen(mm_reason_text(reason)) > 10);
		assert_true(strlen(mm_reason_mend(reason)) > 10);
		assert_int_not_equal(mm_reason_text(reason)[strlen(mm_reason_text(reason)) - 1], '.');
		assert_true(mm_reason_step(reason) <= 13);
		assert_int_equal(mm_reason_class(reason) == MM_CLASS_NONE, reason == MM_OK);
	}
}

static void
no_other_number_is_a_reason(void **state)
{
	enum mm_reason found = MM_OK;

	(void)state;
	assert_string_equal(mm_reason_code(MM_REASON_COUNT), "INTERNAL");
	assert_string_equal(mm_reason_code((enum mm_reason)-1), "INTERNAL");
	assert_int_equal(mm_reason_class((enum mm_reason)12345), MM_CLASS_UNAVAILABLE);
	assert_false(mm_reason_find("ok", 2, &found));
	assert_false(mm_reason_find("OKAY", 4, &found));
	assert_false(mm_reason_find("", 0, &found));
}

static void
the_version_is_the_headers(void **state)
{
	(void)state;
	assert_string_equal(mm_version(), MM_VERSION_TEXT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_reason_has_its_row),
		cmocka_unit_test(no_other_number_is_a_reason),
		cmocka_unit_test(the_version_is_the_headers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
