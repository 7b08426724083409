/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Deciding, recording and counting one question.
 */
#include "daemon/gate/decide.h"

#include "daemon/gate/autopsy_finding.h"
#include "daemon/gate/logins.h"
#include "daemon/gate/record.h"
#include "daemon/gate/thread.h"
#include "lib/crypto/digest.h"
#include "lib/token/facts.h"

#include <stdio.h>
#include <sys/random.h>
#include <time.h>

#define NS_PER_S INT64_C(1000000000)

bool
gate_decide_begin(struct gate *gate)
{
	unsigned char seed[MM_CACHE_SEED_LEN];

	gate->logins = gate_logins_new();
	if (gate->logins == NULL) {
		fprintf(stderr, "mintmark-gate: no memory for logins\n");
		return false;
	}
	if (gate->token_cache_bytes == 0)
		return true;
	if (getrandom(seed, sizeof(seed), 0) == (ssize_t)sizeof(seed))
		gate->token_cache = mm_cache_new(gate->token_cache_bytes, seed);
	mm_secret_wipe(seed, sizeof(seed));
	if (gate->token_cache == NULL)
		fprintf(stderr, "mintmark-gate: no memory or randomness for 'token_cache'\n");
	return gate->token_cache != NULL;
}

void
gate_decide_end(struct gate *gate)
{
	mm_cache_free(&gate->token_cache);
	gate_logins_free(&gate->logins);
}

static int64_t
now_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
}

static struct gate_outcome
judge(const struct gate_exchange *exchange, const struct gate_question *question, int64_t now_s)
{
	const struct mm_request request = {
		.service = exchange->service,
		.token = question->token,
		.mailbox = question->mailbox,
		.now_s = now_s,
		.evidence = question->evidence,
		.cache = exchange->gate->token_cache,
	};
	struct gate_thread *thread = gate_thread(exchange->gate);
	bool allowed;

	if (question->refused != MM_OK)
		return (struct gate_outcome){ false, question->refused, NULL };
	if (thread == NULL)
		return (struct gate_outcome){ false, MM_INTERNAL, NULL };
	allowed = mm_allowed(mm_decide(exchange->view->trust, &request, thread->decision));
	return (struct gate_outcome){ allowed, mm_decision_reason(thread->decision), thread->decision };
}

/* A refused token may be one that a stolen key signed, or one of a key that is not fetched yet. */
static void
look_at_denial(const struct gate_exchange *exchange, const struct gate_question *question,
    const struct mm_decision *decision)
{
	const struct mm_realm *realm = mm_decision_facts(decision)->realm;
	enum mm_reason reason = mm_decision_reason(decision);

	gate_autopsy_consider(exchange, question->token, decision);
	if (realm != NULL && realm->keys_fetched && (reason == MM_KEY_UNKNOWN || reason == MM_KEY_RETIRED))
		gate_view_want_kid(exchange->view, realm);
}

static struct gate_outcome
decide_and_record(const struct gate_exchange *exchange, const struct gate_question *question, int64_t started_ns)
{
	int64_t wall_ns = now_ns(CLOCK_REALTIME);
	struct gate_outcome outcome = judge(exchange, question, wall_ns / NS_PER_S);
	struct gate_record_times times = { wall_ns / 1000, (uint64_t)(now_ns(CLOCK_MONOTONIC) - started_ns) };

	if (!gate_record_decision(exchange, question, &outcome, &times))
		outcome = (struct gate_outcome){ false, MM_JOURNAL_UNAVAILABLE, NULL };
	if (!outcome.allowed && outcome.decision != NULL)
		look_at_denial(exchange, question, outcome.decision);
	return outcome;
}

void
gate_decide_in_shadow(const struct gate_exchange *exchange, const struct gate_question *question)
{
	struct gate_outcome outcome = decide_and_record(exchange, question, now_ns(CLOCK_MONOTONIC));

	gate_metrics_count_shadow(gate_view_service_metrics(exchange->view, exchange->service), outcome.reason);
}

struct gate_outcome
gate_decide(const struct gate_exchange *exchange, const struct gate_question *question)
{
	int64_t started_ns = now_ns(CLOCK_MONOTONIC);
	struct gate_outcome outcome = decide_and_record(exchange, question, started_ns);

	gate_metrics_count_decision(gate_view_service_metrics(exchange->view, exchange->service), outcome.reason,
	    (uint64_t)(now_ns(CLOCK_MONOTONIC) - started_ns));
	return outcome;
}
