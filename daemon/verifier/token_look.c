/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tokens that were issued: revoking (RFC 7009), introspection (RFC 7662), userinfo (OpenID Connect Core 1.0 section
 * 5.3).
 *
 * An access token is decided on as at the gate of the service that it is for, and the ledger must have it and know of
 * nothing that revoked it.
 */
#include "daemon/verifier/judge.h"
#include "daemon/verifier/revocation.h"
#include "daemon/verifier/scope.h"
#include "daemon/verifier/table_spent.h"

#include <string.h>

/* ---- access tokens ---- */

static struct mm_slice
fact(const struct verifier *verifier, enum mm_fact name)
{
	struct mm_slice text = mm_decision_fact(verifier->decision, name);

	return mm_slice_present(text) ? text : mm_slice("", 0);
}

/* Whether nothing that this process knows ended it before its time. */
static bool
still_stands(struct verifier *verifier)
{
	struct mm_slice session = fact(verifier, MM_FACT_SESSION), client = fact(verifier, MM_FACT_CLIENT);
	static struct verifier_client found;

	return !verifier_token_is_revoked(&verifier->table, verifier->realm.name, fact(verifier, MM_FACT_TOKEN_ID)) &&
	    (session.len == 0 || verifier_session_lives(&verifier->table, session, verifier->now_s)) &&
	    verifier_client_find(verifier, client, &found) && !found.disabled;
}

static bool
is_ours(const struct verifier *verifier)
{
	return mm_slice_equal(fact(verifier, MM_FACT_REALM), verifier->realm.name);
}

/* The evidence of the request that userinfo was asked with. */
static void
fill_evidence(struct verifier *verifier, const struct verifier_work *work, char *url, size_t url_max,
    struct mm_evidence *evidence)
{
	const struct mm_verify_head *head = &work->verify.head;
	size_t len = verifier_realm_url(&verifier->realm, mm_mint_text_get(&head->tenant),
	    mm_sign_in_request_path(MM_ASK_USERINFO), url, url_max);

	*evidence = (struct mm_evidence){
		.http_method = mm_slice_str(head->is_get ? "GET" : "POST"),
		.http_url = mm_slice(url, len),
		.certificate_digest = head->has_certificate ? head->certificate_digest : NULL,
		.nonce_secret = verifier->nonce_secret,
		.replay_store = verifier->replays,
	};
	if (!work->verify.ask.userinfo.is_dpop)
		return;
	/* RFC 9449 section 7.2: a token that is shown as one of DPoP has a proof. */
	evidence->dpop_proof = mm_slice_present(work->verify.proof) ? work->verify.proof : mm_slice("", 0);
	evidence->dpop_proof_count = head->proof_count;
}

/* ---- revoking ---- */

static bool
revoke_refresh(struct verifier *verifier, struct verifier_work *work)
{
	struct mm_slice token = work->verify.token;

	if (verifier_family_find(&verifier->table, token, verifier->now_s, &work->family) == VERIFIER_FAMILY_NONE)
		return false;
	if (mm_slice_equal(mm_mint_text_get(&work->family.client), mm_mint_text_get(&work->client.id)))
		verifier_end_family(verifier, &work->family);
	return true;
}

/*
 * Whether a token that was not found to be genuine may be so: its key or tenant is still to come with the trust, as
 * behind a start, or the clock was set back. One that has expired by what it says itself is good for nothing more.
 */
static bool
may_be_genuine(const struct verifier *verifier, struct mm_slice token, enum mm_reason reason)
{
	int64_t unverified_exp_s;

	switch (reason) {
	case MM_INTERNAL:
		return true;
	case MM_TENANT_UNKNOWN:
	case MM_KEY_UNKNOWN:
	case MM_KEY_NOT_ACTIVE:
	case MM_NOT_YET_VALID:
		return verifier_unverified_expiry(token, &unverified_exp_s) &&
		    unverified_exp_s > verifier->now_s - MM_CLOCK_SKEW_S;
	default:
		return false;
	}
}

/* False: it could not be judged. What is not the client's, or no token, is nothing that must be revoked. */
static bool
revoke_access(struct verifier *verifier, struct verifier_work *work)
{
	struct mm_slice service = verifier_unverified_service(verifier, work->verify.token);
	enum mm_reason reason;

	if (!mm_slice_present(service))
		return true;
	/* A bound token is revoked without a proof of its key: who asks is its client. */
	reason = verifier_judge(verifier, work, service, NULL, MM_LEDGER_NOT_ASKED);
	if (may_be_genuine(verifier, work->verify.token, reason))
		return false;
	if (!verifier_is_genuine(verifier, reason) || !is_ours(verifier) ||
	    !mm_slice_equal(fact(verifier, MM_FACT_CLIENT), mm_mint_text_get(&work->client.id)))
		return true;
	if (verifier_token_revoke(&verifier->table, verifier->realm.name, fact(verifier, MM_FACT_TOKEN_ID),
	        mm_decision_expires_s(verifier->decision) + MM_CLOCK_SKEW_S))
		verifier_revoke(verifier, MM_REVOKED_TOKEN, fact(verifier, MM_FACT_TOKEN_ID), MM_SLICE_ABSENT);
	return true;
}

void
verifier_ask_revoke(struct verifier *verifier, struct verifier_work *work)
{
	if (!verifier_client_authenticate(verifier, work))
		return;
	/* RFC 7009 section 2.2.1: 503, and "the client must assume the token still exists and may retry" */
	if (!revoke_refresh(verifier, work) && !revoke_access(verifier, work)) {
		verifier_answer(verifier, work, MM_SIGN_IN_TEMPORARILY_UNAVAILABLE, "the token cannot be judged now");
		return;
	}
	/*
	 * RFC 7009 section 2.2: "invalid tokens do not cause an error response". Who asks again is told the same as
	 * before: nothing, until no revocation is owed.
	 */
	verifier_answer_told(verifier, work);
}

/* ---- introspection ---- */

static void
tell_refresh(struct verifier *verifier, struct verifier_work *work)
{
	struct mm_verified *answer = &work->answer;
	const struct verifier_family *family = &work->family;

	if (!verifier_user_by_id(&verifier->table, family->user, &work->user) ||
	    verifier_user_tenant(verifier, work, &work->user) == NULL)
		return;
	answer->active = answer->is_refresh = 1;
	answer->exp_s = family->expires_s;
	answer->iat_s = family->used_s;
	verifier_text_put(&answer->client_id, mm_mint_text_get(&family->client));
	verifier_text_put(&answer->scope, mm_mint_text_get(&family->scope));
	verifier_text_put(&answer->audience, mm_mint_text_get(&family->audience));
	verifier_text_put(&answer->subject, mm_mint_text_get(&work->user.subject));
	verifier_text_put(&answer->username, mm_mint_text_get(&work->user.username));
}

/* Who may know: the client that it was given to, and the service that it is for, which is a client too. */
static bool
may_know(struct verifier *verifier, const struct verifier_work *work, struct mm_slice audience)
{
	return mm_slice_equal(fact(verifier, MM_FACT_CLIENT), mm_mint_text_get(&work->client.id)) ||
	    verifier_words_have(mm_mint_text_get(&work->client.audiences), audience);
}

static struct mm_slice
audience_of(const struct verifier *verifier, struct mm_slice service)
{
	for (size_t i = 0; i < verifier->realm.service_count; i++)
		if (mm_slice_equal(verifier->realm.services[i].name, service))
			return verifier->realm.services[i].audience;
	return mm_slice("", 0);
}

static void
tell_access(struct verifier *verifier, struct verifier_work *work, struct mm_slice audience)
{
	struct mm_verified *answer = &work->answer;

	answer->active = 1;
	answer->exp_s = mm_decision_expires_s(verifier->decision);
	verifier_verified_time(work->verify.token, "iat", &answer->iat_s);
	verifier_text_put(&answer->client_id, fact(verifier, MM_FACT_CLIENT));
	verifier_text_put(&answer->subject, fact(verifier, MM_FACT_SUBJECT));
	verifier_text_put(&answer->username, fact(verifier, MM_FACT_MAILBOX));
	verifier_text_put(&answer->scope, fact(verifier, MM_FACT_SCOPE));
	verifier_text_put(&answer->tenant, fact(verifier, MM_FACT_TENANT_ID));
	verifier_text_put(&answer->session, fact(verifier, MM_FACT_SESSION));
	verifier_text_put(&answer->token_id, fact(verifier, MM_FACT_TOKEN_ID));
	verifier_text_put(&answer->audience, audience);
}

/* The ledger answered. The decision is made anew: other requests were decided on meanwhile. */
static void
finish_introspection(struct verifier *verifier, struct verifier_work *work)
{
	struct mm_slice service = verifier_unverified_service(verifier, work->verify.token);

	if (work->record == MM_ISSUED_UNKNOWN) {
		verifier_answer(verifier, work, MM_SIGN_IN_TEMPORARILY_UNAVAILABLE, "the ledger cannot know");
		return;
	}
	if (work->record == MM_ISSUED_YES &&
	    verifier_is_genuine(verifier,
	        verifier_judge(verifier, work, service, NULL, verifier_ledger_answer(work))) &&
	    is_ours(verifier) && still_stands(verifier) && may_know(verifier, work, audience_of(verifier, service))) {
		tell_access(verifier, work, audience_of(verifier, service));
		verifier_tell_binding(work);
	} else
		verifier_text_put(&work->answer.client_id, MM_SLICE_ABSENT);
	verifier_answer(verifier, work, MM_SIGN_IN_OK, "");
}

static void
introspect_access(struct verifier *verifier, struct verifier_work *work)
{
	struct mm_slice service = verifier_unverified_service(verifier, work->verify.token);
	enum mm_reason reason = MM_AUDIENCE_MISMATCH;

	if (mm_slice_present(service))
		reason = verifier_judge(verifier, work, service, NULL, MM_LEDGER_NOT_ASKED);
	if (verifier_is_genuine(verifier, reason)) {
		verifier_ask_record(verifier, work, verifier->realm.number, finish_introspection);
		return;
	}
	verifier_text_put(&work->answer.client_id, MM_SLICE_ABSENT);
	verifier_answer(verifier, work, MM_SIGN_IN_OK, "");
}

void
verifier_ask_introspect(struct verifier *verifier, struct verifier_work *work)
{
	if (!verifier_client_authenticate(verifier, work))
		return;
	/* RFC 7662 section 4: the endpoint tells nothing to whom it does not know. */
	if (!work->client.confidential) {
		verifier_answer(verifier, work, MM_SIGN_IN_UNAUTHORIZED_CLIENT, "a public client may not ask");
		return;
	}
	if (verifier_family_find(&verifier->table, work->verify.token, verifier->now_s, &work->family) ==
	    VERIFIER_FAMILY_GOOD) {
		if (mm_slice_equal(mm_mint_text_get(&work->family.client), mm_mint_text_get(&work->client.id)))
			tell_refresh(verifier, work);
		verifier_answer(verifier, work, MM_SIGN_IN_OK, "");
		return;
	}
	introspect_access(verifier, work);
}

/* ---- userinfo ---- */

static void
refuse_token(struct verifier *verifier, struct verifier_work *work)
{
	verifier_answer(verifier, work, MM_SIGN_IN_INVALID_TOKEN, "the access token is not good");
}

/* The service that the token is for demands a nonce, or the proof has one that is not good any more. */
static void
ask_for_nonce(struct verifier *verifier, struct verifier_work *work)
{
	verifier_tell_nonce(verifier, work);
	verifier_answer(verifier, work, MM_SIGN_IN_USE_DPOP_NONCE, mm_dpop_fault_text(MM_DPOP_NONCE));
}

static void
tell_userinfo(struct verifier *verifier, struct verifier_work *work)
{
	const struct verifier_tenant *tenant = verifier_user_tenant(verifier, work, &work->user);
	struct mm_slice scope = mm_mint_text_get(&work->answer.scope);
	struct mm_verified *answer = &work->answer;

	if (tenant != NULL)
		verifier_text_put(&answer->tenant, tenant->id);
	if (verifier_words_have(scope, mm_slice_str("email")) || verifier_words_have(scope, mm_slice_str("profile")))
		verifier_text_put(&answer->username, mm_mint_text_get(&work->user.username));
	if (verifier_words_have(scope, mm_slice_str("profile")))
		verifier_text_put(&answer->name, mm_mint_text_get(&work->user.name));
	verifier_answer(verifier, work, MM_SIGN_IN_OK, "");
}

/* The facts were kept in the answer when the decision was made: a proof of DPoP is good once. */
static void
finish_userinfo(struct verifier *verifier, struct verifier_work *work)
{
	if (work->record == MM_ISSUED_UNKNOWN)
		verifier_answer(verifier, work, MM_SIGN_IN_TEMPORARILY_UNAVAILABLE, "the ledger cannot know");
	else if (work->record != MM_ISSUED_YES ||
	    !verifier_user_by_subject(&verifier->table, mm_mint_text_get(&work->answer.subject), &work->user) ||
	    verifier_user_tenant(verifier, work, &work->user) == NULL)
		refuse_token(verifier, work);
	else if (!verifier_words_have(mm_mint_text_get(&work->answer.scope), mm_slice_str("openid")))
		verifier_answer(verifier, work, MM_SIGN_IN_INSUFFICIENT_SCOPE, "the scope openid is missing");
	else
		tell_userinfo(verifier, work);
}

void
verifier_ask_userinfo(struct verifier *verifier, struct verifier_work *work)
{
	struct mm_slice service = verifier_unverified_service(verifier, work->verify.token);
	struct mm_evidence evidence;
	enum mm_reason reason;
	char url[1024];

	if (!mm_slice_present(service)) {
		refuse_token(verifier, work);
		return;
	}
	fill_evidence(verifier, work, url, sizeof(url), &evidence);
	reason = verifier_judge(verifier, work, service, &evidence, MM_LEDGER_NOT_ASKED);
	if (mm_decision_wants_nonce(verifier->decision)) {
		ask_for_nonce(verifier, work);
		return;
	}
	if ((reason != MM_OK && reason != MM_PROOF_UNAVAILABLE && reason != MM_SCOPE_INSUFFICIENT) ||
	    !is_ours(verifier) || !still_stands(verifier)) {
		refuse_token(verifier, work);
		return;
	}
	verifier_text_put(&work->answer.subject, fact(verifier, MM_FACT_SUBJECT));
	verifier_text_put(&work->answer.scope, fact(verifier, MM_FACT_SCOPE));
	verifier_ask_record(verifier, work, verifier->realm.number, finish_userinfo);
}
