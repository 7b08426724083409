/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Deciding, recording and counting one question.
 */
#include "daemon/gate/decide.h"

#include "daemon/gate/autopsy_finding.h"
#include "daemon/gate/ledger.h"
#include "daemon/gate/logins.h"
#include "daemon/gate/record.h"
#include "daemon/gate/thread.h"
#include "lib/crypto/digest.h"
#include "lib/token/facts.h"
#include "lib/token/proof.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#define NS_PER_S INT64_C(1000000000)
#define NS_PER_MS INT64_C(1000000)

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

/* ---- what the ledger is needed for ---- */

/* Fill in what is known of the ledger, and hold it until give_back(). */
static void
hold_proof(const struct gate_exchange *exchange, int64_t now_ms, struct mm_request *request)
{
	struct gate_ledger *ledger = exchange->gate->ledger;
	int64_t stale_ms;

	if (ledger == NULL) {
		/* There was no mint at the start: who heard nothing knows nothing of a mint's token. */
		request->freshness = MM_STALE;
		request->stale_for_s = INT64_MAX;
		return;
	}
	gate_waits_note_progress(gate_ledger_waits(ledger), exchange->wait);
	stale_ms = gate_ledger_stale_for_ms(ledger);
	request->freshness = gate_ledger_freshness(ledger, mm_trust_epoch(exchange->view->trust), now_ms);
	request->stale_for_s = stale_ms == INT64_MAX ? INT64_MAX : stale_ms / 1000;
	request->ledger_answer = exchange->wait->answer;
	request->proof = gate_ledger_hold_proof(ledger);
}

static void
give_back(const struct gate_exchange *exchange)
{
	if (exchange->gate->ledger != NULL)
		gate_ledger_give_back_proof(exchange->gate->ledger);
}

/* The question whether a token is on record; false where there is none to ask. */
static bool
make_question(struct gate_ledger *ledger, const struct mm_decision *decision, struct mm_ask_issued *ask)
{
	struct mm_ledger_question question;

	*ask = (struct mm_ask_issued){ .number = 0 };
	if (!mm_decision_ledger_question(decision, &question) ||
	    !gate_ledger_number(ledger, question.realm, &ask->realm))
		return false;
	memcpy(ask->token_id, question.token_id, sizeof(ask->token_id));
	memcpy(ask->digest, question.digest, sizeof(ask->digest));
	return true;
}

/* Whether a decision may be another one when the stream has gone on. */
static bool
wants_ledger(const struct mm_decision *decision)
{
	return mm_decision_wants_ledger(decision) || mm_decision_reason(decision) == MM_TRUST_STALE;
}

/* Let a request wait for the ledger, if it may. Its answer counts for nothing then. */
static bool
begin_to_wait(const struct gate_exchange *exchange, const struct gate_outcome *outcome, int64_t started_ns)
{
	struct gate_ledger *ledger = exchange->gate->ledger;
	struct mm_ask_issued ask;
	bool asks;

	if (ledger == NULL || outcome->decision == NULL || !wants_ledger(outcome->decision) ||
	    exchange->wait->stage == GATE_WAIT_OVER)
		return false;
	if (!gate_ledger_may_come(ledger)) {
		exchange->wait->stage = GATE_WAIT_OVER;
		exchange->wait->answer = MM_LEDGER_SILENT;
		return false;
	}
	if (exchange->wait->started_ns == 0)
		exchange->wait->started_ns = started_ns;
	asks = make_question(ledger, outcome->decision, &ask);
	return gate_waits_begin(gate_ledger_waits(ledger), exchange->wait, asks ? &ask : NULL,
	    started_ns / NS_PER_MS, gate_ledger_is_heard(ledger));
}

/* ---- deciding ---- */

static struct gate_outcome
judge(const struct gate_exchange *exchange, const struct gate_question *question, int64_t wall_ns)
{
	struct mm_request request = {
		.service = exchange->service,
		.token = question->token,
		.mailbox = question->mailbox,
		.now_s = wall_ns / NS_PER_S,
		.evidence = question->evidence,
		.cache = exchange->gate->token_cache,
	};
	struct gate_thread *thread = gate_thread(exchange->gate);
	struct mm_evidence evidence;
	bool allowed;

	if (question->refused != MM_OK)
		return (struct gate_outcome){ false, question->refused, NULL };
	if (thread == NULL)
		return (struct gate_outcome){ false, MM_INTERNAL, NULL };
	if (question->evidence != NULL && exchange->wait->stage != GATE_WAIT_NONE) {
		/* It waited, so that it passed step 10 before: its proof is used, by itself. */
		evidence = *question->evidence;
		evidence.dpop_entered = true;
		request.evidence = &evidence;
	}
	hold_proof(exchange, wall_ns / NS_PER_MS, &request);
	allowed = mm_allowed(mm_decide(exchange->view->trust, &request, thread->decision));
	give_back(exchange);
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

/*
 * Decide, and where the ledger has to be waited for and cannot be, once more without. Where the request is to wait
 * nothing is recorded: it is decided anew.
 */
static struct gate_outcome
decide_and_record(const struct gate_exchange *exchange, const struct gate_question *question, int64_t started_ns)
{
	int64_t wall_ns = now_ns(CLOCK_REALTIME);
	struct gate_outcome outcome = judge(exchange, question, wall_ns);
	struct gate_record_times times;

	if (begin_to_wait(exchange, &outcome, started_ns))
		return (struct gate_outcome){ false, MM_INTERNAL, NULL };
	/* It was to wait, and must not: what the setting of the service says where the ledger is away. */
	if (outcome.decision != NULL && mm_decision_wants_ledger(outcome.decision) &&
	    exchange->wait->answer != MM_LEDGER_NOT_ASKED)
		outcome = judge(exchange, question, wall_ns);
	times = (struct gate_record_times){ wall_ns / 1000, (uint64_t)(now_ns(CLOCK_MONOTONIC) - started_ns) };
	if (!gate_record_decision(exchange, question, &outcome, &times))
		outcome = (struct gate_outcome){ false, MM_JOURNAL_UNAVAILABLE, NULL };
	if (!outcome.allowed && outcome.decision != NULL)
		look_at_denial(exchange, question, outcome.decision);
	return outcome;
}

/* When a request's first decision began, which may have been before it waited. */
static int64_t
start_ns(const struct gate_exchange *exchange)
{
	return exchange->wait->started_ns != 0 ? exchange->wait->started_ns : now_ns(CLOCK_MONOTONIC);
}

void
gate_decide_in_shadow(const struct gate_exchange *exchange, const struct gate_question *question)
{
	struct gate_outcome outcome = decide_and_record(exchange, question, start_ns(exchange));

	if (!exchange->wait->suspends)
		gate_metrics_count_shadow(gate_view_service_metrics(exchange->view, exchange->service), outcome.reason);
}

struct gate_outcome
gate_decide(const struct gate_exchange *exchange, const struct gate_question *question)
{
	int64_t started_ns = start_ns(exchange);
	struct gate_outcome outcome = decide_and_record(exchange, question, started_ns);

	if (exchange->wait->suspends)
		return outcome;
	gate_metrics_count_proof(gate_view_service_metrics(exchange->view, exchange->service),
	    outcome.decision == NULL ? MM_ISSUANCE_NONE : mm_decision_issuance(outcome.decision));
	gate_metrics_count_decision(gate_view_service_metrics(exchange->view, exchange->service), outcome.reason,
	    (uint64_t)(now_ns(CLOCK_MONOTONIC) - started_ns));
	return outcome;
}
