/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Everything a decision found, for the journal, the answers and 'explain'. Applications get the part
 * of it that somebody signed, through mm_decision_fact().
 */
#ifndef MM_TOKEN_FACTS_H
#define MM_TOKEN_FACTS_H

#include "lib/trust/trust.h"

#include <mintmark/decide.h>

/* Absent or NULL is what the decision did not come to or the token does not state. */
struct mm_facts {
	bool verified; /* the signature held: token facts are verified, else only claimed */
	const struct mm_service *service;
	const struct mm_realm *realm;   /* whose issuer the token names */
	const struct mm_tenant *tenant;
	const struct mm_key *key;       /* that the kid names in that realm */
	struct mm_slice alg, kid, typ;  /* header */
	struct mm_slice issuer, tenant_id, subject, client, token_id, session, scope, audience;
	struct mm_slice mailbox; /* what the token opens; set when step 9 passed */
	struct mm_slice parent;  /* of a derived token, set by step 7 */
	struct mm_slice root;    /* realm and kid */
	enum mm_issuance issuance;
	enum mm_reason proof_reason; /* what step 12 found, also where it only observed; MM_OK: nothing amiss */
	int64_t iat_s, exp_s, nbf_s; /* 0: not stated */
};

/* The facts of the last decision, borrowed until the next. */
const struct mm_facts *mm_decision_facts(const struct mm_decision *decision);

/*
 * Step 11 of the last decision, where an earlier one denied: whether what it is about is revoked, or its signature did
 * not hold. The trust that it was made by must still be there; what a mint revoked is its ledger's to say.
 */
MM_MUST_USE bool mm_decision_is_revoked(struct mm_decision *decision);

/*
 * The trace: told of every step of a decision as it passes or fails, for 'mintmark explain'.
 * A step compares several things; each is a line.
 */
struct mm_compared {
	const char *what;          /* "iss", "kid", "exp - iat" */
	struct mm_slice found;     /* in the token; absent: nothing */
	struct mm_slice expected;  /* by the configuration; absent: nothing to say */
};

#define MM_COMPARED_MAX 12

struct mm_trace_step {
	unsigned number;     /* of the step */
	const char *name;    /* "Realm" */
	enum mm_reason reason;
	const struct mm_compared *compared;
	size_t compared_count;
};

typedef void mm_trace_fn(void *ctx, const struct mm_trace_step *step);

/* Tell fn of the steps of every later decision made with this one; NULL ends it. */
void mm_decision_trace(struct mm_decision *decision, mm_trace_fn *fn, void *ctx);

#endif
