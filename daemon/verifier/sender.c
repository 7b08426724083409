/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The key that a token is bound to: that of a DPoP proof which came with the request (RFC 9449 section 5).
 *
 * Where the realm demands nonces, a proof was made after the one that it has: none that was prepared for later, by
 * whoever had the key for a moment, and none that this process's predecessor may have taken.
 */
#include "daemon/verifier/work.h"
#include "lib/token/replay.h"

#include <string.h>

static bool
refuse(struct verifier *verifier, struct verifier_work *work, enum mm_dpop_fault fault)
{
	verifier_answer(verifier, work,
	    fault == MM_DPOP_NONCE ? MM_SIGN_IN_USE_DPOP_NONCE : MM_SIGN_IN_INVALID_DPOP_PROOF,
	    mm_dpop_fault_text(fault));
	return false;
}

void
verifier_tell_nonce(struct verifier *verifier, struct verifier_work *work)
{
	char nonce[MM_DPOP_NONCE_LEN + 1];

	mm_dpop_nonce_make(verifier->nonce_secret, verifier->now_s, nonce);
	verifier_text_put(&work->answer.dpop_nonce, mm_slice_str(nonce));
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
		.nonce_secret = verifier->nonce_secret,
		.nonce_demanded = verifier->realm.dpop_nonce,
		.now_s = verifier->now_s,
	};
	enum mm_dpop_fault fault = mm_dpop_parse_tokenless(work->verify.proof, &verifier->dpop_room, proof);

	if (fault == MM_DPOP_GOOD)
		fault = mm_dpop_check(proof, &expected, &verifier->dpop_room);
	return fault == MM_DPOP_GOOD ? mm_dpop_verify(proof, verifier->signatures.plain) : fault;
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
	/* RFC 9449 section 8.2: with each answer the next one, so that no client has to be told to try again. */
	if (verifier->realm.dpop_nonce)
		verifier_tell_nonce(verifier, work);
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
