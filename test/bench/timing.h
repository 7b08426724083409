/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Timing contenders side by side: interleaved rounds on one processor, medians, ratios within a round.
 */
#ifndef BENCH_TIMING_H
#define BENCH_TIMING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* One thing that is timed. run() does it once and returns whether it came out right. */
struct bench_contender {
	const char *name;
	bool (*run)(void *ctx);
	void *ctx;
	/* Results: medians over the rounds. */
	double ns;       /* CPU time of one run */
	double of_floor; /* the floor's time / this one's, in the same round; the first contender is the floor */
};

/* Keep this process on one processor, the last that it may use; says on standard error where it cannot. */
void bench_pin(void);

/*
 * Time all contenders in turn, round after round. Each turn lasts at least turn_ms. Ends the program where a run
 * comes out wrong: a contender that does not do the work has no time.
 */
void bench_run(struct bench_contender *contenders, size_t count, unsigned rounds, unsigned turn_ms);

/* Of count values, at least one, which are sorted: the one that this share of them does not exceed; the median. */
double bench_percentile(double *values, size_t count, double share);
double bench_median(double *values, size_t count);

#endif
