/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Debian's C libraries for tokens, each doing the nearest it has to a decision: verify the signature and compare iss,
 * aud and exp. That is less than a decision does.
 */
#ifndef BENCH_PEERS_H
#define BENCH_PEERS_H

#include "test/bench/subject.h"

#include <stdbool.h>

struct bench_peer {
	const char *name;
	const char *algorithms; /* that it has, separated by spaces */
	void *(*open)(const struct bench_subject *subject);
	bool (*run)(void *ctx);
};

extern const struct bench_peer bench_peer_libjwt, bench_peer_cjose, bench_peer_jose, bench_peer_rhonabwy;

/* What a peer's functions share. open() gives one; it lives until the program ends, as the keys do. */
struct bench_peer_context {
	const struct bench_subject *subject;
	void *key;
};

/* Ends the program where key is NULL. */
struct bench_peer_context *bench_peer_context_new(const struct bench_subject *subject, void *key);

/* The comparisons that every peer's caller must make himself; absent claims do not fit. */
bool bench_claims_fit(const char *iss, const char *aud, long long exp_s);

#endif
