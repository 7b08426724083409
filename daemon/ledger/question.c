/* SPDX-License-Identifier: Apache-2.0 */
/* Questions of gates, verifiers and operators. */
#include "daemon/ledger/question.h"

#include "daemon/ledger/mint.h"
#include "lib/crypto/digest.h"

#include <stdio.h>
#include <string.h>

#define ANSWER_LEN_MAX ((size_t)1024 * 1024)

/* ---- is it on record? ---- */

/* Whether a restoration has left open what stood at a place. */
static bool
is_unknown(const struct ledger_mint *mint, struct mm_token_place place)
{
	for (size_t i = 0; i < mint->unknown_count; i++) {
		const struct ledger_unknown *unknown = &mint->unknown[i];
		bool behind = place.signer > unknown->from.signer || (place.signer == unknown->from.signer &&
		    (place.minute > unknown->from.minute ||
		        (place.minute == unknown->from.minute && place.counter > unknown->from.counter)));

		if (behind && (place.signer < unknown->next_signer || place.minute < unknown->minute))
			return true;
	}
	return false;
}

/* Whether the entry is of this digest: iat lies in the minute's day, but where a clock was set. */
static bool
entry_fits(struct ledger_realm *realm, struct mm_token_place place, const uint8_t digest[MM_DIGEST_LEN],
    uint64_t entry)
{
	const uint32_t day = mm_mint_day((int64_t)place.minute * 60), today = mm_mint_day(ledger_wall_s());
	uint64_t made;

	if (ledger_mint_entry(realm, day, digest, &made) && made == entry)
		return true;
	return (day > 0 && ledger_mint_entry(realm, day - 1, digest, &made) && made == entry) ||
	    (today != day && ledger_mint_entry(realm, today, digest, &made) && made == entry);
}

static enum mm_issued_answer
look_up(struct ledger *ledger, const struct mm_ask_issued *ask)
{
	struct ledger_realm *realm = ledger_realm_by_number(ledger, ask->realm);
	struct mm_token_place place;
	const uint64_t *entry;

	if (realm == NULL || !realm->mint->has_root)
		return MM_ISSUED_UNKNOWN;
	if (!mm_token_id_decode(realm->mint->cipher, mm_slice(ask->token_id, sizeof(ask->token_id)), &place))
		return MM_ISSUED_NO;
	entry = ledger_live_find(&realm->mint->live, place);
	if (entry != NULL && *entry == 0)
		return MM_ISSUED_VOID;
	if (entry != NULL)
		return entry_fits(realm, place, ask->digest, *entry) ? MM_ISSUED_YES : MM_ISSUED_NO;
	/* What expired is not looked for: nobody may let it in. */
	if (ledger->damage[0] != '\0' || is_unknown(realm->mint, place))
		return MM_ISSUED_UNKNOWN;
	return MM_ISSUED_NO;
}

void
ledger_question_issued(struct ledger *ledger, struct ledger_peer *gate, const struct mm_ask_issued *ask)
{
	struct mm_ledger_says says = { .number = ask->number, .answer = look_up(ledger, ask) };

	memcpy(says.digest, ask->digest, sizeof(says.digest));
	(void)ledger_peer_post(gate, MM_MESSAGE_GATE_LEDGER_SAYS, &says, sizeof(says));
}

/* Of the realm that it was derived from. One that is not there cannot be asked for. */
static enum mm_issued_answer
look_at_root(struct ledger *ledger, const struct mm_ask_standing *ask)
{
	const struct ledger_realm *realm = ledger_realm_by_number(ledger, ask->root_realm);
	const struct mm_revoked_facts facts = { mm_slice(ask->parent, sizeof(ask->parent)),
		mm_mint_text_get(&ask->session), mm_mint_text_get(&ask->subject), MM_SLICE_ABSENT, ask->root_iat_s };

	if (realm == NULL)
		return MM_ISSUED_UNKNOWN;
	return mm_revoked_find(realm->mint->revoked.set, &facts) != 0 ? MM_ISSUED_REVOKED : MM_ISSUED_YES;
}

bool
ledger_question_standing(struct ledger *ledger, struct ledger_peer *verifier, const struct mm_ask_standing *ask)
{
	const struct ledger_realm *realm = ledger_realm_by_number(ledger, ask->issued.realm);
	const struct mm_revoked_facts facts = { mm_slice(ask->issued.token_id, sizeof(ask->issued.token_id)),
		mm_mint_text_get(&ask->session), mm_mint_text_get(&ask->subject), mm_mint_text_get(&ask->client),
		ask->iat_s };
	struct mm_ledger_says says = { .number = ask->issued.number };

	if (!mm_ask_standing_check(ask))
		return false;
	memcpy(says.digest, ask->issued.digest, sizeof(says.digest));
	says.answer = look_up(ledger, &ask->issued);
	if (says.answer == MM_ISSUED_YES && mm_revoked_find(realm->mint->revoked.set, &facts) != 0)
		says.answer = MM_ISSUED_REVOKED;
	if (says.answer == MM_ISSUED_YES && ask->has_root)
		says.answer = look_at_root(ledger, ask);
	/* What may have been revoked is not good for anything that is made of it. */
	if (says.answer == MM_ISSUED_YES && !ledger->revoked_known)
		says.answer = MM_ISSUED_UNKNOWN;
	(void)ledger_peer_post(verifier, MM_MESSAGE_VERIFIER_LEDGER_SAYS, &says, sizeof(says));
	return true;
}

/* ---- operators ---- */

void
ledger_question_shown(struct ledger *ledger, const struct ledger_show_question *question,
    struct mm_ledger_finding *finding)
{
	const struct mm_ask_token *token = &question->token;
	struct mm_buf buf;

	finding->unknown = finding->unknown || is_unknown(question->realm->mint, question->place);
	mm_buf_init(&buf, ANSWER_LEN_MAX);
	if (mm_ledger_finding_json(finding, mm_slice(token->token_id, sizeof(token->token_id)),
	        token->has_digest ? token->digest : NULL, &buf))
		ledger_answer(ledger, question->number, true, mm_slice(buf.data, buf.len));
	else
		ledger_refuse(ledger, question->number, "the answer is too long", NULL);
	mm_buf_clear(&buf);
}

static void
show(struct ledger *ledger, const struct mm_mint_ask *ask, const struct mm_ask_token *token)
{
	struct ledger_show_question question = { .number = ask->number, .token = *token };

	for (struct ledger_realm *realm = NULL; (realm = ledger_realm_next(ledger, realm)) != NULL;) {
		if (!realm->mint->has_root || !mm_token_id_decode(realm->mint->cipher,
		        mm_slice(token->token_id, sizeof(token->token_id)), &question.place))
			continue;
		question.realm = realm;
		if (!ledger_show_begin(ledger, &question))
			ledger_refuse(ledger, ask->number, "too many questions wait for the ledger's files",
			    "ask again in a moment");
		return;
	}
	ledger_refuse(ledger, ask->number,
	    "this is no token id of any mint here: no mint of this ledger ever issued it", NULL);
}

/* How long the structure behind each verb is; 0: it is not the ledger's, or of a variable form. */
static size_t
structure_len(unsigned verb)
{
	switch (verb) {
	case MM_MINT_VERB_LEDGER_SHOW:
		return sizeof(struct mm_ask_token);
	case MM_MINT_VERB_KEY_LIST:
	case MM_MINT_VERB_KEY_SHOW:
	case MM_MINT_VERB_KEY_HISTORY:
	case MM_MINT_VERB_KEY_ROTATE:
	case MM_MINT_VERB_KEY_HOLD:
	case MM_MINT_VERB_KEY_RETIRE:
	case MM_MINT_VERB_KEY_TAINT:
	case MM_MINT_VERB_KEY_REVOKE:
	case MM_MINT_VERB_KEY_RESTORE:
		return sizeof(struct mm_ask_key);
	default:
		return 0;
	}
}

static bool
key_texts_good(const struct mm_ask_key *what)
{
	return mm_mint_text_check(what->kid.len, what->kid.bytes, sizeof(what->kid.bytes)) &&
	    mm_mint_text_check(what->by.len, what->by.bytes, sizeof(what->by.bytes)) &&
	    mm_mint_text_check(what->why.len, what->why.bytes, sizeof(what->why.bytes));
}

static bool
ask_key(struct ledger *ledger, struct ledger_realm *realm, const struct mm_mint_ask *ask, struct mm_slice structure)
{
	static struct mm_ask_key what;

	memcpy(&what, structure.ptr, sizeof(what));
	if (!key_texts_good(&what))
		return false;
	if (ledger->keys_begun)
		ledger_keys_ask(ledger->keys, realm, ask, &what);
	else
		ledger_refuse(ledger, ask->number, ledger_trouble(ledger), "see 'mintmark ledger audit'");
	return true;
}

static bool
answer(struct ledger *ledger, struct ledger_realm *realm, const struct mm_mint_ask *ask, struct mm_slice structure)
{
	size_t len = structure_len(ask->verb);
	struct mm_ask_token token;

	if (len != 0 && structure.len != len)
		return false;
	switch (ask->verb) {
	case MM_MINT_VERB_LEDGER_SHOW:
		memcpy(&token, structure.ptr, sizeof(token));
		show(ledger, ask, &token);
		return true;
	case MM_MINT_VERB_TENANT_LIST:
	case MM_MINT_VERB_TENANT_SHOW:
	case MM_MINT_VERB_TENANT_ADD:
	case MM_MINT_VERB_TENANT_CHANGE:
	case MM_MINT_VERB_TENANT_DISABLE:
		ledger_tenants_ask(ledger->tenants, realm, ask, structure);
		return true;
	default:
		return len != 0 && ask_key(ledger, realm, ask, structure);
	}
}

bool
ledger_question_operator(struct ledger *ledger, struct mm_slice payload)
{
	struct ledger_realm *realm = NULL;
	struct mm_mint_ask ask;
	struct mm_slice name;

	if (payload.len < sizeof(ask))
		return false;
	memcpy(&ask, payload.ptr, sizeof(ask));
	name = mm_slice(ask.realm, strnlen(ask.realm, sizeof(ask.realm)));
	if (name.len > 0 && (realm = ledger_realm_by_name(ledger, name)) == NULL) {
		ledger_refuse(ledger, ask.number, "there is no mint of this name", "'mintmark key list' names them");
		return true;
	}
	return answer(ledger, realm, &ask, mm_slice(payload.ptr + sizeof(ask), payload.len - sizeof(ask)));
}
