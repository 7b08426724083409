/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Many genuine tokens of one issuer.
 */
#include "test/bench/crowd.h"

#include <stdlib.h>
#include <time.h>

void
bench_crowd_make(struct bench_crowd *crowd, const char *algorithm, size_t count)
{
	bench_subject_make(&crowd->subject, algorithm);
	crowd->count = count;
	crowd->tokens = calloc(count, sizeof(*crowd->tokens));
	if (crowd->tokens == NULL)
		maker_fail("memory is short");
	for (size_t i = 0; i < count; i++)
		bench_subject_sign(&crowd->subject, (unsigned)i, &crowd->tokens[i]);
}

void
bench_crowd_free(struct bench_crowd *crowd)
{
	for (size_t i = 0; i < crowd->count; i++)
		maker_text_clear(&crowd->tokens[i]);
	free(crowd->tokens);
	bench_subject_free(&crowd->subject);
}

void
bench_decider_open(struct bench_decider *decider, const struct bench_crowd *crowd, struct mm_cache *cache,
    size_t count, size_t stride)
{
	*decider = (struct bench_decider){ .crowd = crowd, .decision = mm_decision_new(), .cache = cache,
	    .count = count, .stride = stride, .now_s = (int64_t)time(NULL) };
	if (decider->decision == NULL)
		maker_fail("memory is short");
}

void
bench_decider_close(struct bench_decider *decider)
{
	mm_decision_free(&decider->decision);
}

bool
bench_decider_run(void *ctx)
{
	struct bench_decider *decider = ctx;
	const struct maker_text *token = &decider->crowd->tokens[decider->next];
	const struct mm_trust *trust = decider->crowd->subject.trust;
	struct mm_request request = {
		.service = mm_trust_find_service(trust, mm_slice_str("imap")),
		.token = mm_slice(token->bytes, token->len),
		.now_s = decider->now_s,
		.cache = decider->cache,
	};

	decider->next = (decider->next + decider->stride) % decider->count;
	return mm_allowed(mm_decide(trust, &request, decider->decision));
}
