/* SPDX-License-Identifier: Apache-2.0 */
/* How often something may happen, with the time as a parameter. */
#include "daemon/mintmarkd/pace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void
back_off_doubles_up_to_its_longest(void **state)
{
	struct mm_back_off back_off = { 0 };
	int64_t waited_ms = MM_BACK_OFF_MIN_MS;

	(void)state;
	assert_int_equal(mm_back_off_next(&back_off), MM_BACK_OFF_MIN_MS);
	for (unsigned i = 0; i < 8; i++) {
		assert_int_equal(mm_back_off_next(&back_off), 2 * waited_ms);
		waited_ms *= 2;
	}
	for (unsigned i = 0; i < 100; i++)
		assert_int_equal(mm_back_off_next(&back_off), MM_BACK_OFF_MAX_MS);
}

static void
back_off_is_short_again_after_a_steady_life_alone(void **state)
{
	struct mm_back_off back_off = { 0 };

	(void)state;
	(void)mm_back_off_next(&back_off);
	mm_back_off_lived(&back_off, MM_BACK_OFF_STEADY_MS - 1);
	assert_int_equal(mm_back_off_next(&back_off), 2 * MM_BACK_OFF_MIN_MS);
	mm_back_off_lived(&back_off, MM_BACK_OFF_STEADY_MS);
	assert_int_equal(mm_back_off_next(&back_off), MM_BACK_OFF_MIN_MS);
}

static void
cool_down_lets_through_once_in_its_length(void **state)
{
	struct mm_cool_down cool_down = { false, 0 };

	(void)state;
	/* The first at once, wherever the clock stands. */
	assert_true(mm_cool_down_take(&cool_down, 5, 1000));
	assert_false(mm_cool_down_take(&cool_down, 5, 1000));
	assert_false(mm_cool_down_take(&cool_down, 1004, 1000));
	assert_true(mm_cool_down_take(&cool_down, 1005, 1000));
	/* What is refused does not make it longer. */
	assert_false(mm_cool_down_take(&cool_down, 2004, 1000));
	assert_true(mm_cool_down_take(&cool_down, 2005, 1000));
}

static void
gathering_takes_all_at_once_and_puts_nothing_off(void **state)
{
	struct mm_gathering gathering = { MM_NEVER_MS };

	(void)state;
	assert_false(mm_gathering_take(&gathering, INT64_MAX - 1));
	for (int64_t now_ms = 100; now_ms < 100 + MM_GATHER_MS; now_ms += 10) {
		mm_gathering_add(&gathering, now_ms);
		assert_false(mm_gathering_take(&gathering, now_ms));
	}
	assert_true(mm_gathering_take(&gathering, 100 + MM_GATHER_MS));
	assert_false(mm_gathering_take(&gathering, 100 + MM_GATHER_MS));
	mm_gathering_add(&gathering, 1000);
	assert_int_equal(gathering.due_ms, 1000 + MM_GATHER_MS);
}

static void
a_gathering_that_failed_waits_longer_unless_something_is_due(void **state)
{
	struct mm_gathering gathering = { MM_NEVER_MS };

	(void)state;
	mm_gathering_retry(&gathering, 100, 30000);
	assert_false(mm_gathering_take(&gathering, 30099));
	assert_true(mm_gathering_take(&gathering, 30100));
	mm_gathering_add(&gathering, 40000);
	mm_gathering_retry(&gathering, 40000, 30000);
	assert_true(mm_gathering_take(&gathering, 40000 + MM_GATHER_MS));
}

static void
trouble_is_told_first_then_hourly_then_its_end(void **state)
{
	struct mm_telling telling = { 0 };

	(void)state;
	assert_false(mm_telling_good(&telling));
	assert_true(mm_telling_bad(&telling, 7));
	assert_false(mm_telling_bad(&telling, 8));
	assert_false(mm_telling_bad(&telling, 7 + MM_TELL_AGAIN_MS - 1));
	assert_true(mm_telling_bad(&telling, 7 + MM_TELL_AGAIN_MS));
	assert_true(mm_telling_good(&telling));
	assert_false(mm_telling_good(&telling));
}

static void
what_comes_and_goes_fills_no_log(void **state)
{
	struct mm_telling telling = { 0 };
	unsigned lines = 0;

	(void)state;
	for (int64_t now_ms = 0; now_ms < 10 * MM_TELL_LEAST_MS; now_ms++) {
		lines += mm_telling_bad(&telling, now_ms);
		lines += mm_telling_good(&telling);
	}
	assert_int_equal(lines, 20);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(back_off_doubles_up_to_its_longest),
		cmocka_unit_test(back_off_is_short_again_after_a_steady_life_alone),
		cmocka_unit_test(cool_down_lets_through_once_in_its_length),
		cmocka_unit_test(gathering_takes_all_at_once_and_puts_nothing_off),
		cmocka_unit_test(a_gathering_that_failed_waits_longer_unless_something_is_due),
		cmocka_unit_test(trouble_is_told_first_then_hourly_then_its_end),
		cmocka_unit_test(what_comes_and_goes_fills_no_log),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
