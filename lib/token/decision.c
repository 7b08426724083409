/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The decision: its order, its result, its trace.
 */
#include "lib/token/judgement.h"

#include "lib/crypto/digest.h"
#include "lib/token/proof.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* An allowing verdict holds this pattern: no zeroed, small or overwritten value does by chance. */
#define VERDICT_ALLOW UINT64_C(0x6D696E746D61726B)

struct mm_decision {
	enum mm_reason reason;
	struct mm_judgement judgement;
};

struct mm_decision *
mm_decision_new(void)
{
	struct mm_decision *decision = calloc(1, sizeof(*decision));

	if (decision == NULL)
		return NULL;
	decision->reason = MM_INTERNAL;
	decision->judgement.verifier = mm_verifier_new();
	decision->judgement.proof_verifier = mm_verifier_new();
	if (decision->judgement.verifier == NULL || decision->judgement.proof_verifier == NULL)
		mm_decision_free(&decision);
	return decision;
}

void
mm_decision_free(struct mm_decision **decision)
{
	if (decision == NULL || *decision == NULL)
		return;
	mm_verifier_free(&(*decision)->judgement.verifier);
	mm_verifier_free(&(*decision)->judgement.proof_verifier);
	for (size_t i = 0; i < MM_JUDGEMENT_IDS; i++)
		mm_token_id_cipher_free(&(*decision)->judgement.ids[i].cipher);
	mm_secret_wipe((*decision)->judgement.ids, sizeof((*decision)->judgement.ids));
	free(*decision);
	*decision = NULL;
}

/* ---- the order ---- */

static void
trace_step(struct mm_judgement *judgement, unsigned number, const char *name, enum mm_reason reason)
{
	struct mm_trace_step step = { number, name, reason, judgement->compared, judgement->compared_count };

	judgement->trace(judgement->trace_ctx, &step);
	judgement->compared_count = 0;
	judgement->trace_text.used = 0;
}

#define STEP(number, name, check)                                           \
	do {                                                                \
		enum mm_reason reason_ = check(judgement);                  \
		if (judgement->trace != NULL)                               \
			trace_step(judgement, number, name, reason_);       \
		if (reason_ != MM_OK)                                       \
			return reason_;                                     \
	} while (0)

/*
 * The first failure names the reason. A token that the cache remembers passed steps 1 and 2, and step 6 under the key
 * that is remembered with it.
 */
static enum mm_reason
decide(struct mm_judgement *judgement)
{
	if (!mm_judgement_recall(judgement)) {
		STEP(1, "Shape", mm_step_shape);
		STEP(2, "Header", mm_step_header);
	}
	STEP(3, "Realm", mm_step_realm);
	STEP(4, "Key", mm_step_key);
	STEP(5, "Key state", mm_step_key_state);
	STEP(6, "Signature", mm_step_signature);
	STEP(7, "Class and provenance", mm_step_provenance);
	STEP(8, "Claims", mm_step_claims);
	STEP(9, "Mailbox", mm_step_mailbox);
	STEP(10, "Sender constraint", mm_step_binding);
	STEP(11, "Revocation", mm_step_revocation);
	STEP(12, "Proof of issuance", mm_step_proof);
	STEP(13, "Scope", mm_step_scope);
	return MM_OK;
}

/* What the caller must have brought; a caller's mistake denies as surely as a forger's. */
static enum mm_reason
check_request(const struct mm_trust *trust, const struct mm_request *request)
{
	if (trust == NULL || request == NULL || request->service == NULL || request->service->trust != trust)
		return MM_INTERNAL;
	/* A mailbox that could not be had is not one that was not asked for. */
	if (!mm_slice_present(request->mailbox) && request->mailbox.len > 0)
		return MM_INTERNAL;
	if (request->now_s < 0 || request->now_s > MM_TIME_MAX_S)
		return MM_CLOCK_UNSURE;
	return MM_OK;
}

/* Forget the last decision; the buffers keep their bytes, nothing points to them. */
static void
begin(struct mm_judgement *judgement, const struct mm_trust *trust, const struct mm_request *request)
{
	judgement->trust = trust;
	judgement->request = request;
	judgement->service = request == NULL ? NULL : request->service;
	judgement->facts = (struct mm_facts){ .service = judgement->service };
	judgement->wants_nonce = judgement->wants_ledger = false;
	judgement->has_digest = judgement->has_parts = false;
	judgement->root_realm = NULL;
	judgement->root_issuance = MM_ISSUANCE_NONE;
	judgement->root_iat_s = 0;
	judgement->header = (struct mm_json_index){ judgement->header_members, 0, MM_HEADER_MEMBERS_MAX };
	judgement->payload = (struct mm_json_index){ judgement->payload_members, 0, MM_PAYLOAD_MEMBERS_MAX };
	judgement->named = judgement->remembered = false;
	judgement->compared_count = 0;
	mm_scratch_init(&judgement->scratch, judgement->scratch_bytes, sizeof(judgement->scratch_bytes));
	mm_scratch_init(&judgement->trace_text, judgement->trace_bytes, sizeof(judgement->trace_bytes));
}

struct mm_verdict
mm_decide(const struct mm_trust *trust, const struct mm_request *request, struct mm_decision *decision)
{
	struct mm_verdict denied = { 0 };

	if (decision == NULL)
		return denied;
	begin(&decision->judgement, trust, request);
	decision->reason = check_request(trust, request);
	if (decision->reason == MM_OK)
		decision->reason = decide(&decision->judgement);
	decision->judgement.request = NULL;
	if (decision->reason != MM_OK)
		return denied;
	return (struct mm_verdict){ VERDICT_ALLOW };
}

struct mm_judgement *
mm_decision_lend(struct mm_decision *decision, const struct mm_trust *trust, const struct mm_request *request)
{
	begin(&decision->judgement, trust, request);
	decision->reason = MM_INTERNAL;
	return &decision->judgement;
}

bool
mm_allowed(struct mm_verdict verdict)
{
	return verdict.opaque == VERDICT_ALLOW;
}

/* ---- the result ---- */

enum mm_reason
mm_decision_reason(const struct mm_decision *decision)
{
	return decision == NULL ? MM_INTERNAL : decision->reason;
}

const struct mm_facts *
mm_decision_facts(const struct mm_decision *decision)
{
	return &decision->judgement.facts;
}

bool
mm_decision_is_revoked(struct mm_decision *decision)
{
	return !decision->judgement.facts.verified || mm_step_revocation(&decision->judgement) != MM_OK;
}

struct mm_slice
mm_decision_fact(const struct mm_decision *decision, enum mm_fact fact)
{
	const struct mm_facts *facts;

	if (decision == NULL || !decision->judgement.facts.verified)
		return MM_SLICE_ABSENT;
	facts = &decision->judgement.facts;
	switch (fact) {
	case MM_FACT_REALM: return facts->realm->name;
	case MM_FACT_KID: return facts->kid;
	case MM_FACT_THUMBPRINT: return facts->key->thumbprint_text;
	case MM_FACT_ISSUER: return facts->issuer;
	case MM_FACT_TENANT: return facts->tenant == NULL ? MM_SLICE_ABSENT : facts->tenant->name;
	case MM_FACT_TENANT_ID: return facts->tenant_id;
	case MM_FACT_SUBJECT: return facts->subject;
	case MM_FACT_CLIENT: return facts->client;
	case MM_FACT_TOKEN_ID: return facts->token_id;
	case MM_FACT_SESSION: return facts->session;
	case MM_FACT_SCOPE: return facts->scope;
	case MM_FACT_MAILBOX: return decision->reason == MM_OK ? facts->mailbox : MM_SLICE_ABSENT;
	case MM_FACT_PROOF: return mm_slice_str(mm_issuance_name(facts->issuance));
	case MM_FACT_PARENT: return facts->parent;
	case MM_FACT_ROOT: return facts->root;
	case MM_FACT_COUNT: break;
	}
	return MM_SLICE_ABSENT;
}

int64_t
mm_decision_expires_s(const struct mm_decision *decision)
{
	if (decision == NULL || !decision->judgement.facts.verified)
		return 0;
	return decision->judgement.facts.exp_s;
}

bool
mm_decision_wants_nonce(const struct mm_decision *decision)
{
	return decision != NULL && decision->judgement.wants_nonce;
}

bool
mm_decision_wants_ledger(const struct mm_decision *decision)
{
	return decision != NULL && decision->reason == MM_PROOF_UNAVAILABLE && decision->judgement.wants_ledger;
}

enum mm_issuance
mm_decision_issuance(const struct mm_decision *decision)
{
	return decision == NULL ? MM_ISSUANCE_NONE : decision->judgement.facts.issuance;
}

bool
mm_decision_ledger_question(const struct mm_decision *decision, struct mm_ledger_question *question)
{
	const struct mm_judgement *judgement = &decision->judgement;
	struct mm_slice id = judgement->facts.token_id;

	if (!mm_decision_wants_ledger(decision) || !judgement->has_digest || id.len != MM_TOKEN_ID_LEN)
		return false;
	question->realm = judgement->facts.realm->name;
	memcpy(question->token_id, id.ptr, MM_TOKEN_ID_LEN);
	memcpy(question->digest, judgement->digest, MM_DIGEST_LEN);
	return true;
}

/* ---- the trace ---- */

void
mm_decision_trace(struct mm_decision *decision, mm_trace_fn *fn, void *ctx)
{
	decision->judgement.trace = fn;
	decision->judgement.trace_ctx = ctx;
}

void
mm_trace_compared(struct mm_judgement *judgement, const char *what, struct mm_slice found, struct mm_slice expected)
{
	if (judgement->compared_count < MM_COMPARED_MAX)
		judgement->compared[judgement->compared_count++] = (struct mm_compared){ what, found, expected };
}

struct mm_slice
mm_trace_format(struct mm_judgement *judgement, const char *format, ...)
{
	struct mm_scratch *text = &judgement->trace_text;
	size_t room = text->size - text->used;
	char *out = text->base + text->used;
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(out, room, format, args);
	va_end(args);
	if (len < 0 || (size_t)len >= room)
		return mm_slice_str("…");
	text->used += (size_t)len;
	return mm_slice(out, (size_t)len);
}
