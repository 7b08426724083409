/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What threads do. There are three jobs: filling a batch and taking one over are done by one thread at a time, in the
 * order of the text; taking batches apart by as many as there are, in any order. A thread that has done one looks for
 * the next: taking over first, for that frees a batch; then filling, while few batches are filled ahead; then taking
 * apart.
 *
 * Some blocks are filled ahead, since a thread may lose its processor at any time: while that one fills, the others
 * have something to do. With one thread nothing is: what it filled is still in the cache when it is taken apart.
 */
#include "engine/logs/reading_state.h"

#include <errno.h>

/* Blocks that are filled and not begun, and those that wait to be taken over: a few time slices of the scheduler. */
#define AHEAD 4
#define BEHIND 4

_Static_assert(MM_LOGS_THREADS_MAX + AHEAD + BEHIND <= MM_LOGS_BATCHES_MAX, "a batch for each block in work");

enum job { JOB_NONE, JOB_FILL, JOB_TAKE_APART, JOB_TAKE_OVER };

/* Where a block that is in work stands. */
static size_t
place_of(const struct mm_logs_reading *reading, uint64_t block)
{
	return (size_t)(block % reading->batches_count);
}

/* ---- choosing, with lock held ---- */

static enum job
choose(const struct mm_logs_reading *reading)
{
	bool may_fill = !reading->filling_now && !reading->exhausted && reading->idle_count > 0;
	uint64_t ahead = reading->filled - reading->begun;

	if (reading->failure != 0)
		return JOB_NONE;
	if (!reading->taking_over && reading->is_ready[place_of(reading, reading->taken_over)])
		return JOB_TAKE_OVER;
	if (may_fill && (ahead == 0 || (ahead < AHEAD && reading->options.threads > 1)))
		return JOB_FILL;
	return ahead > 0 ? JOB_TAKE_APART : JOB_NONE;
}

/* Nothing will come up any more for a thread that has nothing to do. */
static bool
is_over(const struct mm_logs_reading *reading)
{
	return reading->failure != 0 ||
	    (reading->exhausted && !reading->filling_now && reading->begun == reading->filled);
}

/* ---- the jobs, with lock held, which is let go meanwhile ---- */

static void
fill(struct mm_logs_reading *reading)
{
	struct mm_logs_batch *batch = reading->idle[--reading->idle_count];
	bool more;

	reading->filling_now = true;
	(void)pthread_mutex_unlock(&reading->lock);
	more = mm_logs_reading_fill(reading, batch);
	(void)pthread_mutex_lock(&reading->lock);
	reading->filling_now = false;
	if (more)
		reading->in_work[place_of(reading, reading->filled++)] = batch;
	else {
		reading->exhausted = true;
		reading->idle[reading->idle_count++] = batch;
	}
}

static void
take_apart(struct mm_logs_reading *reading)
{
	size_t place = place_of(reading, reading->begun++);
	struct mm_logs_batch *batch = reading->in_work[place];

	(void)pthread_mutex_unlock(&reading->lock);
	mm_logs_batch_run(batch);
	if (batch->failed)
		reading->failure = ENOMEM;
	(void)pthread_mutex_lock(&reading->lock);
	reading->is_ready[place] = true;
}

static void
take_over(struct mm_logs_reading *reading)
{
	size_t place = place_of(reading, reading->taken_over);
	struct mm_logs_batch *batch = reading->in_work[place];
	int failure;

	reading->taking_over = true;
	(void)pthread_mutex_unlock(&reading->lock);
	failure = mm_logs_reading_take_over(reading, batch);
	(void)pthread_mutex_lock(&reading->lock);
	reading->taking_over = false;
	if (failure != 0)
		reading->failure = failure;
	reading->is_ready[place] = false;
	reading->idle[reading->idle_count++] = batch;
	reading->taken_over++;
}

static void *
work(void *ctx)
{
	struct mm_logs_reading *reading = ctx;
	enum job job;

	(void)pthread_mutex_lock(&reading->lock);
	while ((job = choose(reading)) != JOB_NONE || !is_over(reading)) {
		switch (job) {
		case JOB_NONE: (void)pthread_cond_wait(&reading->done, &reading->lock); continue;
		case JOB_FILL: fill(reading); break;
		case JOB_TAKE_APART: take_apart(reading); break;
		case JOB_TAKE_OVER: take_over(reading); break;
		}
		(void)pthread_cond_broadcast(&reading->done);
	}
	(void)pthread_mutex_unlock(&reading->lock);
	return NULL;
}

/* ---- all of them ---- */

static bool
make_batches(struct mm_logs_reading *reading)
{
	reading->batches_count = reading->options.threads == 1 ? 1 : reading->options.threads + AHEAD + BEHIND;
	for (size_t i = 0; i < reading->batches_count; i++) {
		reading->batches[i] = reading->idle[i] = mm_logs_batch_new();
		if (reading->batches[i] == NULL)
			return false;
	}
	reading->idle_count = reading->batches_count;
	return true;
}

/* Threads that cannot be started are not needed: one is enough. */
static void
run_threads(struct mm_logs_reading *reading)
{
	pthread_t threads[MM_LOGS_THREADS_MAX];
	unsigned started = 0;

	while (started + 1 < reading->options.threads &&
	    pthread_create(&threads[started], NULL, work, reading) == 0)
		started++;
	(void)work(reading);
	for (unsigned i = 0; i < started; i++)
		(void)pthread_join(threads[i], NULL);
}

void
mm_logs_reading_run_threads(struct mm_logs_reading *reading)
{
	if (make_batches(reading))
		run_threads(reading);
	else
		reading->failure = ENOMEM;
	for (size_t i = 0; i < reading->batches_count; i++)
		mm_logs_batch_free(&reading->batches[i]);
}
