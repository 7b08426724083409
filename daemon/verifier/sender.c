/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The key that a token is bound to: that of a DPoP proof which came with the request (RFC 9449 section 5).
 */
#include "daemon/verifier/work.h"
#include "lib/token/replay.h"

#include <string.h>

static bool
refuse(struct verifier *verifier, struct verifier_work *work, enum mm_dpop_fault fault)
{
	verifier_answer(verifier, work, MM_SIGN_IN_INVALID_DPOP_PROOF, mm_dpop_fault_text(fault));
	return false;
}

static enum mm_dpop_fault
check_proof(struct verifier *verifier, struct verifier_work *work, struct mm_dpop_proof *proof)
{
	const struct mm_verify_head *head = &work->verify.head;
	char url[1024];
	size_t len = verifier_realm_url(&verifier->realm, mm_mint_text_get(&head->tenant),
	    mm_sign_in_request_path((enum mm_sign_in_request)head->request), url, sizeof(url));
	const struct mm_dpop_expected expected = {
		.method = mm_slice_str(head->is_get ? "GET" : "POST"),
		.url = mm_slice(url, len),
		.token = MM_SLICE_ABSENT,
		.now_s = verifier->now_s,
	};
	enum mm_dpop_fault fault = mm_dpop_parse_tokenless(work->verify.proof, &verifier->dpop_room, proof);

	if (fault == MM_DPOP_GOOD)
		fault = mm_dpop_check(proof, &expected, &verifier->dpop_room);
	return fault == MM_DPOP_GOOD ? mm_dpop_verify(proof, verifier->signatures) : fault;
}

/* In memory alone: proofs are good for a minute, and none of them is enough by itself. */
static enum mm_dpop_fault
enter(struct verifier *verifier, const struct verifier_work *work, const struct mm_dpop_proof *proof)
{
	struct mm_used_proof used = {
		.url = proof->url,
		.jti = proof->jti,
		.token = mm_mint_text_get(&work->client.id),
		.accepted_until_s = proof->iat_s + MM_DPOP_AGE_MAX_S,
	};

	memcpy(used.thumbprint, proof->thumbprint, MM_DIGEST_LEN);
	switch (mm_replay_enter(verifier->replays, &used, verifier->now_s)) {
	case MM_REPLAY_ENTERED:
		return MM_DPOP_GOOD;
	case MM_REPLAY_USED:
		return MM_DPOP_USED;
	case MM_REPLAY_FORGOTTEN:
		return MM_DPOP_FORGOTTEN;
	default:
		return MM_DPOP_STORE_FULL;
	}
}

bool
verifier_sender_check(struct verifier *verifier, struct verifier_work *work)
{
	struct mm_dpop_proof proof;
	enum mm_dpop_fault fault;

	if (work->verify.head.proof_count == 0)
		return true;
	if (work->verify.head.proof_count > 1)
		return refuse(verifier, work, MM_DPOP_REPEATED);
	fault = check_proof(verifier, work, &proof);
	if (fault == MM_DPOP_GOOD)
		fault = enter(verifier, work, &proof);
	if (fault != MM_DPOP_GOOD)
		return refuse(verifier, work, fault);
	work->sender_key = MM_SENDER_DPOP;
	memcpy(work->sender_thumbprint, proof.thumbprint, MM_DIGEST_LEN);
	return true;
}
