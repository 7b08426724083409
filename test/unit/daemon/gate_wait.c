/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests that wait for the ledger: they go on with the stream, ask once when their time is over, and are over with
 * whatever is known then; nobody waits beyond the bounds, nor for ever.
 */
#include "daemon/gate/wait.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NOW_MS 100000

static struct gate_waits waits;
static const struct mm_ask_issued question = { .realm = 3, .digest = { 7 } };

/* Connections are names here: nobody looks into one. */
static struct MHD_Connection *
connection(uintptr_t number)
{
	return (struct MHD_Connection *)number;
}

static int
setup(void **state)
{
	(void)state;
	gate_waits_init(&waits);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	gate_waits_clear(&waits);
	return 0;
}

static bool
suspend(struct gate_wait *wait, uintptr_t number, const struct mm_ask_issued *asked)
{
	if (!gate_waits_begin(&waits, wait, asked, NOW_MS, true))
		return false;
	assert_true(wait->suspends);
	gate_waits_link(&waits, wait, connection(number));
	assert_false(wait->suspends);
	return true;
}

static uintptr_t
take(void)
{
	struct MHD_Connection *taken = NULL;

	return gate_waits_take(&waits, &taken, 1) == 0 ? 0 : (uintptr_t)taken;
}

static void
goes_on_with_the_stream(void **state)
{
	struct gate_wait wait = { 0 };

	(void)state;
	gate_waits_note_progress(&waits, &wait);
	assert_true(suspend(&wait, 1, &question));
	assert_int_equal(take(), 0);
	assert_int_equal(gate_waits_deadline_ms(&waits), NOW_MS + GATE_WAIT_STREAM_MS);
	gate_waits_go_on(&waits);
	assert_int_equal(gate_waits_deadline_ms(&waits), 0);
	assert_int_equal(take(), 1);
	assert_int_equal(wait.answer, MM_LEDGER_NOT_ASKED);
	assert_int_equal(gate_waits_count(&waits), 0);

	/* Still not there: it waits on, and not longer in all. */
	gate_waits_note_progress(&waits, &wait);
	assert_true(gate_waits_begin(&waits, &wait, &question, NOW_MS + 1500, true));
	gate_waits_link(&waits, &wait, connection(1));
	assert_int_equal(gate_waits_deadline_ms(&waits), NOW_MS + GATE_WAIT_STREAM_MS);
	gate_waits_close(&waits);
	assert_int_equal(take(), 1);
}

/* The stream goes on between the decision and the suspension: that must not be missed. */
static void
misses_no_progress(void **state)
{
	struct gate_wait wait = { 0 };

	(void)state;
	gate_waits_note_progress(&waits, &wait);
	gate_waits_go_on(&waits);
	assert_true(suspend(&wait, 1, &question));
	assert_int_equal(take(), 1);
}

static void
asks_once(void **state)
{
	struct gate_wait wait = { 0 };
	struct mm_ask_issued asked;

	(void)state;
	assert_true(suspend(&wait, 1, &question));
	assert_false(gate_waits_ask(&waits, NOW_MS + GATE_WAIT_STREAM_MS - 1, true, true, &asked));
	assert_true(gate_waits_ask(&waits, NOW_MS + GATE_WAIT_STREAM_MS, true, true, &asked));
	assert_int_equal(asked.realm, 3);
	assert_false(gate_waits_ask(&waits, NOW_MS + GATE_WAIT_STREAM_MS, true, true, &asked));
	gate_waits_go_on(&waits);
	assert_int_equal(take(), 0);
	gate_waits_answer(&waits, asked.number + 1, question.digest, MM_LEDGER_HAS_IT);
	assert_int_equal(take(), 0);
	/* The right number, and another token. */
	gate_waits_answer(&waits, asked.number, (const uint8_t[MM_DIGEST_LEN]){ 8 }, MM_LEDGER_HAS_IT);
	assert_int_equal(take(), 0);
	gate_waits_answer(&waits, asked.number, question.digest, MM_LEDGER_HAS_IT);
	assert_int_equal(take(), 1);
	assert_int_equal(wait.answer, MM_LEDGER_HAS_IT);

	/* Decided by that from now on, whatever it says. */
	assert_false(gate_waits_begin(&waits, &wait, &question, NOW_MS, true));
	assert_int_equal(wait.answer, MM_LEDGER_HAS_IT);
	assert_int_equal(waits.asked, 0);
}

static void
is_over_without_an_answer(void **state)
{
	struct gate_wait wait = { 0 };
	struct mm_ask_issued asked;

	(void)state;
	assert_true(suspend(&wait, 1, &question));
	assert_true(gate_waits_ask(&waits, NOW_MS + 2000, true, true, &asked));
	assert_int_equal(gate_waits_deadline_ms(&waits), NOW_MS + 2000 + GATE_WAIT_ANSWER_MS);
	assert_false(gate_waits_ask(&waits, NOW_MS + 2000 + GATE_WAIT_ANSWER_MS, true, true, &asked));
	assert_int_equal(take(), 1);
	assert_int_equal(wait.answer, MM_LEDGER_SILENT);
	assert_int_equal(waits.asked, 0);
}

static void
is_over_where_it_cannot_ask(void **state)
{
	struct gate_wait away = { 0 }, without = { 0 };
	struct mm_ask_issued asked;

	(void)state;
	assert_true(suspend(&away, 1, &question));
	assert_false(gate_waits_ask(&waits, NOW_MS + 2000, false, true, &asked));
	assert_int_equal(take(), 1);
	assert_int_equal(away.answer, MM_LEDGER_SILENT);
	assert_true(suspend(&without, 2, NULL));
	assert_false(gate_waits_ask(&waits, NOW_MS + 2000, true, true, &asked));
	assert_int_equal(take(), 2);
	assert_int_equal(without.answer, MM_LEDGER_SILENT);
}

/* The ledger is started anew while it has a question: it is put to the next one, in the time that is left. */
static void
asks_the_next_ledger(void **state)
{
	struct gate_wait wait = { 0 };
	struct mm_ask_issued first, second;

	(void)state;
	assert_true(suspend(&wait, 1, &question));
	assert_true(gate_waits_ask(&waits, NOW_MS + 2000, true, true, &first));
	gate_waits_break(&waits);
	assert_int_equal(waits.asked, 0);
	assert_false(gate_waits_ask(&waits, NOW_MS + 2500, false, true, &second));
	assert_true(gate_waits_ask(&waits, NOW_MS + 2000 + GATE_WAIT_ANSWER_MS, true, true, &second));
	assert_int_not_equal(first.number, second.number);
	gate_waits_answer(&waits, first.number, question.digest, MM_LEDGER_HAS_IT);
	assert_int_equal(take(), 0);
	gate_waits_answer(&waits, second.number, question.digest, MM_LEDGER_HAS_IT_NOT);
	assert_int_equal(take(), 1);
	assert_int_equal(wait.answer, MM_LEDGER_HAS_IT_NOT);
}

/* One ledger after another takes the question with it. */
static void
asks_no_third_ledger(void **state)
{
	struct gate_wait wait = { 0 };
	struct mm_ask_issued asked;
	int64_t now_ms = NOW_MS + GATE_WAIT_STREAM_MS;

	(void)state;
	assert_true(suspend(&wait, 1, &question));
	for (int i = 0; i < GATE_ASKS_MAX; i++, now_ms += GATE_WAIT_ANSWER_MS) {
		assert_true(gate_waits_ask(&waits, now_ms, true, true, &asked));
		gate_waits_break(&waits);
	}
	assert_false(gate_waits_ask(&waits, now_ms, true, true, &asked));
	assert_int_equal(take(), 1);
	assert_int_equal(wait.answer, MM_LEDGER_SILENT);
}

/* Of one that is not heard, too many questions are its absence. */
static void
is_over_where_questions_pile_up(void **state)
{
	struct gate_wait *many = calloc(GATE_QUESTIONS_MAX, sizeof(*many)), one_more = { 0 };
	struct mm_ask_issued asked;

	(void)state;
	assert_non_null(many);
	for (uintptr_t i = 0; i < GATE_QUESTIONS_MAX; i++)
		assert_true(suspend(&many[i], i + 2, &question));
	while (gate_waits_ask(&waits, NOW_MS + GATE_WAIT_STREAM_MS, true, false, &asked))
		continue;
	assert_true(suspend(&one_more, 1, &question));
	assert_false(gate_waits_ask(&waits, NOW_MS + GATE_WAIT_STREAM_MS, true, false, &asked));
	assert_int_equal(take(), 1);
	assert_int_equal(one_more.answer, MM_LEDGER_SILENT);
	gate_waits_close(&waits);
	while (take() != 0)
		continue;
	free(many);
}

static void
keeps_to_its_bounds(void **state)
{
	struct gate_wait *many = calloc(GATE_WAITS_MAX, sizeof(*many)), one_more = { 0 };
	struct mm_ask_issued asked;
	size_t questions = 0;

	(void)state;
	assert_non_null(many);
	for (uintptr_t i = 0; i < GATE_WAITS_MAX; i++)
		assert_true(suspend(&many[i], i + 1, &question));
	/* Of a ledger that is heard this is not its absence; of one that is not it is. */
	assert_false(suspend(&one_more, 1, &question));
	assert_int_equal(one_more.answer, MM_LEDGER_NOT_ASKED);
	one_more.stage = GATE_WAIT_NONE;
	assert_false(gate_waits_begin(&waits, &one_more, &question, NOW_MS, false));
	assert_int_equal(one_more.answer, MM_LEDGER_SILENT);
	while (gate_waits_ask(&waits, NOW_MS + 2000, true, true, &asked))
		questions++;
	assert_int_equal(questions, GATE_QUESTIONS_MAX);
	questions = 0;
	while (take() != 0)
		questions++;
	assert_int_equal(questions, GATE_WAITS_MAX - GATE_QUESTIONS_MAX);
	for (size_t i = 0; i < GATE_WAITS_MAX; i++)
		assert_int_equal(many[i].answer, MM_LEDGER_NOT_ASKED);
	gate_waits_close(&waits);
	while (take() != 0)
		questions++;
	assert_int_equal(questions, GATE_WAITS_MAX);
	assert_int_equal(gate_waits_count(&waits), 0);
	free(many);
}

/* At the end even one goes on that was about to wait. */
static void
lets_go_of_all(void **state)
{
	struct gate_wait waiting = { 0 }, about_to = { 0 }, late = { 0 };

	(void)state;
	assert_true(suspend(&waiting, 1, &question));
	assert_true(gate_waits_begin(&waits, &about_to, &question, NOW_MS, true));
	gate_waits_close(&waits);
	assert_false(suspend(&late, 3, &question));
	assert_int_equal(take(), 1);
	gate_waits_link(&waits, &about_to, connection(2));
	assert_int_equal(take(), 2);
	assert_int_equal(waiting.answer, MM_LEDGER_NOT_ASKED);
	assert_int_equal(about_to.answer, MM_LEDGER_NOT_ASKED);
	assert_int_equal(late.answer, MM_LEDGER_NOT_ASKED);
	assert_int_equal(gate_waits_count(&waits), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(goes_on_with_the_stream, setup, teardown),
		cmocka_unit_test_setup_teardown(misses_no_progress, setup, teardown),
		cmocka_unit_test_setup_teardown(asks_once, setup, teardown),
		cmocka_unit_test_setup_teardown(is_over_without_an_answer, setup, teardown),
		cmocka_unit_test_setup_teardown(is_over_where_it_cannot_ask, setup, teardown),
		cmocka_unit_test_setup_teardown(asks_the_next_ledger, setup, teardown),
		cmocka_unit_test_setup_teardown(asks_no_third_ledger, setup, teardown),
		cmocka_unit_test_setup_teardown(is_over_where_questions_pile_up, setup, teardown),
		cmocka_unit_test_setup_teardown(keeps_to_its_bounds, setup, teardown),
		cmocka_unit_test_setup_teardown(lets_go_of_all, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
