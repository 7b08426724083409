/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench-scaling [--json FILE] [--rounds N]: how many decisions one thread makes, and how many two make that share a
 * snapshot and a cache, each on a processor of its own.
 *
 * Counted against the threads' CPU time, so that what else the machine does disturbs less; what they cost each other,
 * in locks and in memory, is in it.
 */
#include "test/bench/crowd.h"
#include "test/bench/report.h"
#include "test/bench/timing.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <time.h>

#define THREADS_MAX 2
#define TURN_NS 50e6
#define TOKENS 500
#define CACHE_BYTES ((size_t)4000000)

/* Decisions between two looks at the clock. */
#define BATCH 64

static const unsigned char seed[MM_CACHE_SEED_LEN] = "any bytes will do for one run!!";

struct worker {
	struct bench_decider decider;
	pthread_barrier_t *begin;
	int processor; /* -1: any */
	double rate;   /* decisions a second, of the last turn */
};

/* ---- one turn ---- */

static double
thread_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static void
stay_on(int processor)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	if (processor >= 0)
		CPU_SET(processor, &one);
	if (processor < 0 || sched_setaffinity(0, sizeof(one), &one) != 0)
		fprintf(stderr, "bench: not pinned to one processor: expect more noise\n");
}

static void *
take_turn(void *ctx)
{
	struct worker *worker = ctx;
	double begin_ns, spent_ns;
	size_t decisions = 0;

	stay_on(worker->processor);
	pthread_barrier_wait(worker->begin);
	begin_ns = thread_ns();
	do {
		for (int i = 0; i < BATCH; i++)
			if (!bench_decider_run(&worker->decider))
				maker_fail("the decision denies what it should allow");
		decisions += BATCH;
		spent_ns = thread_ns() - begin_ns;
	} while (spent_ns < TURN_NS);
	worker->rate = (double)decisions / (spent_ns / 1e9);
	return NULL;
}

/* The decisions a second of so many threads together. */
static double
rate_of(struct worker *workers, unsigned threads)
{
	pthread_t running[THREADS_MAX];
	pthread_barrier_t begin;
	double rate = 0;

	pthread_barrier_init(&begin, NULL, threads);
	for (unsigned i = 0; i < threads; i++) {
		workers[i].begin = &begin;
		if (pthread_create(&running[i], NULL, take_turn, &workers[i]) != 0)
			maker_fail("there is no thread to be had");
	}
	for (unsigned i = 0; i < threads; i++) {
		pthread_join(running[i], NULL);
		rate += workers[i].rate;
	}
	pthread_barrier_destroy(&begin);
	return rate;
}

/* ---- one kind of decision ---- */

static void
report_rates(struct bench_report *report, double one, double two, double ratio)
{
	bench_report_add(report, &(struct bench_figure){ .what = "1 thread", .value = one / 1e3,
	    .unit = "thousand decisions/s" });
	bench_report_add(report, &(struct bench_figure){ .what = "2 threads", .value = two / 1e3,
	    .unit = "thousand decisions/s" });
	bench_report_add(report, &(struct bench_figure){ .what = "2 threads beside 1", .value = ratio,
	    .unit = "times" });
}

static void
measure(struct bench_report *report, const char *group, const struct bench_crowd *crowd, struct mm_cache *cache,
    const int processors[THREADS_MAX])
{
	static double one[BENCH_ROUNDS_MAX], two[BENCH_ROUNDS_MAX], ratio[BENCH_ROUNDS_MAX];
	struct worker workers[THREADS_MAX];

	for (int i = 0; i < THREADS_MAX; i++) {
		workers[i] = (struct worker){ .processor = processors[i] };
		bench_decider_open(&workers[i].decider, crowd, cache, TOKENS, 1);
	}
	for (unsigned round = 0; round < report->rounds; round++) {
		one[round] = rate_of(workers, 1);
		two[round] = rate_of(workers, 2);
		ratio[round] = two[round] / one[round];
	}
	bench_report_group(report, group);
	report_rates(report, bench_median(one, report->rounds), bench_median(two, report->rounds),
	    bench_median(ratio, report->rounds));
	for (int i = 0; i < THREADS_MAX; i++)
		bench_decider_close(&workers[i].decider);
}

/* Two processors that this process may use; -1 where there are fewer. */
static void
choose_processors(int processors[THREADS_MAX])
{
	cpu_set_t allowed;
	int found = 0;

	processors[0] = processors[1] = -1;
	if (sched_getaffinity(0, sizeof(allowed), &allowed) != 0)
		return;
	for (int cpu = 0; cpu < CPU_SETSIZE && found < THREADS_MAX; cpu++) {
		if (CPU_ISSET(cpu, &allowed))
			processors[found++] = cpu;
	}
}

int
main(int argc, char **argv)
{
	int processors[THREADS_MAX];
	struct bench_report report;
	struct bench_crowd crowd;
	struct mm_cache *cache;

	bench_report_begin(&report, &argc, &argv, 31, "");
	choose_processors(processors);
	bench_crowd_make(&crowd, "RS256", TOKENS);
	cache = mm_cache_new(CACHE_BYTES, seed);
	if (cache == NULL)
		maker_fail("memory is short");
	measure(&report, "threads: every signature verified", &crowd, NULL, processors);
	measure(&report, "threads: every signature remembered", &crowd, cache, processors);
	mm_cache_free(&cache);
	bench_crowd_free(&crowd);
	return bench_report_end(&report);
}
