/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Timing contenders side by side.
 */
#include "test/bench/timing.h"

#include "test/bench/report.h"

#include <sched.h>
#include <stdlib.h>
#include <time.h>

#define CONTENDERS_MAX 16

static double
cpu_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

void
bench_pin(void)
{
	cpu_set_t allowed, one;

	CPU_ZERO(&one);
	if (sched_getaffinity(0, sizeof(allowed), &allowed) == 0) {
		for (int cpu = CPU_SETSIZE; cpu-- > 0;) {
			if (!CPU_ISSET(cpu, &allowed))
				continue;
			CPU_SET(cpu, &one);
			if (sched_setaffinity(0, sizeof(one), &one) == 0)
				return;
			break;
		}
	}
	fprintf(stderr, "bench: not pinned to one processor: expect more noise\n");
}

static double
time_runs(const struct bench_contender *contender, size_t runs)
{
	double begin = cpu_ns();

	for (size_t i = 0; i < runs; i++) {
		if (!contender->run(contender->ctx)) {
			fprintf(stderr, "bench: %s refused what it should take\n", contender->name);
			exit(2);
		}
	}
	return cpu_ns() - begin;
}

/* How many runs make a turn. */
static size_t
calibrate(const struct bench_contender *contender, double turn_ns)
{
	size_t runs = 1;
	double ns;

	while ((ns = time_runs(contender, runs)) < turn_ns / 10)
		runs *= 4;
	return (size_t)(turn_ns / (ns / (double)runs)) + 1;
}

static int
compare_doubles(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;

	return a < b ? -1 : a > b;
}

double
bench_percentile(double *values, size_t count, double share)
{
	size_t place = (size_t)((double)count * share);

	qsort(values, count, sizeof(*values), compare_doubles);
	return values[place < count ? place : count - 1];
}

double
bench_median(double *values, size_t count)
{
	double upper = bench_percentile(values, count, 0.5);

	return count % 2 == 1 ? upper : (values[count / 2 - 1] + upper) / 2;
}

void
bench_run(struct bench_contender *contenders, size_t count, unsigned rounds, unsigned turn_ms)
{
	static double ns[CONTENDERS_MAX][BENCH_ROUNDS_MAX], ratio[CONTENDERS_MAX][BENCH_ROUNDS_MAX];
	size_t runs[CONTENDERS_MAX];

	if (count > CONTENDERS_MAX || rounds > BENCH_ROUNDS_MAX)
		abort();
	for (size_t i = 0; i < count; i++)
		runs[i] = calibrate(&contenders[i], turn_ms * 1e6);
	for (unsigned round = 0; round < rounds; round++) {
		for (size_t i = 0; i < count; i++)
			ns[i][round] = time_runs(&contenders[i], runs[i]) / (double)runs[i];
		for (size_t i = 0; i < count; i++)
			ratio[i][round] = ns[0][round] / ns[i][round];
	}
	for (size_t i = 0; i < count; i++) {
		contenders[i].ns = bench_median(ns[i], rounds);
		contenders[i].of_floor = bench_median(ratio[i], rounds);
	}
}
