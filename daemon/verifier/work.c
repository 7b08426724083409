/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests: their coming, waiting and answering, and the tickets that they need.
 */
#include "daemon/verifier/work.h"

#include "daemon/verifier/secret.h"
#include "lib/crypto/digest.h"

#include <stdlib.h>
#include <string.h>

static verifier_step *const steps[MM_SIGN_IN_REQUEST_COUNT] = {
	[MM_ASK_AUTHORIZE_CHECK] = verifier_ask_authorize_check,
	[MM_ASK_AUTHORIZE] = verifier_ask_authorize,
	[MM_ASK_SIGN_IN] = verifier_ask_sign_in,
	[MM_ASK_SESSION] = verifier_ask_session,
	[MM_ASK_SIGN_OUT] = verifier_ask_sign_out,
	[MM_ASK_CODE] = verifier_ask_code,
	[MM_ASK_REFRESH] = verifier_ask_refresh,
	[MM_ASK_CLIENT_CREDENTIALS] = verifier_ask_client_credentials,
	[MM_ASK_DEVICE_POLL] = verifier_ask_device_poll,
	[MM_ASK_EXCHANGE] = verifier_ask_exchange,
	[MM_ASK_DEVICE_START] = verifier_ask_device_start,
	[MM_ASK_DEVICE_USER] = verifier_ask_device_user,
	[MM_ASK_REVOKE] = verifier_ask_revoke,
	[MM_ASK_INTROSPECT] = verifier_ask_introspect,
	[MM_ASK_USERINFO] = verifier_ask_userinfo,
};

/* ---- coming ---- */

static struct verifier_work *
new_work(struct verifier *verifier, struct mm_slice payload)
{
	struct verifier_work *work = calloc(1, sizeof(*work) + payload.len);

	if (work == NULL)
		return NULL;
	work->payload_len = payload.len;
	memcpy(work->payload, payload.ptr, payload.len);
	if (!mm_verify_read(mm_slice(work->payload, payload.len), &work->verify)) {
		mm_secret_wipe(work->payload, payload.len);
		free(work);
		return NULL;
	}
	work->number = ++verifier->work_number;
	work->answer.number = work->verify.head.number;
	work->next = verifier->works;
	verifier->works = work;
	verifier->work_count++;
	return work;
}

bool
verifier_work_take(struct verifier *verifier, struct mm_slice payload)
{
	struct verifier_work *work = new_work(verifier, payload);

	if (work == NULL)
		return false;
	verifier->counts.requests++;
	if (verifier->work_count > VERIFIER_WORKS_MAX) {
		verifier->counts.busy++;
		verifier_answer(verifier, work, MM_SIGN_IN_TEMPORARILY_UNAVAILABLE, "there is too much to do");
	} else if (!verifier_segment_known(&verifier->realm, mm_mint_text_get(&work->verify.head.tenant)))
		verifier_answer(verifier, work, MM_SIGN_IN_UNKNOWN_TENANT, "there is no such tenant");
	else
		steps[work->verify.head.request](verifier, work);
	return true;
}

/* ---- waiting ---- */

void
verifier_work_wait(struct verifier *verifier, struct verifier_work *work, enum verifier_waiting waiting,
    int64_t patience_ms, verifier_step *go_on)
{
	work->waiting = waiting;
	work->round = verifier->round;
	work->deadline_ms = verifier->now_ms + patience_ms;
	work->go_on = go_on;
}

struct verifier_work *
verifier_work_find(struct verifier *verifier, uint64_t number, enum verifier_waiting waiting)
{
	for (struct verifier_work *work = verifier->works; work != NULL; work = work->next)
		if (work->number == number && work->waiting == waiting)
			return work;
	return NULL;
}

void
verifier_works_take_record(struct verifier *verifier, const struct mm_ledger_says *says)
{
	struct verifier_work *work = verifier_work_find(verifier, says->number, VERIFIER_WAITS_RECORD);

	if (work == NULL || memcmp(work->asked_digest, says->digest, sizeof(says->digest)) != 0)
		return;
	work->waiting = VERIFIER_WAITS_NOT;
	work->record = says->answer;
	work->go_on(verifier, work);
}

int64_t
verifier_works_due_ms(const struct verifier *verifier)
{
	int64_t due_ms = INT64_MAX;

	for (const struct verifier_work *work = verifier->works; work != NULL; work = work->next)
		if (work->waiting != VERIFIER_WAITS_NOT && work->deadline_ms < due_ms)
			due_ms = work->deadline_ms;
	return due_ms;
}

static void
give_up(struct verifier *verifier, struct verifier_work *work)
{
	static const char *const why[] = {
		[VERIFIER_WAITS_NOT] = "",
		[VERIFIER_WAITS_PASSWORD] = "there is too much to do",
		[VERIFIER_WAITS_TICKETS] = "the ledger does not answer: nothing is issued",
		[VERIFIER_WAITS_RECORD] = "the ledger does not answer: nothing is issued",
		[VERIFIER_WAITS_REVOCATION] = "it ended here; the services are told when the ledger answers",
	};

	verifier_answer(verifier, work, MM_SIGN_IN_TEMPORARILY_UNAVAILABLE, why[work->waiting]);
}

void
verifier_works_expire(struct verifier *verifier)
{
	for (struct verifier_work *work = verifier->works; work != NULL; work = work->next)
		if (work->waiting != VERIFIER_WAITS_NOT && work->deadline_ms <= verifier->now_ms)
			give_up(verifier, work);
}

void
verifier_works_ledger_gone(struct verifier *verifier)
{
	for (struct verifier_work *work = verifier->works; work != NULL; work = work->next)
		if (work->waiting == VERIFIER_WAITS_TICKETS || work->waiting == VERIFIER_WAITS_RECORD)
			give_up(verifier, work);
}

/* ---- answering ---- */

/* What was to be granted is not told with a refusal. */
static void
forget_grant(struct mm_verified *answer)
{
	answer->has_access = answer->has_identity = 0;
	mm_secret_wipe(answer->ticket_access, sizeof(answer->ticket_access));
	mm_secret_wipe(answer->ticket_identity, sizeof(answer->ticket_identity));
	verifier_text_put(&answer->code, MM_SLICE_ABSENT);
	verifier_text_put(&answer->cookie, MM_SLICE_ABSENT);
	verifier_text_put(&answer->device, MM_SLICE_ABSENT);
	verifier_text_put(&answer->refresh_token, MM_SLICE_ABSENT);
	verifier_text_put(&answer->device_code, MM_SLICE_ABSENT);
	verifier_text_put(&answer->user_code, MM_SLICE_ABSENT);
}

void
verifier_answer(struct verifier *verifier, struct verifier_work *work, enum mm_sign_in_status status,
    const char *description)
{
	work->waiting = VERIFIER_WAITS_NOT;
	work->answered = true;
	work->answer.status = (uint16_t)status;
	work->answer.cannot_record = verifier->store_failed;
	verifier_text_put(&work->answer.description, mm_slice_str(description));
	if (status == MM_SIGN_IN_OK)
		verifier->counts.granted += work->answer.has_access;
	else {
		verifier->counts.denied++;
		forget_grant(&work->answer);
	}
}

static void
free_work(struct verifier *verifier, struct verifier_work *work)
{
	verifier->work_count--;
	mm_secret_wipe(work, sizeof(*work) + work->payload_len);
	free(work);
}

/*
 * Whether what this work has come to may rest on what could not be read or is not written down: its answer, or what it
 * waits with. A refusal is no better: a client told that its refresh token is none would throw it away.
 */
static bool
is_undone(const struct verifier *verifier, const struct verifier_work *work)
{
	return work->answered || work->round == verifier->round;
}

void
verifier_works_send(struct verifier *verifier, bool kept)
{
	struct verifier_work **at = &verifier->works, *work;

	while ((work = *at) != NULL) {
		if (!kept && is_undone(verifier, work)) {
			work->answer.done = 0;
			verifier_answer(verifier, work, MM_SIGN_IN_TEMPORARILY_UNAVAILABLE,
			    "the table cannot be used: nothing is issued");
		}
		if (!work->answered) {
			at = &work->next;
			continue;
		}
		/* An issuer that does not take its answers sees them late: it gives up by itself. */
		verifier_peer_post(&verifier->issuer, MM_MESSAGE_VERIFIED, &work->answer, sizeof(work->answer));
		*at = work->next;
		free_work(verifier, work);
	}
	verifier->round++;
}

/* Of an issuer that is gone. */
void
verifier_works_forget(struct verifier *verifier)
{
	while (verifier->works != NULL) {
		struct verifier_work *work = verifier->works;

		verifier->works = work->next;
		free_work(verifier, work);
	}
}

/* ---- tickets ---- */

static bool
open_ticket(struct verifier *verifier, const struct mm_grant *grant, uint8_t ticket[MM_TICKET_LEN])
{
	struct mm_ticket_open open = { .expires_ms = verifier->now_ms + VERIFIER_TICKET_MS, .grant = *grant };

	if (!verifier_random(ticket, MM_TICKET_LEN))
		return false;
	memcpy(open.ticket, ticket, MM_TICKET_LEN);
	return verifier_peer_post(&verifier->ledger, MM_MESSAGE_TICKET_OPEN, &open, sizeof(open));
}

/* OpenID Connect Core 1.0 section 2: 'aud' is the client, and the sender's key has nothing to do with it. */
static bool
make_identity(const struct verifier_work *work, struct mm_grant *grant)
{
	*grant = work->grant;
	grant->token_class = MM_CLASS_IDENTITY;
	grant->sender_key = MM_SENDER_NONE;
	memset(grant->sender_thumbprint, 0, sizeof(grant->sender_thumbprint));
	return mm_mint_text_set(&grant->audience, mm_mint_text_get(&work->grant.client)) &&
	    mm_mint_text_set(&grant->scope, MM_SLICE_ABSENT) &&
	    mm_mint_text_set(&grant->nonce, mm_mint_text_get(&work->nonce));
}

void
verifier_tickets_open(struct verifier *verifier, struct verifier_work *work, verifier_step *go_on)
{
	struct mm_verified *answer = &work->answer;
	struct mm_grant identity;

	/* Also where nothing would be written for it: what ends access could not be kept either. */
	if (verifier->store_failed) {
		verifier_answer(verifier, work, MM_SIGN_IN_TEMPORARILY_UNAVAILABLE,
		    "the table cannot be written: nothing is issued");
		return;
	}
	if (!mm_grant_check(&work->grant) ||
	    (work->wants_identity && (!make_identity(work, &identity) || !mm_grant_check(&identity)))) {
		verifier_answer(verifier, work, MM_SIGN_IN_SERVER_ERROR, "the grant is not well formed");
		return;
	}
	if (!open_ticket(verifier, &work->grant, answer->ticket_access) ||
	    (work->wants_identity && !open_ticket(verifier, &identity, answer->ticket_identity))) {
		verifier_answer(verifier, work, MM_SIGN_IN_TEMPORARILY_UNAVAILABLE, "the ledger is away");
		return;
	}
	answer->has_access = 1;
	answer->has_identity = work->wants_identity;
	work->tickets_waiting = work->wants_identity ? 2 : 1;
	verifier_work_wait(verifier, work, VERIFIER_WAITS_TICKETS, VERIFIER_LEDGER_MS, go_on);
}

static struct verifier_work *
find_by_ticket(struct verifier *verifier, const uint8_t ticket[MM_TICKET_LEN])
{
	for (struct verifier_work *work = verifier->works; work != NULL; work = work->next)
		if (work->waiting == VERIFIER_WAITS_TICKETS &&
		    (mm_secret_equal(work->answer.ticket_access, ticket, MM_TICKET_LEN) ||
		        (work->answer.has_identity &&
		            mm_secret_equal(work->answer.ticket_identity, ticket, MM_TICKET_LEN))))
			return work;
	return NULL;
}

void
verifier_tickets_opened(struct verifier *verifier, const struct mm_ticket_opened *opened)
{
	struct verifier_work *work = find_by_ticket(verifier, opened->ticket);

	if (work == NULL)
		return;
	if (opened->status == MM_MINT_REFUSED)
		verifier_answer(verifier, work, MM_SIGN_IN_SERVER_ERROR, "the ledger refuses what was to be granted");
	else if (opened->status != MM_MINT_DONE)
		verifier_answer(verifier, work, MM_SIGN_IN_TEMPORARILY_UNAVAILABLE,
		    "the ledger cannot issue now: try again");
	else if (--work->tickets_waiting == 0) {
		work->waiting = VERIFIER_WAITS_NOT;
		work->go_on(verifier, work);
	}
}

void
verifier_tell_tokens(struct verifier_work *work)
{
	struct mm_verified *answer = &work->answer;
	const struct mm_grant *grant = &work->grant;

	answer->expires_in_s = grant->lifetime_s;
	answer->sender_key = grant->sender_key;
	answer->auth_time_s = grant->auth_time_s;
	verifier_text_put(&answer->scope, mm_mint_text_get(&grant->scope));
	verifier_text_put(&answer->client_id, mm_mint_text_get(&grant->client));
	verifier_text_put(&answer->subject, mm_mint_text_get(&grant->subject));
	verifier_text_put(&answer->tenant, mm_mint_text_get(&grant->tenant));
	verifier_text_put(&answer->audience, mm_mint_text_get(&grant->audience));
	verifier_text_put(&answer->session, mm_mint_text_get(&grant->session));
}
