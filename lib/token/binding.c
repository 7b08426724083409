/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Step 10 of the decision: does who presents the token hold the key that it is bound to?
 *
 * Cheap before dear, and the store of used proofs last: only a proof that nothing else is wrong with is entered.
 */
#include "lib/token/judgement.h"

#include "lib/base/try.h"
#include "lib/crypto/digest.h"
#include "lib/token/confirmation.h"
#include "lib/token/replay.h"

/* ---- what the token is bound to, and what the service wants ---- */

static struct mm_slice
in_words(const struct mm_confirmation *confirmation)
{
	if (confirmation->has_jkt && confirmation->has_certificate)
		return mm_slice_str("'jkt' and 'x5t#S256'");
	if (confirmation->has_jkt)
		return mm_slice_str("'jkt'");
	return confirmation->has_certificate ? mm_slice_str("'x5t#S256'") : MM_SLICE_ABSENT;
}

static const char *
demand_in_words(enum mm_binding binding)
{
	switch (binding) {
	case MM_BINDING_WHEN_BOUND: return "'jkt' or 'x5t#S256', or no 'cnf' at all";
	case MM_BINDING_DPOP: return "'jkt', which the service demands";
	case MM_BINDING_MTLS: return "'x5t#S256', which the service demands";
	}
	return "nothing that is known here";
}

static bool
meets_demand(const struct mm_judgement *judgement, const struct mm_confirmation *confirmation)
{
	switch (judgement->service->binding) {
	case MM_BINDING_WHEN_BOUND:
		/* What is bound in a way that cannot be checked here is bound all the same. */
		return !judgement->claims.set.has_cnf || confirmation->has_jkt || confirmation->has_certificate;
	case MM_BINDING_DPOP: return confirmation->has_jkt;
	case MM_BINDING_MTLS: return confirmation->has_certificate;
	}
	return false;
}

/* Step 3 read it already; here it is read again, since the cache keeps its text. */
static enum mm_reason
read_confirmation(struct mm_judgement *judgement, struct mm_confirmation *confirmation)
{
	*confirmation = (struct mm_confirmation){ .has_jkt = false };
	if (judgement->claims.set.has_cnf &&
	    !mm_confirmation_parse(mm_json_find(&judgement->payload, "cnf"), &judgement->scratch, confirmation))
		return MM_INTERNAL;
	mm_compare(judgement, "cnf", in_words(confirmation),
	    mm_slice_str(demand_in_words(judgement->service->binding)));
	return meets_demand(judgement, confirmation) ? MM_OK : MM_BINDING_MISSING;
}

/* ---- certificates ---- */

/* RFC 8705 section 3: "MUST verify that the certificate matches the certificate associated with the access token" */
static enum mm_reason
check_certificate(struct mm_judgement *judgement, const struct mm_confirmation *confirmation)
{
	const struct mm_evidence *evidence = judgement->request->evidence;
	const unsigned char *shown = evidence == NULL ? NULL : evidence->certificate_digest;
	bool same;

	if (!confirmation->has_certificate)
		return MM_OK;
	same = shown != NULL && mm_secret_equal(shown, confirmation->certificate, MM_CERTIFICATE_DIGEST_LEN);
	mm_compare(judgement, "client's certificate", shown == NULL ? MM_SLICE_ABSENT :
	    same ? mm_slice_str("that of 'x5t#S256'") : mm_slice_str("another one"),
	    mm_slice_str("the one that the token is bound to"));
	if (shown == NULL)
		return MM_BINDING_MISSING;
	return same ? MM_OK : MM_BINDING_MISMATCH;
}

/* ---- DPoP ---- */

/* Whether a proof came along, or a sign of one: an empty field, or two of them. */
static bool
has_proof(const struct mm_evidence *evidence)
{
	return evidence != NULL && (mm_slice_present(evidence->dpop_proof) || evidence->dpop_proof_count > 0);
}

/* The token up to the dot before its signature. It passed step 1, so there is one. */
static struct mm_slice
without_signature(struct mm_slice token)
{
	while (token.len > 0 && token.ptr[token.len - 1] != '.')
		token.len--;
	return token;
}

static enum mm_dpop_fault
enter(struct mm_judgement *judgement, const struct mm_dpop_proof *proof)
{
	static const enum mm_dpop_fault faults[] = {
		[MM_REPLAY_ENTERED] = MM_DPOP_GOOD,
		[MM_REPLAY_USED] = MM_DPOP_USED,
		[MM_REPLAY_FORGOTTEN] = MM_DPOP_FORGOTTEN,
		[MM_REPLAY_FULL] = MM_DPOP_STORE_FULL,
		[MM_REPLAY_SHARE_FULL] = MM_DPOP_SHARE_FULL,
		[MM_REPLAY_FAILED] = MM_DPOP_STORE_FULL,
	};
	struct mm_replay_store *store = judgement->request->evidence->replay_store;
	struct mm_used_proof used = {
		.url = proof->url,
		.jti = proof->jti,
		.token = without_signature(judgement->request->token),
		.accepted_until_s = proof->iat_s + MM_DPOP_AGE_MAX_S,
	};

	if (store == NULL)
		return MM_DPOP_NO_STORE;
	if (judgement->request->evidence->dpop_entered)
		return MM_DPOP_GOOD;
	memcpy(used.thumbprint, proof->thumbprint, MM_DIGEST_LEN);
	return faults[mm_replay_enter(store, &used, judgement->request->now_s)];
}

static enum mm_dpop_fault
examine_proof(struct mm_judgement *judgement, const struct mm_confirmation *confirmation)
{
	const struct mm_evidence *evidence = judgement->request->evidence;
	struct mm_dpop_proof proof;
	enum mm_dpop_fault fault;
	struct mm_dpop_expected expected;

	if (!confirmation->has_jkt)
		return has_proof(evidence) ? MM_DPOP_NOT_BOUND : MM_DPOP_GOOD;
	if (!has_proof(evidence) || (evidence->dpop_proof.len == 0 && evidence->dpop_proof_count <= 1))
		return MM_DPOP_ABSENT;
	if (evidence->dpop_proof_count > 1)
		return MM_DPOP_REPEATED;
	expected = (struct mm_dpop_expected){
		.thumbprint = confirmation->jkt,
		.method = evidence->http_method,
		.url = evidence->http_url,
		.token = judgement->request->token,
		.nonce_secret = evidence->nonce_secret,
		.nonce_demanded = judgement->service->dpop_nonce,
		.now_s = judgement->request->now_s,
	};
	fault = mm_dpop_parse(evidence->dpop_proof, &judgement->dpop_room, &proof);
	if (fault == MM_DPOP_GOOD)
		fault = mm_dpop_check(&proof, &expected, &judgement->dpop_room);
	if (fault == MM_DPOP_GOOD)
		fault = mm_dpop_verify(&proof, judgement->proof_verifier);
	return fault == MM_DPOP_GOOD ? enter(judgement, &proof) : fault;
}

static enum mm_reason
check_proof(struct mm_judgement *judgement, const struct mm_confirmation *confirmation)
{
	enum mm_dpop_fault fault = examine_proof(judgement, confirmation);

	if (confirmation->has_jkt || fault != MM_DPOP_GOOD)
		mm_compare(judgement, "DPoP proof", mm_slice_str(mm_dpop_fault_text(fault)),
		    mm_slice_str("a fresh one by the token's key for this request"));
	judgement->wants_nonce = fault == MM_DPOP_NONCE;
	return mm_dpop_fault_reason(fault);
}

/* RFC 7800 section 3.1: a cnf demands proof of possession. */
enum mm_reason
mm_step_binding(struct mm_judgement *judgement)
{
	struct mm_confirmation confirmation;

	MM_TRY(read_confirmation(judgement, &confirmation));
	MM_TRY(check_certificate(judgement, &confirmation));
	return check_proof(judgement, &confirmation);
}
