/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The decision: may this token open this mailbox at this service now?
 *
 *	struct mm_decision *decision = mm_decision_new();
 *	...
 *	if (mm_allowed(mm_decide(trust, &request, decision)))
 *		serve(mm_decision_fact(decision, MM_FACT_MAILBOX));
 *
 * There is no option that skips a check, and no call that checks only a part.
 */
#ifndef MINTMARK_DECIDE_H
#define MINTMARK_DECIDE_H

#include <mintmark/cache.h>
#include <mintmark/evidence.h>
#include <mintmark/proof.h>
#include <mintmark/reason.h>
#include <mintmark/slice.h>
#include <mintmark/trust.h>
#include <mintmark/version.h>

#include <stdbool.h>
#include <stdint.h>

struct mm_decision;

struct mm_request {
	const struct mm_service *service;   /* of the same trust; NULL denies */
	struct mm_slice token;              /* compact serialization (RFC 7515 section 7.1) */
	struct mm_slice mailbox;            /* the mailbox asked for; absent: none is named */
	int64_t now_s;                      /* seconds since 1970-01-01 UTC */
	const struct mm_evidence *evidence; /* of the request that the token came with; NULL: there is none */
	struct mm_cache *cache;             /* of verified signatures; NULL: each is verified */
	const struct mm_proof *proof;       /* what proves issuance; NULL: nothing,
	    so that what is demanded is denied */
	enum mm_ledger_answer ledger_answer; /* when it was asked of this very token */
	enum mm_freshness freshness;        /* of what the ledger says of mints and their keys */
	int64_t stale_for_s;                /* how long it is stale */
};

/*
 * The answer. A struct, so that 'if (mm_decide(...))' does not compile; only mm_allowed() reads it.
 * One of all zeroes is a denial.
 */
struct mm_verdict {
	uint64_t opaque;
};

/* Facts of a decision, each text. */
enum mm_fact {
	MM_FACT_REALM,      /* the realm's name in the configuration */
	MM_FACT_KID,        /* the header's kid */
	MM_FACT_THUMBPRINT, /* of the key, RFC 7638 with SHA-256, base64url */
	MM_FACT_ISSUER,     /* iss */
	MM_FACT_TENANT,     /* the tenant's name in the configuration; absent where the realm has none */
	MM_FACT_TENANT_ID,  /* tid */
	MM_FACT_SUBJECT,    /* sub */
	MM_FACT_CLIENT,     /* client_id, else azp */
	MM_FACT_TOKEN_ID,   /* jti */
	MM_FACT_SESSION,    /* sid */
	MM_FACT_SCOPE,      /* scope, as it stands in the token */
	MM_FACT_MAILBOX,    /* the one mailbox that the token opens, lower-cased; only when allowed */
	MM_FACT_PROOF,      /* what proves that it was issued, as mm_issuance_name() says it */
	MM_FACT_PARENT,     /* of a derived token: the jti of the token that it was made from */
	MM_FACT_ROOT,       /* and the realm and the kid, with a blank between, of the key that signed the first one */
	MM_FACT_COUNT       /* not a fact */
};

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Room for one decision at a time: its scratch and its result; a thread makes one and uses it again
 * and again. NULL where memory is short. Free it with mm_decision_free().
 */
MM_API struct mm_decision *mm_decision_new(void);

/*
 * Free *decision and set it to NULL; NULL or a pointer to NULL does nothing.
 * Not checked here: whether another thread still decides with it.
 */
MM_API void mm_decision_free(struct mm_decision **decision);

/*
 * Decide, by steps 1 to 13 in their order; the first that fails names the reason. Any NULL, and any
 * failure of a step to be carried out, denies.
 *
 * trust may be shared with other threads, decision may not. Makes no allocation of its own but one for the
 * key of a DPoP proof (libcrypto makes some for a signature). The result stays in decision until the next call.
 *
 * Implements RFC 7515 section 5.2, RFC 7519 section 7.2, RFC 8725 section 3, RFC 9068 section 4.
 * Not checked here: that the request came from whom it says, that the clock is right, that the
 * decision was recorded.
 */
MM_API MM_MUST_USE struct mm_verdict
mm_decide(const struct mm_trust *trust, const struct mm_request *request, struct mm_decision *decision);

/* Whether the verdict allows. Not checked here: that it is of the request you are about to serve. */
MM_API MM_MUST_USE bool mm_allowed(struct mm_verdict verdict);

/*
 * The reason of the last decision; MM_INTERNAL before the first or for NULL.
 * Not checked here: which request that decision was of.
 */
MM_API enum mm_reason mm_decision_reason(const struct mm_decision *decision);

/*
 * A fact of the last decision, borrowed until the next and from its trust, which must live as long; absent
 * where the token does not state it, or where the signature did not hold: what nobody signed is not a fact.
 * May hold any byte but NUL: escape it for where it goes. Not checked here: that the decision allowed; a denied
 * token's facts are facts too.
 */
MM_API struct mm_slice mm_decision_fact(const struct mm_decision *decision, enum mm_fact fact);

/*
 * When the token of the last decision expires, in seconds since 1970; 0 where the signature did not hold.
 * Not checked here: that the decision allowed, and that this time is still to come.
 */
MM_API int64_t mm_decision_expires_s(const struct mm_decision *decision);

/*
 * Whether the last decision was denied because its DPoP proof lacks a nonce that is accepted: the answer then is the
 * error "use_dpop_nonce" with a nonce of mm_dpop_nonce_make() (RFC 9449 section 9).
 * Not checked here: anything else.
 */
MM_API bool mm_decision_wants_nonce(const struct mm_decision *decision);

/*
 * Whether the last decision was denied only because it is not known whether the token was issued: the proof has not
 * received it yet, or nothing at all. Decide anew when it has received more, or with what the ledger answered.
 * Not checked here: that there is a ledger.
 */
MM_API bool mm_decision_wants_ledger(const struct mm_decision *decision);

/* What proved that the token of the last decision was issued. Not checked here: that the decision allowed. */
MM_API enum mm_issuance mm_decision_issuance(const struct mm_decision *decision);

#ifdef __cplusplus
}
#endif
#endif
