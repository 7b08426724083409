/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench-cache [--json FILE] [--rounds N]: decisions about tokens that the cache knows, few of them and many, and the
 * memory that it takes.
 */
#include "test/bench/crowd.h"
#include "test/bench/report.h"
#include "test/bench/timing.h"

#include <stdio.h>
#include <unistd.h>

#define TURN_MS 20

#define HELD_TOKENS 100000
#define COLD_TOKENS 60000
#define HOT_TOKENS 500

/* Room for the tokens that are to be held. */
#define CACHE_BYTES ((size_t)64000000)

#define MUST_HOT_US 0.7
#define MUST_COLD_US 2.5
#define MUST_HELD_MB 100

/* So far from one to the next that neither token nor entry lies in a line of memory that was read before. */
#define COLD_STRIDE 7919

static const unsigned char seed[MM_CACHE_SEED_LEN] = "any bytes will do for one run!!";

/* ---- memory ---- */

static double
resident_mb(void)
{
	char line[128], *behind_whole = NULL;
	FILE *file = fopen("/proc/self/statm", "re");
	unsigned long resident;

	if (file == NULL || fgets(line, sizeof(line), file) == NULL)
		maker_fail("/proc/self/statm cannot be read");
	fclose(file);
	(void)strtoul(line, &behind_whole, 10);
	resident = strtoul(behind_whole, NULL, 10);
	return (double)resident * (double)sysconf(_SC_PAGESIZE) / 1e6;
}

static void
decide_about_all(struct bench_decider *decider)
{
	for (size_t i = 0; i < decider->count; i++)
		if (!bench_decider_run(decider))
			maker_fail("the decision denies what it should allow");
}

static uint64_t
hits_of(const struct mm_cache *cache)
{
	struct mm_cache_stats stats;

	mm_cache_get_stats(cache, &stats);
	return stats.hits;
}

/* A cache that holds the crowd: what it made the process grow by, and how many of the tokens it knows. */
static struct mm_cache *
fill_cache(struct bench_report *report, const struct bench_crowd *crowd)
{
	struct bench_decider decider;
	double before_mb, grown_mb;
	struct mm_cache *cache;
	uint64_t hits;

	bench_decider_open(&decider, crowd, NULL, HELD_TOKENS, 1);
	if (!bench_decider_run(&decider)) /* what libcrypto takes at its first use is not the cache's */
		maker_fail("the decision denies what it should allow");
	before_mb = resident_mb();
	decider.cache = cache = mm_cache_new(CACHE_BYTES, seed);
	if (cache == NULL)
		maker_fail("memory is short");
	decider.next = 0;
	decide_about_all(&decider);
	grown_mb = resident_mb() - before_mb;
	hits = hits_of(cache);
	decide_about_all(&decider);
	bench_report_add(report, &(struct bench_figure){ "resident memory of 100,000 tokens", grown_mb, "MB",
	    BENCH_AT_MOST, MUST_HELD_MB });
	bench_report_add(report, &(struct bench_figure){ "of them it knows", (double)(hits_of(cache) - hits), "",
	    BENCH_AT_LEAST, HELD_TOKENS });
	bench_decider_close(&decider);
	return cache;
}

/* ---- time ---- */

static void
time_hits(struct bench_report *report, const struct bench_crowd *crowd, struct mm_cache *cache)
{
	struct bench_decider hot, cold, without;
	struct bench_contender contenders[] = {
		{ .name = "500 hot tokens", .run = bench_decider_run, .ctx = &hot },
		{ .name = "60,000 cold tokens", .run = bench_decider_run, .ctx = &cold },
		{ .name = "500 tokens, no cache", .run = bench_decider_run, .ctx = &without },
	};

	bench_decider_open(&hot, crowd, cache, HOT_TOKENS, 1);
	bench_decider_open(&cold, crowd, cache, COLD_TOKENS, COLD_STRIDE);
	bench_decider_open(&without, crowd, NULL, HOT_TOKENS, 1);
	bench_run(contenders, 3, report->rounds, TURN_MS);
	bench_report_add(report, &(struct bench_figure){ contenders[0].name, contenders[0].ns / 1e3, "µs",
	    BENCH_AT_MOST, MUST_HOT_US });
	bench_report_add(report, &(struct bench_figure){ contenders[1].name, contenders[1].ns / 1e3, "µs",
	    BENCH_AT_MOST, MUST_COLD_US });
	bench_report_add(report, &(struct bench_figure){ .what = contenders[2].name, .value = contenders[2].ns / 1e3,
	    .unit = "µs" });
	bench_decider_close(&hot);
	bench_decider_close(&cold);
	bench_decider_close(&without);
}

int
main(int argc, char **argv)
{
	struct bench_report report;
	struct bench_crowd crowd;
	struct mm_cache *cache;

	bench_report_begin(&report, &argc, &argv, 31, "");
	bench_pin();
	bench_crowd_make(&crowd, "ES256", HELD_TOKENS);
	bench_report_group(&report, "decisions with a cache");
	bench_report_add(&report, &(struct bench_figure){ .what = "each token", .value = (double)crowd.tokens[0].len,
	    .unit = "bytes" });
	cache = fill_cache(&report, &crowd);
	time_hits(&report, &crowd, cache);
	mm_cache_free(&cache);
	bench_crowd_free(&crowd);
	return bench_report_end(&report);
}
