/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The floor of every decision: EVP_DigestVerify() with a reused key and a context copied from a prepared one, the
 * fastest way to verify with OpenSSL's own interface.
 */
#ifndef BENCH_FLOOR_H
#define BENCH_FLOOR_H

#include "lib/base/limits.h"
#include "test/bench/subject.h"

#include <stdbool.h>

struct bench_floor {
	const struct bench_subject *subject;
	EVP_MD_CTX *prepared, *work;
	unsigned char signature[MM_SIGNATURE_LEN_MAX];
	size_t signature_len;
};

/* The subject must outlive it. Ends the program where OpenSSL cannot. */
void bench_floor_open(struct bench_floor *floor, const struct bench_subject *subject);
void bench_floor_close(struct bench_floor *floor);

/* Verify once; ctx is the floor. */
bool bench_floor_run(void *ctx);

#endif
