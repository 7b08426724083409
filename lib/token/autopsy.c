/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The autopsy of a token that was refused before its signature was looked at.
 *
 * Nothing that the token says is believed before a signature holds; then its signer said it, and what he said is held
 * against what the key may be used for.
 */
#include "lib/token/autopsy.h"

#include "lib/token/facts.h"
#include "lib/token/judgement.h"
#include "lib/trust/find.h"

/* ---- whether one is wanted ---- */

/*
 * Whether it was step 3, 4 or 5 that refused: their reasons are given by others too, but step 2 leaves no key, and what
 * comes later is about a signature that held, or has a reason of its own.
 */
static bool
ended_before_signature(enum mm_reason reason, const struct mm_facts *facts)
{
	unsigned step = mm_reason_step(reason);

	if (facts->verified)
		return false;
	return (step >= 3 && step <= 5) || (reason == MM_ALG_FORBIDDEN && facts->key != NULL);
}

bool
mm_autopsy_wanted(const struct mm_decision *decision, const struct mm_key **key)
{
	const struct mm_facts *facts = mm_decision_facts(decision);
	const struct mm_key *keys;
	size_t count;

	if (!ended_before_signature(mm_decision_reason(decision), facts) || !mm_slice_present(facts->kid))
		return false;
	keys = mm_trust_find_kid(facts->service->trust, facts->kid, &count);
	for (size_t i = 0; i < count; i++) {
		if (keys[i].public_key == NULL)
			continue;
		*key = &keys[i];
		return true;
	}
	return false;
}

/* ---- what its signer said ---- */

/* What of the claims is held against the key; what has the wrong type was not said. */
struct statement {
	const struct mm_realm *realm; /* whose 'iss' it is; NULL: no realm's, or not said */
	int64_t iat_s;
	bool has_iat;
};

static struct statement
read_statement(const struct mm_trust *trust, struct mm_judgement *judgement)
{
	struct statement statement = { .realm = NULL };
	struct mm_slice iss, tenant_id;

	if (mm_json_string(mm_json_find(&judgement->payload, "iss"), &judgement->scratch, &iss))
		statement.realm = mm_trust_find_realm(trust, iss, &tenant_id);
	statement.has_iat = mm_json_integer(mm_json_find(&judgement->payload, "iat"), &statement.iat_s);
	return statement;
}

/* ---- whether the key could have signed it ---- */

/* The bounds are below 2^53 or the type's ends, the iat is below 2^53: no overflow. */
static bool
lies_outside_window(const struct mm_key *key, int64_t iat_s)
{
	return (key->signs_from_s != INT64_MIN && iat_s < key->signs_from_s - MM_CLOCK_SKEW_S) ||
	    (key->signs_until_s != INT64_MAX && iat_s > key->signs_until_s + MM_CLOCK_SKEW_S);
}

static bool
lies_behind_revocation(const struct mm_key *key, int64_t iat_s)
{
	return key->standing == MM_KEY_TOMBSTONED && key->revoked_at_s != INT64_MIN &&
	    iat_s > key->revoked_at_s + MM_CLOCK_SKEW_S;
}

/* Of a key without scope nobody knows whose it is. */
static bool
is_of_another_realm(const struct mm_key *key, const struct statement *statement)
{
	return key->standing != MM_KEY_WITHOUT_SCOPE && statement->realm != NULL && statement->realm != key->realm;
}

static enum mm_autopsy_fault
find_fault(const struct mm_key *key, const struct statement *statement)
{
	if (is_of_another_realm(key, statement))
		return MM_AUTOPSY_FAULT_ISSUER;
	if (statement->has_iat && lies_outside_window(key, statement->iat_s))
		return MM_AUTOPSY_FAULT_WINDOW;
	if (statement->has_iat && lies_behind_revocation(key, statement->iat_s))
		return MM_AUTOPSY_FAULT_REVOKED;
	return MM_AUTOPSY_FAULT_NONE;
}

/* What it means that a key signed it; of two that did, being one key in two realms, the later one here counts. */
enum weight { SIGNED_BY_NONE, NOBODY_CAN_TELL, COULD_NOT, COULD };

/*
 * A key without scope could have signed for the realm that it is listed in. For another one it counts only where no
 * realm has the key: else any provider could let a thief off by publishing the key's public half.
 */
static enum weight
weigh(const struct mm_key *key, enum mm_autopsy_fault fault, const struct statement *statement)
{
	if (fault != MM_AUTOPSY_FAULT_NONE)
		return COULD_NOT;
	return key->standing != MM_KEY_WITHOUT_SCOPE || statement->realm == key->realm ? COULD : NOBODY_CAN_TELL;
}

/* ---- who signed it ---- */

static struct mm_autopsy
examine_keys(const struct mm_trust *trust, struct mm_judgement *judgement)
{
	const struct statement statement = read_statement(trust, judgement);
	struct mm_autopsy autopsy = { .class = MM_AUTOPSY_NOISE };
	enum weight heaviest = SIGNED_BY_NONE;
	size_t count, tried = 0;
	const struct mm_key *keys = mm_trust_find_kid(trust, judgement->head.kid, &count);

	for (size_t i = 0; i < count && tried < MM_AUTOPSY_KEYS_MAX; i++) {
		enum mm_autopsy_fault fault = find_fault(&keys[i], &statement);
		enum weight weight = weigh(&keys[i], fault, &statement);

		if (keys[i].public_key == NULL || weight <= heaviest)
			continue;
		tried++;
		if (mm_public_key_verify(keys[i].public_key, judgement->verifier, judgement->parts.signed_input,
		        judgement->parts.signature) != MM_OK)
			continue;
		autopsy = (struct mm_autopsy){
			.class = weight == COULD_NOT ? MM_AUTOPSY_PROOF : MM_AUTOPSY_LEAD,
			.fault = fault,
			.key = &keys[i],
		};
		heaviest = weight;
	}
	return autopsy;
}

/* The string of this name; absent where there is none. */
static struct mm_slice
read_said(struct mm_judgement *judgement, const char *name)
{
	struct mm_slice text = MM_SLICE_ABSENT;
	bool is_text = mm_json_string(mm_json_find(&judgement->payload, name), &judgement->scratch, &text);

	return is_text ? text : MM_SLICE_ABSENT;
}

static void
read_what_was_said(struct mm_judgement *judgement, struct mm_autopsy *autopsy)
{
	autopsy->issuer = read_said(judgement, "iss");
	autopsy->tenant_id = read_said(judgement, "tid");
	autopsy->subject = read_said(judgement, "sub");
	autopsy->client = read_said(judgement, "client_id");
	if (!mm_slice_present(autopsy->client))
		autopsy->client = read_said(judgement, "azp");
	autopsy->token_id = read_said(judgement, "jti");
}

struct mm_autopsy
mm_autopsy_examine(const struct mm_trust *trust, struct mm_slice token, struct mm_decision *scratch)
{
	const struct mm_request request = { .token = token };
	struct mm_judgement *judgement = mm_decision_lend(scratch, trust, &request);
	struct mm_autopsy autopsy = { .class = MM_AUTOPSY_NOISE };

	if (mm_step_shape(judgement) == MM_OK && mm_step_header(judgement) == MM_OK)
		autopsy = examine_keys(trust, judgement);
	if (autopsy.key != NULL)
		read_what_was_said(judgement, &autopsy);
	judgement->request = NULL;
	return autopsy;
}
