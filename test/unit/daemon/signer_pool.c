/* SPDX-License-Identifier: Apache-2.0 */
/* When a signer's loop is woken: for as many answers as go together, and not later than it may be. */
#include "daemon/signer/pool.h"

#include "daemon/ipc/mint.h"

#include <poll.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define WORKS (MM_SIGN_TOGETHER_MAX + 8)

/* One thread signs, which does a piece of work when it is let; an order needs no leave. */
static struct {
	struct signer_pool pool;
	struct signer_work works[WORKS];
	sem_t begun, let;
} bench;

static void
run(void *context, struct signer_work *work, unsigned thread)
{
	(void)context;
	(void)thread;
	if (work->queue == SIGNER_QUEUE_ORDER)
		return;
	(void)sem_post(&bench.begun);
	while (sem_wait(&bench.let) == -1)
		;
}

static void
wait_until_begun(void)
{
	while (sem_wait(&bench.begun) == -1)
		;
}

/* Let the piece at hand be done. When the next has begun, it is known whether the loop was woken. */
static void
do_one(void)
{
	(void)sem_post(&bench.let);
	wait_until_begun();
}

static bool
is_woken(int timeout_ms)
{
	struct pollfd event = { bench.pool.event_fd, POLLIN, 0 };

	return poll(&event, 1, timeout_ms) == 1;
}

static size_t
collect(void)
{
	size_t count = 0;

	for (const struct signer_work *work = signer_pool_collect(&bench.pool); work != NULL; work = work->next)
		count++;
	return count;
}

static void
submit(enum signer_queue queue, size_t first, size_t count)
{
	struct signer_list list = SIGNER_LIST_EMPTY;

	for (size_t i = first; i < first + count; i++) {
		bench.works[i].queue = queue;
		signer_list_add(&list, &bench.works[i]);
	}
	signer_pool_submit(&bench.pool, queue, &list);
}

static int
setup(void **state)
{
	(void)state;
	memset(&bench, 0, sizeof(bench));
	assert_int_equal(sem_init(&bench.begun, 0, 0), 0);
	assert_int_equal(sem_init(&bench.let, 0, 0), 0);
	assert_true(signer_pool_start(&bench.pool, 1, run, NULL));
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2 * (size_t)WORKS; i++)
		(void)sem_post(&bench.let);
	assert_true(signer_pool_stop(&bench.pool));
	close(bench.pool.event_fd);
	return 0;
}

/* Nothing else waits, so nothing would come that it could be answered with. */
static void
the_only_one_is_answered_at_once(void **state)
{
	(void)state;
	submit(SIGNER_QUEUE_SIGN, 0, 1);
	assert_true(signer_pool_may_sleep(&bench.pool));
	(void)sem_post(&bench.let);
	assert_true(is_woken(-1));
	signer_pool_woke(&bench.pool, true);
	assert_int_equal(collect(), 1);
}

static void
many_are_answered_together(void **state)
{
	int64_t begun_ms = signer_clock_ms();
	size_t done = 0;

	(void)state;
	submit(SIGNER_QUEUE_SIGN, 0, WORKS);
	assert_true(signer_pool_may_sleep(&bench.pool));
	wait_until_begun();
	while (!is_woken(0)) {
		assert_true(done < MM_SIGN_TOGETHER_MAX);
		do_one();
		done++;
	}
	assert_true(done == MM_SIGN_TOGETHER_MAX || signer_clock_ms() - begun_ms >= 2); /* or it took long */
	signer_pool_woke(&bench.pool, true);
	assert_int_equal(collect(), done);
	assert_true(signer_pool_may_sleep(&bench.pool));
	assert_false(is_woken(0));
}

/* The first is not left lying until all the others are done. */
static void
what_takes_long_is_answered_meanwhile(void **state)
{
	int64_t begun_ms;

	(void)state;
	submit(SIGNER_QUEUE_SIGN, 0, 4);
	assert_true(signer_pool_may_sleep(&bench.pool));
	wait_until_begun();
	do_one();
	assert_false(is_woken(0));
	for (begun_ms = signer_clock_ms(); signer_clock_ms() - begun_ms < 5;)
		(void)poll(NULL, 0, 5); /* that it takes long is what is looked at */
	do_one();
	assert_true(is_woken(0));
	signer_pool_woke(&bench.pool, true);
	assert_int_equal(collect(), 2);
}

/* Before the loop sleeps it is told what became due while it was awake. */
static void
a_loop_that_is_awake_sees_what_is_due(void **state)
{
	(void)state;
	submit(SIGNER_QUEUE_SIGN, 0, MM_SIGN_TOGETHER_MAX + 4);
	wait_until_begun();
	for (unsigned i = 0; i < MM_SIGN_TOGETHER_MAX; i++)
		do_one();
	assert_false(is_woken(0)); /* it does not sleep */
	assert_false(signer_pool_may_sleep(&bench.pool));
	assert_int_equal(collect(), MM_SIGN_TOGETHER_MAX);
	assert_true(signer_pool_may_sleep(&bench.pool));
}

/* What else is done with the store is told at once, whatever is being signed. */
static void
an_order_waits_for_no_signature(void **state)
{
	(void)state;
	submit(SIGNER_QUEUE_SIGN, 0, 4);
	wait_until_begun();
	assert_true(signer_pool_may_sleep(&bench.pool));
	submit(SIGNER_QUEUE_ORDER, 4, 1);
	assert_true(is_woken(-1));
	signer_pool_woke(&bench.pool, true);
	assert_int_equal(collect(), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_only_one_is_answered_at_once, setup, teardown),
		cmocka_unit_test_setup_teardown(many_are_answered_together, setup, teardown),
		cmocka_unit_test_setup_teardown(what_takes_long_is_answered_meanwhile, setup, teardown),
		cmocka_unit_test_setup_teardown(a_loop_that_is_awake_sees_what_is_due, setup, teardown),
		cmocka_unit_test_setup_teardown(an_order_waits_for_no_signature, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
