/* SPDX-License-Identifier: Apache-2.0 */
/* Questions that wait: an answer reaches who asked, once, from the process that was asked, and of no desk before. */
#include "daemon/mintmarkd/asks.h"

#include "daemon/mintmarkd/keeper.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct mm_keeper ledger, verifier;

static void
finds_who_asked(void **state)
{
	struct mm_asks asks = { .count = 0 };
	uint64_t first, second, question = 0;

	(void)state;
	assert_true(mm_asks_add(&asks, 70, &ledger, &first));
	assert_true(mm_asks_add(&asks, 70, &verifier, &second));
	assert_true(first != second);
	assert_int_equal(mm_asks_take(&asks, first, &verifier, &question), MM_ASKS_NONE);
	assert_int_equal(mm_asks_take(&asks, first, &ledger, &question), MM_ASKS_FOUND);
	assert_int_equal(question, 70);
	assert_int_equal(mm_asks_take(&asks, first, &ledger, &question), MM_ASKS_STALE);
	assert_int_equal(mm_asks_take(&asks, second + 1, &verifier, &question), MM_ASKS_NONE);
	assert_int_equal(mm_asks_take(&asks, 0, &verifier, &question), MM_ASKS_NONE);
	assert_int_equal(mm_asks_take(&asks, second, &verifier, &question), MM_ASKS_FOUND);
}

static void
fails_those_of_a_process_that_ended(void **state)
{
	struct mm_asks asks = { .count = 0 };
	uint64_t number, question, sum = 0;

	(void)state;
	assert_true(mm_asks_add(&asks, 1, &ledger, &number));
	assert_true(mm_asks_add(&asks, 2, &verifier, &number));
	assert_true(mm_asks_add(&asks, 4, &ledger, &number));
	while (mm_asks_take_any(&asks, &ledger, &question))
		sum += question;
	assert_int_equal(sum, 5);
	assert_int_equal(asks.count, 1);
}

/* Numbers go on behind a desk that died: a late answer to it is none to the next one. */
static void
forgets_with_the_desk(void **state)
{
	struct mm_asks asks = { .count = 0 };
	uint64_t before, after, question;

	(void)state;
	assert_true(mm_asks_add(&asks, 1, &ledger, &before));
	mm_asks_forget(&asks);
	assert_true(mm_asks_add(&asks, 1, &ledger, &after));
	assert_true(before != after);
	assert_int_equal(mm_asks_take(&asks, before, &ledger, &question), MM_ASKS_STALE);
	assert_int_equal(asks.count, 1);
}

static void
takes_no_more_than_the_desk_has(void **state)
{
	struct mm_asks asks = { .count = 0 };
	uint64_t number;

	(void)state;
	for (int i = 0; i < MM_ASKS_MAX; i++)
		assert_true(mm_asks_add(&asks, 1, &ledger, &number));
	assert_false(mm_asks_add(&asks, 1, &ledger, &number));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_who_asked),
		cmocka_unit_test(fails_those_of_a_process_that_ended),
		cmocka_unit_test(forgets_with_the_desk),
		cmocka_unit_test(takes_no_more_than_the_desk_has),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
