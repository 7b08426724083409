/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The decision on a token, and the question to the ledger about it.
 */
#include "daemon/verifier/judge.h"

#include "daemon/verifier/secret.h"
#include "lib/base/array.h"
#include "lib/codec/json.h"
#include "lib/crypto/digest.h"
#include "lib/token/facts.h"
#include "lib/trust/find.h"
#include "lib/trust/trust.h"

#include <mintmark/inspect.h>

#include <string.h>

enum mm_reason
verifier_judge(struct verifier *verifier, const struct verifier_work *work, struct mm_slice service,
    const struct mm_evidence *evidence, enum mm_ledger_answer answer)
{
	const struct mm_request request = {
		.service = verifier->trust != NULL ? mm_trust_find_service(verifier->trust, service) : NULL,
		.token = work->verify.token,
		.now_s = verifier->now_s,
		.evidence = evidence,
		.ledger_answer = answer,
	};

	if (request.service == NULL)
		return MM_INTERNAL;
	if (mm_allowed(mm_decide(verifier->trust, &request, verifier->decision)))
		return MM_OK;
	return mm_decision_reason(verifier->decision);
}

/* ---- what a service asks for beside ---- */

bool
verifier_is_genuine(const struct verifier *verifier, enum mm_reason reason)
{
	switch (reason) {
	case MM_OK:
	case MM_SCOPE_INSUFFICIENT:
	case MM_PROOF_UNAVAILABLE:
		return true;
	case MM_CLAIM_MISSING:
	case MM_SUBJECT_UNKNOWN:
	case MM_BINDING_MISSING:
		/* There are facts only where the signature held. */
		return !mm_decision_is_revoked(verifier->decision);
	default:
		return false;
	}
}

/* ---- what stands in a token ---- */

#define PAYLOAD_MEMBERS_MAX MM_PAYLOAD_MEMBERS_MAX

/* 'root' has five members; those of a later version are passed over. */
#define ROOT_MEMBERS_MAX 16

/* Only one thread looks into tokens. */
static char room[MM_TOKEN_LEN_MAX];
static struct mm_json_names names;
static struct mm_json_member members[PAYLOAD_MEMBERS_MAX];

static bool
read_payload(struct mm_slice token, struct mm_json_index *payload)
{
	struct mm_unverified_token unverified;

	*payload = (struct mm_json_index){ members, 0, PAYLOAD_MEMBERS_MAX };
	return mm_inspect(token, room, sizeof(room), &unverified) == MM_OK &&
	    mm_json_scan(unverified.unverified_payload, &names, payload, NULL) == MM_OK;
}

struct mm_slice
verifier_unverified_service(const struct verifier *verifier, struct mm_slice token)
{
	char text[MM_CLAIM_LEN_MAX];
	struct mm_json_index payload;
	struct mm_scratch scratch;
	struct mm_slice audience;
	const struct verifier_service *service;

	mm_scratch_init(&scratch, text, sizeof(text));
	if (!read_payload(token, &payload) || !mm_json_string(mm_json_find(&payload, "aud"), &scratch, &audience))
		return MM_SLICE_ABSENT;
	service = verifier_service_by_audience(&verifier->realm, audience);
	return service != NULL ? service->name : MM_SLICE_ABSENT;
}

static bool
read_time(struct mm_slice token, const char *claim, int64_t *time_s)
{
	struct mm_json_index payload;

	return read_payload(token, &payload) && mm_json_integer(mm_json_find(&payload, claim), time_s);
}

bool
verifier_unverified_expiry(struct mm_slice token, int64_t *exp_s)
{
	return read_time(token, "exp", exp_s);
}

bool
verifier_verified_time(struct mm_slice token, const char *claim, int64_t *time_s)
{
	return read_time(token, claim, time_s);
}

static bool
take_binding(const struct mm_json_index *confirmation, const char *name, struct verifier_work *work)
{
	char text[MM_SECRET_TEXT_LEN];
	struct mm_scratch scratch;
	struct mm_slice digest;

	mm_scratch_init(&scratch, text, sizeof(text));
	return mm_json_string(mm_json_find(confirmation, name), &scratch, &digest) &&
	    verifier_secret_read(digest, work->answer.sender_thumbprint);
}

void
verifier_tell_binding(struct verifier_work *work)
{
	struct mm_json_member inner[8];
	struct mm_json_index payload, confirmation = { inner, 0, MM_COUNT_OF(inner) };

	if (!read_payload(work->verify.token, &payload) ||
	    !mm_json_view_object(mm_json_find(&payload, "cnf"), &confirmation))
		return;
	if (take_binding(&confirmation, "jkt", work))
		work->answer.sender_key = MM_SENDER_DPOP;
	else if (take_binding(&confirmation, "x5t#S256", work))
		work->answer.sender_key = MM_SENDER_MTLS;
}

/* ---- the ledger's word ---- */

static struct mm_slice
without_signature(struct mm_slice token)
{
	while (token.len > 0 && token.ptr[token.len - 1] != '.')
		token.len--;
	return mm_slice(token.ptr, token.len > 0 ? token.len - 1 : 0);
}

/* The mint that a derived token says that it goes back to; NULL: none of which there is a ledger here. */
static const struct verifier_parent *
read_root(const struct verifier *verifier, struct mm_slice token, int64_t *iat_s)
{
	struct mm_json_member inner[ROOT_MEMBERS_MAX];
	struct mm_json_index payload, root = { inner, 0, MM_COUNT_OF(inner) };
	char text[MM_NAME_LEN_MAX];
	struct mm_scratch scratch;
	struct mm_slice realm;

	mm_scratch_init(&scratch, text, sizeof(text));
	if (!read_payload(token, &payload) || !mm_json_view_object(mm_json_find(&payload, "root"), &root) ||
	    !mm_json_integer(mm_json_find(&root, "iat"), iat_s) ||
	    !mm_json_string(mm_json_find(&root, "realm"), &scratch, &realm))
		return NULL;
	for (size_t i = 0; i < verifier->realm.parent_count; i++)
		if (mm_slice_equal(verifier->realm.parents[i].name, realm))
			return &verifier->realm.parents[i];
	return NULL;
}

/* What it was derived from, where a mint made that; false: no mint made one of this id. */
static bool
fill_root(const struct verifier *verifier, const struct verifier_work *work, struct mm_ask_standing *ask)
{
	struct mm_slice id = mm_decision_fact(verifier->decision, MM_FACT_PARENT);
	int64_t iat_s = 0;
	const struct verifier_parent *parent =
	    mm_slice_present(id) ? read_root(verifier, work->verify.token, &iat_s) : NULL;

	if (parent == NULL)
		return true;
	if (id.len != sizeof(ask->parent))
		return false;
	ask->has_root = 1;
	ask->root_realm = parent->number;
	ask->root_iat_s = iat_s;
	memcpy(ask->parent, id.ptr, id.len);
	return true;
}

/* What is asked of the ledger about the token that was decided on; false: no mint writes such a one. */
static bool
fill_question(const struct verifier *verifier, const struct verifier_work *work, uint16_t realm,
    struct mm_ask_standing *ask)
{
	struct mm_slice id = mm_decision_fact(verifier->decision, MM_FACT_TOKEN_ID);

	*ask = (struct mm_ask_standing){ .issued = { .number = work->number, .realm = realm } };
	if (id.len != sizeof(ask->issued.token_id) ||
	    !mm_sha256(without_signature(work->verify.token), ask->issued.digest))
		return false;
	memcpy(ask->issued.token_id, id.ptr, id.len);
	return fill_root(verifier, work, ask) && verifier_verified_time(work->verify.token, "iat", &ask->iat_s) &&
	    mm_mint_text_set(&ask->subject, mm_decision_fact(verifier->decision, MM_FACT_SUBJECT)) &&
	    mm_mint_text_set(&ask->session, mm_decision_fact(verifier->decision, MM_FACT_SESSION)) &&
	    mm_mint_text_set(&ask->client, mm_decision_fact(verifier->decision, MM_FACT_CLIENT));
}

void
verifier_ask_record(struct verifier *verifier, struct verifier_work *work, uint16_t realm, verifier_step *go_on)
{
	struct mm_ask_standing ask;

	if (!fill_question(verifier, work, realm, &ask)) {
		/* The ledger need not be asked. */
		work->record = MM_ISSUED_NO;
		go_on(verifier, work);
		return;
	}
	memcpy(work->asked_digest, ask.issued.digest, sizeof(work->asked_digest));
	if (verifier_peer_post(&verifier->ledger, MM_MESSAGE_VERIFIER_ASK_ISSUED, &ask, sizeof(ask)))
		verifier_work_wait(verifier, work, VERIFIER_WAITS_RECORD, VERIFIER_LEDGER_MS, go_on);
	else
		verifier_answer(verifier, work, MM_SIGN_IN_TEMPORARILY_UNAVAILABLE, "the ledger is away");
}

enum mm_ledger_answer
verifier_ledger_answer(const struct verifier_work *work)
{
	switch (work->record) {
	case MM_ISSUED_YES:
		return MM_LEDGER_HAS_IT;
	case MM_ISSUED_NO:
	case MM_ISSUED_VOID:
		return MM_LEDGER_HAS_IT_NOT;
	default:
		return MM_LEDGER_SILENT;
	}
}
