/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the peers share.
 */
#include "test/bench/peers.h"

#include <stdlib.h>
#include <time.h>

struct bench_peer_context *
bench_peer_context_new(const struct bench_subject *subject, void *key)
{
	struct bench_peer_context *context = calloc(1, sizeof(*context));

	if (context == NULL || key == NULL)
		maker_fail("a peer cannot be prepared");
	context->subject = subject;
	context->key = key;
	return context;
}

bool
bench_claims_fit(const char *iss, const char *aud, long long exp_s)
{
	return iss != NULL && aud != NULL && strcmp(iss, BENCH_ISSUER) == 0 && strcmp(aud, BENCH_AUDIENCE) == 0 &&
	    exp_s > (long long)time(NULL);
}
