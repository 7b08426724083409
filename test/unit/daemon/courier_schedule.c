/* SPDX-License-Identifier: Apache-2.0 */
/* When a document is fetched next. */
#include "daemon/courier/schedule.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define BEGIN_MS INT64_C(1000000)
#define REFRESH_S 300

static void
it_is_due_at_once(void **state)
{
	struct courier_schedule schedule;

	(void)state;
	courier_schedule_init(&schedule, REFRESH_S, BEGIN_MS);
	assert_true(courier_schedule_is_due(&schedule, BEGIN_MS));
	courier_schedule_begin(&schedule);
	assert_false(courier_schedule_is_due(&schedule, BEGIN_MS + 1));
}

static void
after_a_success_it_waits_for_the_refresh(void **state)
{
	struct courier_schedule schedule;

	(void)state;
	courier_schedule_init(&schedule, REFRESH_S, BEGIN_MS);
	courier_schedule_begin(&schedule);
	courier_schedule_end(&schedule, false, BEGIN_MS, 0);
	assert_false(courier_schedule_is_due(&schedule, BEGIN_MS + REFRESH_S * 1000 - 1));
	assert_true(courier_schedule_is_due(&schedule, BEGIN_MS + REFRESH_S * 1000));
	courier_schedule_begin(&schedule);
	courier_schedule_end(&schedule, false, BEGIN_MS, UINT32_MAX);
	assert_int_equal(schedule.next_ms, BEGIN_MS + REFRESH_S * 900 + 1);
}

/* Fail once; how long it waits. */
static int64_t
fail_once(struct courier_schedule *schedule, uint32_t chance)
{
	courier_schedule_begin(schedule);
	courier_schedule_end(schedule, true, BEGIN_MS, chance);
	return schedule->next_ms - BEGIN_MS;
}

static void
failures_back_off_to_the_least_of_two_limits(void **state)
{
	struct courier_schedule schedule;

	(void)state;
	courier_schedule_init(&schedule, 3600, BEGIN_MS);
	for (int64_t wait_ms = COURIER_BACK_OFF_FIRST_MS; wait_ms < COURIER_BACK_OFF_MAX_MS; wait_ms *= 2)
		assert_int_equal(fail_once(&schedule, 0), wait_ms);
	assert_int_equal(fail_once(&schedule, 0), COURIER_BACK_OFF_MAX_MS);
	assert_int_equal(fail_once(&schedule, UINT32_MAX), COURIER_BACK_OFF_MAX_MS / 2 + 1);
	schedule.failures = UINT32_MAX;
	assert_int_equal(fail_once(&schedule, 0), COURIER_BACK_OFF_MAX_MS);
	assert_int_equal(schedule.failures, UINT32_MAX);

	courier_schedule_init(&schedule, 5, BEGIN_MS);
	for (int i = 0; i < 100; i++)
		assert_true(fail_once(&schedule, 0) <= 5000);
	assert_int_equal(fail_once(&schedule, 0), 5000);
	courier_schedule_begin(&schedule);
	courier_schedule_end(&schedule, false, BEGIN_MS, 0);
	assert_int_equal(schedule.failures, 0);
	assert_int_equal(fail_once(&schedule, 0), COURIER_BACK_OFF_FIRST_MS);
}

static void
who_asks_waits_only_for_the_rest(void **state)
{
	struct courier_schedule schedule;

	(void)state;
	courier_schedule_init(&schedule, REFRESH_S, BEGIN_MS);
	courier_schedule_begin(&schedule);
	courier_schedule_ask(&schedule, BEGIN_MS);
	assert_false(courier_schedule_is_due(&schedule, BEGIN_MS));
	courier_schedule_end(&schedule, false, BEGIN_MS, 0);
	assert_int_equal(schedule.next_ms, BEGIN_MS + REFRESH_S * 1000);

	courier_schedule_ask(&schedule, BEGIN_MS);
	assert_false(courier_schedule_is_due(&schedule, BEGIN_MS + COURIER_REST_MS - 1));
	assert_true(courier_schedule_is_due(&schedule, BEGIN_MS + COURIER_REST_MS));
	courier_schedule_ask(&schedule, BEGIN_MS + COURIER_REST_MS * 2);
	assert_true(courier_schedule_is_due(&schedule, BEGIN_MS + COURIER_REST_MS));
}

static void
asking_puts_nothing_off(void **state)
{
	struct courier_schedule schedule;

	(void)state;
	courier_schedule_init(&schedule, 1, BEGIN_MS);
	assert_int_equal(fail_once(&schedule, UINT32_MAX), COURIER_BACK_OFF_FIRST_MS / 2 + 1);
	courier_schedule_ask(&schedule, BEGIN_MS);
	assert_int_equal(schedule.next_ms, BEGIN_MS + COURIER_BACK_OFF_FIRST_MS / 2 + 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_due_at_once),
		cmocka_unit_test(after_a_success_it_waits_for_the_refresh),
		cmocka_unit_test(failures_back_off_to_the_least_of_two_limits),
		cmocka_unit_test(who_asks_waits_only_for_the_rest),
		cmocka_unit_test(asking_puts_nothing_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
