/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Step 12 of the decision: what proves that the token was issued?
 *
 * Two things can, for a mint's token: its mark, which nobody makes who has the signing key alone, and the ledger's
 * record of it, which is looked for in the index and, where that cannot know, asked for. What is not known is not
 * proven: then the decision denies, or the service's setting lets a right mark be enough.
 */
#include "lib/token/judgement.h"

#include "lib/base/try.h"
#include "lib/crypto/digest.h"
#include "lib/token/proof.h"
#include "lib/trust/find.h"

/* What the service, the key and the freshness of the trust ask for. */
struct demand {
	enum mm_proof_demand mark, ledger;
	bool mark_is_enough; /* while the ledger is away */
};

/* What was found; nothing is looked for twice. */
struct findings {
	const struct mm_proof_realm *realm; /* NULL: nothing is known of it */
	const struct mm_proof_day *day;
	bool mark_looked;
	enum mm_mark_result mark; /* 0: it cannot be looked at */
};

bool
mm_judgement_digest(struct mm_judgement *judgement)
{
	if (!judgement->has_digest)
		judgement->has_digest = mm_judgement_split(judgement) == MM_OK &&
		    mm_sha256(judgement->parts.signed_input, judgement->digest);
	return judgement->has_digest;
}

/* ---- what is demanded ---- */

/*
 * Who exchanges tokens makes new ones of them: both proofs, whatever it says. A tainted key's tokens must be told from
 * those that its thief makes: the mark does, and the ledger where it is asked anyway.
 */
static struct demand
demand_of(const struct mm_judgement *judgement)
{
	const struct mm_service *service = judgement->service;
	struct demand demand = { service->mark, service->ledger, service->ledger_away_marked_only };

	if (service->exchanges)
		demand.mark = demand.ledger = MM_PROOF_REQUIRED;
	if (judgement->facts.key->tainted || judgement->request->freshness == MM_STALE)
		demand.mark = MM_PROOF_REQUIRED;
	return demand;
}

/* Whether what is known of a mint may be relied upon: a stale trust with marks alone, for one token's lifetime. */
static enum mm_reason
check_freshness(struct mm_judgement *judgement)
{
	const struct mm_request *request = judgement->request;
	const struct mm_realm *realm = judgement->facts.realm;

	if (request->freshness == MM_FRESH)
		return MM_OK;
	mm_compare(judgement, "trust", mm_slice_str(request->freshness == MM_STALE ? "stale" : "of another time"),
	    mm_slice_str("fresh"));
	if (request->freshness != MM_STALE)
		return MM_CLOCK_UNSURE;
	return realm->when_stale_marked_only && request->stale_for_s >= 0 &&
	    request->stale_for_s <= realm->max_lifetime_s ? MM_OK : MM_TRUST_STALE;
}

/* ---- the mark ---- */

static struct mm_slice
encoded_header(const struct mm_compact *parts)
{
	const char *dot = memchr(parts->signed_input.ptr, '.', parts->signed_input.len);

	return mm_slice(parts->signed_input.ptr, dot == NULL ? 0 : (size_t)(dot - parts->signed_input.ptr));
}

/* Keyed by the day of iat and the service's audience, which step 8 found to be the token's. */
static enum mm_mark_result
look_at_mark(struct mm_judgement *judgement, struct findings *findings)
{
	bool has_mark = mm_json_find(&judgement->payload, "mark").type != MM_JSON_ABSENT;

	if (findings->mark_looked)
		return findings->mark;
	findings->mark_looked = true;
	if (!has_mark)
		findings->mark = MM_MARK_ABSENT;
	else if (findings->day != NULL && mm_judgement_split(judgement) == MM_OK)
		findings->mark = mm_mark_check(findings->day->mark_key, encoded_header(&judgement->parts),
		    judgement->parts.payload, has_mark);
	return findings->mark;
}

static enum mm_reason
check_mark(struct mm_judgement *judgement, struct findings *findings)
{
	static const char *const words[] = {
		[0] = "not known", [MM_MARK_RIGHT] = "right", [MM_MARK_ABSENT] = "absent", [MM_MARK_WRONG] = "wrong",
	};
	enum mm_mark_result mark = look_at_mark(judgement, findings);

	mm_compare(judgement, "mark", mm_slice_str(words[mark]), mm_slice_str("right"));
	switch (mark) {
	case MM_MARK_RIGHT: return MM_OK;
	case MM_MARK_ABSENT: return MM_MARK_MISSING;
	case MM_MARK_WRONG: return MM_MARK_INVALID;
	}
	return MM_PROOF_UNAVAILABLE;
}

/* ---- the ledger ---- */

/* The cipher of this key; NULL where memory is short or libcrypto fails. */
static struct mm_token_id_cipher *
cipher_of(struct mm_judgement *judgement, const uint8_t key[MM_TOKEN_ID_KEY_LEN])
{
	struct mm_judgement_id *id;

	for (size_t i = 0; i < MM_JUDGEMENT_IDS; i++) {
		id = &judgement->ids[i];
		if (id->cipher != NULL && mm_secret_equal(id->key, key, MM_TOKEN_ID_KEY_LEN))
			return id->cipher;
	}
	id = &judgement->ids[judgement->next_id++ % MM_JUDGEMENT_IDS];
	mm_token_id_cipher_free(&id->cipher);
	memcpy(id->key, key, MM_TOKEN_ID_KEY_LEN);
	id->cipher = mm_token_id_cipher_new(key);
	return id->cipher;
}

/* MM_OK: it is on record. MM_PROOF_UNAVAILABLE: the index cannot know. */
static enum mm_reason
look_into_index(struct mm_judgement *judgement, const struct findings *findings)
{
	struct mm_slice jti = judgement->claims.set.jti;
	struct mm_token_id_cipher *cipher;
	struct mm_token_place place;
	uint64_t entry;

	/* A jti that is none of the mint's was never on record, whatever else is known. */
	if (!mm_slice_present(jti) || jti.len != MM_TOKEN_ID_LEN)
		return MM_NOT_ISSUED;
	if (findings->realm == NULL || !findings->realm->has_token_id_key)
		return MM_PROOF_UNAVAILABLE;
	cipher = cipher_of(judgement, findings->realm->token_id_key);
	if (cipher == NULL)
		return MM_PROOF_UNAVAILABLE;
	if (!mm_token_id_decode(cipher, jti, &place))
		return MM_NOT_ISSUED;
	if (findings->realm->issued == NULL || findings->day == NULL ||
	    !mm_issued_entry_with(findings->day->index_key, judgement->digest, &entry))
		return MM_PROOF_UNAVAILABLE;
	switch (mm_issued_find(findings->realm->issued, place, entry)) {
	case MM_ISSUED_FOUND: return MM_OK;
	case MM_ISSUED_ABSENT: return MM_NOT_ISSUED;
	case MM_ISSUED_NOT_YET:
	case MM_ISSUED_FORGOTTEN: break;
	}
	return MM_PROOF_UNAVAILABLE;
}

/* What the ledger itself said counts where the index cannot know. */
static enum mm_reason
ask_ledger(struct mm_judgement *judgement, const struct findings *findings)
{
	enum mm_reason reason;

	/* Without the digest nothing is the token's own record. */
	if (!mm_judgement_digest(judgement))
		return MM_PROOF_UNAVAILABLE;
	reason = look_into_index(judgement, findings);
	if (reason != MM_PROOF_UNAVAILABLE)
		return reason;
	switch (judgement->request->ledger_answer) {
	case MM_LEDGER_HAS_IT: return MM_OK;
	case MM_LEDGER_HAS_IT_NOT: return MM_NOT_ISSUED;
	case MM_LEDGER_NOT_ASKED:
	case MM_LEDGER_SILENT: break;
	}
	return MM_PROOF_UNAVAILABLE;
}

static enum mm_reason
check_ledger(struct mm_judgement *judgement, const struct findings *findings)
{
	enum mm_reason reason = ask_ledger(judgement, findings);

	mm_compare(judgement, "ledger", mm_slice_str(reason == MM_OK ? "has it on record" :
	    reason == MM_NOT_ISSUED ? "has it not on record" : "not known"), mm_slice_str("has it on record"));
	return reason;
}

/* ---- both ---- */

/* Keep what was found first; where it is only observed it denies nothing. */
static enum mm_reason
weigh(struct mm_judgement *judgement, enum mm_proof_demand demand, enum mm_reason found)
{
	if (judgement->facts.proof_reason == MM_OK)
		judgement->facts.proof_reason = found;
	return demand == MM_PROOF_REQUIRED ? found : MM_OK;
}

/* The ledger was asked, or cannot be: a right mark may be enough, and the decision says so. */
static bool
passes_without_ledger(struct mm_judgement *judgement, const struct demand *demand, struct findings *findings)
{
	return demand->mark_is_enough && judgement->request->ledger_answer == MM_LEDGER_SILENT &&
	    look_at_mark(judgement, findings) == MM_MARK_RIGHT;
}

static enum mm_reason
prove_by_ledger(struct mm_judgement *judgement, const struct demand *demand, struct findings *findings)
{
	enum mm_reason reason = check_ledger(judgement, findings);

	if (reason == MM_OK) {
		judgement->facts.issuance = MM_ISSUANCE_ISSUED;
		return MM_OK;
	}
	if (reason == MM_NOT_ISSUED)
		judgement->facts.issuance = MM_ISSUANCE_UNPROVEN;
	if (reason == MM_PROOF_UNAVAILABLE && passes_without_ledger(judgement, demand, findings)) {
		judgement->facts.issuance = MM_ISSUANCE_LEDGER_AWAY;
		return MM_OK;
	}
	return weigh(judgement, demand->ledger, reason);
}

/*
 * A mark that cannot be looked at is not needed where the ledger has the token: its record is of the whole of it, the
 * mark too. A mark that is missing or wrong is never made good.
 */
static enum mm_reason
prove(struct mm_judgement *judgement, const struct demand *demand, struct findings *findings)
{
	enum mm_reason mark = demand->mark == MM_PROOF_OFF ? MM_OK : check_mark(judgement, findings);
	bool unknown = mark == MM_PROOF_UNAVAILABLE;

	judgement->facts.issuance = demand->mark != MM_PROOF_OFF && mark == MM_OK ? MM_ISSUANCE_MARKED :
	    MM_ISSUANCE_UNPROVEN;
	if (!unknown)
		MM_TRY(weigh(judgement, demand->mark, mark));
	if (demand->ledger != MM_PROOF_OFF || (unknown && judgement->request->ledger_answer == MM_LEDGER_HAS_IT))
		MM_TRY(prove_by_ledger(judgement, demand, findings));
	if (unknown && judgement->facts.issuance != MM_ISSUANCE_ISSUED)
		return weigh(judgement, demand->mark, mark);
	return MM_OK;
}

/* ---- roots ---- */

static bool
is_accepted_unproven(const struct mm_judgement *judgement, const struct mm_realm *realm)
{
	return mm_realms_have(judgement->service->unproven_realms, judgement->service->unproven_realm_count, realm);
}

/* A derived token is proven no better than the token that it goes back to. */
static enum mm_reason
check_root(struct mm_judgement *judgement, const struct demand *demand)
{
	bool by_ledger = demand->ledger == MM_PROOF_REQUIRED && !demand->mark_is_enough;
	enum mm_issuance needed = by_ledger ? MM_ISSUANCE_ISSUED : MM_ISSUANCE_MARKED;
	bool required = demand->mark == MM_PROOF_REQUIRED || demand->ledger == MM_PROOF_REQUIRED;
	bool proven = judgement->root_issuance >= needed;

	if (judgement->facts.issuance > judgement->root_issuance)
		judgement->facts.issuance = judgement->root_issuance;
	mm_compare(judgement, "root's proof", mm_slice_str(mm_issuance_name(judgement->root_issuance)),
	    required ? mm_slice_str(mm_issuance_name(needed)) : mm_slice_str("any"));
	if (proven || is_accepted_unproven(judgement, judgement->root_realm))
		return MM_OK;
	return weigh(judgement, required ? MM_PROOF_REQUIRED : MM_PROOF_OBSERVE, MM_ROOT_UNPROVEN);
}

/* ---- the step ---- */

/* A realm without a mint has nothing to prove by: compiling saw to it that who demands proof accepts that. */
static enum mm_reason
check_external(struct mm_judgement *judgement)
{
	const struct mm_service *service = judgement->service;

	mm_compare(judgement, "proof", mm_slice_str("none: the realm has no mint"),
	    mm_slice_str(service->mark == MM_PROOF_REQUIRED || service->ledger == MM_PROOF_REQUIRED ?
	    "a realm in 'accept_unproven'" : "none is demanded"));
	if (judgement->facts.key->tainted)
		return MM_KEY_TAINTED;
	if (service->mark != MM_PROOF_REQUIRED && service->ledger != MM_PROOF_REQUIRED)
		return MM_OK;
	return is_accepted_unproven(judgement, judgement->facts.realm) ? MM_OK : MM_PROOF_UNAVAILABLE;
}

static struct findings
begin(const struct mm_judgement *judgement)
{
	const struct mm_proof *proof = judgement->request->proof;
	struct findings findings = { NULL, NULL, false, 0 };

	if (proof != NULL)
		findings.realm = mm_proof_find_realm(proof, judgement->facts.realm->name);
	if (findings.realm != NULL)
		findings.day = mm_proof_find_day(findings.realm, judgement->service->audience,
		    mm_mint_day(judgement->claims.set.iat_s));
	return findings;
}

/* Asking may help where it was not done yet, and there is something to ask of. */
static enum mm_reason
finish(struct mm_judgement *judgement, enum mm_reason reason)
{
	judgement->wants_ledger = reason == MM_PROOF_UNAVAILABLE &&
	    judgement->request->ledger_answer == MM_LEDGER_NOT_ASKED;
	if (judgement->wants_ledger && !mm_judgement_digest(judgement))
		return MM_INTERNAL;
	return reason;
}

enum mm_reason
mm_step_proof(struct mm_judgement *judgement)
{
	struct findings findings;
	struct demand demand;
	enum mm_reason reason;

	if (!judgement->facts.realm->is_mint)
		return check_external(judgement);
	MM_TRY(check_freshness(judgement));
	demand = demand_of(judgement);
	if (demand.mark == MM_PROOF_OFF && demand.ledger == MM_PROOF_OFF) {
		mm_compare(judgement, "proof", mm_slice_str("not looked for"), mm_slice_str("none is demanded"));
		return MM_OK;
	}
	findings = begin(judgement);
	reason = prove(judgement, &demand, &findings);
	if (reason == MM_OK && judgement->root_realm != NULL)
		reason = check_root(judgement, &demand);
	return finish(judgement, reason);
}
