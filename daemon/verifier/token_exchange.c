/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Token exchange (RFC 8693): a service of a derived realm gives a token of a primary realm, and gets one of its own for
 * another service.
 *
 * The token that is given is decided on as at that service's gate, with the ledger's word wherever a mint made it. What
 * is made names it as 'parent' and its key as 'root', for ever: when that key is revoked, so is this.
 */
#include "daemon/verifier/judge.h"
#include "daemon/verifier/scope.h"
#include "daemon/verifier/secret.h"

#include <string.h>

/*
 * RFC 8693 section 2.2.2: where "the "subject_token" […] [is] invalid for any reason, or [is] unacceptable based on
 * policy […] the value of the "error" parameter MUST be the "invalid_request" error code".
 */
static void
refuse_token(struct verifier *verifier, struct verifier_work *work, const char *why)
{
	verifier_answer(verifier, work, MM_SIGN_IN_INVALID_REQUEST, why);
}

static void
refuse(struct verifier *verifier, struct verifier_work *work, enum mm_reason reason)
{
	if (reason == MM_PROOF_UNAVAILABLE || reason == MM_INTERNAL)
		verifier_answer(verifier, work, MM_SIGN_IN_TEMPORARILY_UNAVAILABLE, "the token cannot be judged now");
	else
		refuse_token(verifier, work, "the token that is given is not good here");
}

/* ---- the request ---- */

static bool
check_request(struct verifier *verifier, struct verifier_work *work)
{
	const struct mm_ask_exchange *ask = &work->verify.ask.exchange;
	const char *why = NULL;

	if (ask->has_actor)
		why = "'actor_token' is not supported";
	else if (ask->subject_type != MM_EXCHANGE_ACCESS_TOKEN && ask->subject_type != MM_EXCHANGE_JWT)
		why = "'subject_token_type' is not that of an access token";
	else if (ask->requested_type != MM_EXCHANGE_ABSENT && ask->requested_type != MM_EXCHANGE_ACCESS_TOKEN)
		why = "'requested_token_type' is not that of an access token";
	else if (!mm_slice_present(work->verify.token))
		why = "'subject_token' is missing";
	if (why == NULL)
		return true;
	verifier_answer(verifier, work, MM_SIGN_IN_INVALID_REQUEST, why);
	return false;
}

/* Only a realm that is derived from others makes tokens of theirs. */
static bool
check_realm(struct verifier *verifier, struct verifier_work *work)
{
	if (verifier->realm.derived && verifier->realm.exchange_count > 0)
		return true;
	verifier_answer(verifier, work, MM_SIGN_IN_UNAUTHORIZED_CLIENT, "this realm derives no tokens of others");
	return false;
}

/* ---- the token that is given ---- */

/* At each service that exchanges, until one is what the token is for. */
static enum mm_reason
judge(struct verifier *verifier, const struct verifier_work *work, enum mm_ledger_answer answer)
{
	enum mm_reason reason = MM_AUDIENCE_MISMATCH;

	for (size_t i = 0; i < verifier->realm.exchange_count; i++) {
		reason = verifier_judge(verifier, work, verifier->realm.exchanges[i], NULL, answer);
		if (reason != MM_AUDIENCE_MISMATCH && reason != MM_REALM_FORBIDDEN)
			break;
	}
	return reason;
}

/* The mint that made it; NULL: an external realm, which has no ledger here. */
static const struct verifier_parent *
parent_of(const struct verifier *verifier)
{
	struct mm_slice realm = mm_decision_fact(verifier->decision, MM_FACT_REALM);

	for (size_t i = 0; i < verifier->realm.parent_count; i++)
		if (mm_slice_equal(verifier->realm.parents[i].name, realm))
			return &verifier->realm.parents[i];
	return NULL;
}

/* ---- what is made ---- */

static bool
set_fact(struct verifier *verifier, enum mm_fact name, uint16_t *len, char *bytes, size_t max, bool required)
{
	struct mm_slice text = mm_decision_fact(verifier->decision, name);

	return mm_mint_text_copy(len, bytes, max, text) && (text.len > 0 || !required);
}

#define SET_FACT(name, text, required) \
	set_fact(verifier, (name), &(text)->len, (text)->bytes, sizeof((text)->bytes), (required))

static bool
fill_root(struct verifier *verifier, struct verifier_work *work, bool issued)
{
	struct mm_grant *grant = &work->grant;

	grant->has_root = 1;
	grant->root_proof = issued ? MM_ROOT_ISSUED : MM_ROOT_NONE;
	return verifier_secret_read(mm_decision_fact(verifier->decision, MM_FACT_THUMBPRINT), grant->root_thumbprint) &&
	    verifier_verified_time(work->verify.token, "iat", &grant->root_iat_s) &&
	    SET_FACT(MM_FACT_TOKEN_ID, &grant->parent, true) && SET_FACT(MM_FACT_REALM, &grant->root_realm, true) &&
	    SET_FACT(MM_FACT_KID, &grant->root_kid, true);
}

static bool
fill_person(struct verifier *verifier, struct verifier_work *work)
{
	struct mm_grant *grant = &work->grant;
	int64_t left_s = mm_decision_expires_s(verifier->decision) - verifier->now_s;

	/* It does not outlive what it is made of. */
	if (left_s < 1)
		return false;
	if (left_s < (int64_t)grant->lifetime_s)
		grant->lifetime_s = (uint32_t)left_s;
	verifier_verified_time(work->verify.token, "auth_time", &grant->auth_time_s);
	return SET_FACT(MM_FACT_TENANT_ID, &grant->tenant, true) && SET_FACT(MM_FACT_SUBJECT, &grant->subject, true) &&
	    SET_FACT(MM_FACT_SESSION, &grant->session, false) && SET_FACT(MM_FACT_MAILBOX, &grant->mailbox, false);
}

/* A client of one tenant gets tokens of that tenant's people alone, whoever's it gives. */
static bool
fits_client(const struct verifier *verifier, const struct verifier_work *work)
{
	struct mm_slice only = mm_mint_text_get(&work->client.tenant);
	const struct verifier_tenant *tenant = verifier_tenant_find(&verifier->realm, only);

	return only.len == 0 ||
	    (tenant != NULL && mm_slice_equal(tenant->id, mm_mint_text_get(&work->grant.tenant)));
}

/*
 * RFC 8693 section 2.2.1, RFC 6749 section 3.3: of what is asked for, and the client may, what the token that is given
 * carries itself: nobody gets more by an exchange than he had. Where nothing is left nothing is made: a service that
 * demands no scope takes a token without.
 */
static bool
narrow_scope(struct verifier *verifier, struct verifier_work *work)
{
	const struct mm_ask_exchange *ask = &work->verify.ask.exchange;
	struct mm_slice carried = mm_decision_fact(verifier->decision, MM_FACT_SCOPE);
	struct mm_slice asked;

	if (!verifier_choose_scope(verifier, work, verifier_stated(ask->has_scope, mm_mint_text_get(&ask->scope))))
		return false;
	asked = mm_mint_text_get(&work->grant.scope);
	if (asked.len > 0)
		return verifier_keep_scope(verifier, work, asked, carried);
	verifier_answer(verifier, work, MM_SIGN_IN_INVALID_SCOPE, "the client may have no scope");
	return false;
}

static void
finish_exchange(struct verifier *verifier, struct verifier_work *work)
{
	verifier_tell_tokens(work);
	verifier_answer(verifier, work, MM_SIGN_IN_OK, "");
}

static void
make(struct verifier *verifier, struct verifier_work *work, bool issued)
{
	const struct mm_ask_exchange *ask = &work->verify.ask.exchange;

	verifier_grant_begin(verifier, work, MM_GRANT_EXCHANGE);
	if (!fill_person(verifier, work) || !fill_root(verifier, work, issued)) {
		refuse_token(verifier, work, "the token that is given lacks a claim");
		return;
	}
	if (!fits_client(verifier, work)) {
		refuse_token(verifier, work, "the client is of another tenant");
		return;
	}
	if (narrow_scope(verifier, work) &&
	    verifier_choose_audience(verifier, work, verifier_stated(ask->has_target, mm_mint_text_get(&ask->target))))
		verifier_tickets_open(verifier, work, finish_exchange);
}

/* The ledger answered: the decision is made anew with its word. */
static void
go_on_recorded(struct verifier *verifier, struct verifier_work *work)
{
	enum mm_reason reason;

	if (work->record == MM_ISSUED_UNKNOWN) {
		refuse(verifier, work, MM_PROOF_UNAVAILABLE);
		return;
	}
	/* What was cut with a client does not cut a ticket that is opened later. */
	if (!verifier_client_unchanged(verifier, work))
		return;
	reason = work->record == MM_ISSUED_YES ? judge(verifier, work, verifier_ledger_answer(work)) : MM_NOT_ISSUED;
	if (reason != MM_OK)
		refuse(verifier, work, reason);
	else
		make(verifier, work, true);
}

void
verifier_ask_exchange(struct verifier *verifier, struct verifier_work *work)
{
	const struct verifier_parent *parent;
	enum mm_reason reason;

	if (!verifier_client_authenticate(verifier, work) || !verifier_client_may(verifier, work, "exchange") ||
	    !check_request(verifier, work) || !check_realm(verifier, work) || !verifier_sender_check(verifier, work))
		return;
	reason = judge(verifier, work, MM_LEDGER_NOT_ASKED);
	if (reason != MM_OK && reason != MM_PROOF_UNAVAILABLE) {
		refuse(verifier, work, reason);
		return;
	}
	parent = parent_of(verifier);
	if (parent != NULL)
		verifier_ask_record(verifier, work, parent->number, go_on_recorded);
	else if (reason == MM_OK)
		make(verifier, work, false);
	else
		refuse(verifier, work, reason);
}
