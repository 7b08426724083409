/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Many genuine tokens of one issuer, and deciding about them one after the other.
 */
#ifndef BENCH_CROWD_H
#define BENCH_CROWD_H

#include "test/bench/subject.h"

struct bench_crowd {
	struct bench_subject subject;
	struct maker_text *tokens; /* about 1.3 kB each */
	size_t count;
};

/* Make count different tokens. Ends the program where it cannot. */
void bench_crowd_make(struct bench_crowd *crowd, const char *algorithm, size_t count);
void bench_crowd_free(struct bench_crowd *crowd);

/* One thread that decides about the first count tokens of a crowd in turn. */
struct bench_decider {
	const struct bench_crowd *crowd;
	struct mm_decision *decision;
	struct mm_cache *cache; /* NULL: each signature is verified */
	size_t count;
	size_t stride; /* from one token to the next, prime to count: how far apart they lie */
	size_t next;
	int64_t now_s;
};

/* Ends the program where memory is short. */
void bench_decider_open(struct bench_decider *decider, const struct bench_crowd *crowd, struct mm_cache *cache,
    size_t count, size_t stride);
void bench_decider_close(struct bench_decider *decider);

/* Decide once, as a contender runs; whether the token was allowed. */
bool bench_decider_run(void *decider);

#endif
