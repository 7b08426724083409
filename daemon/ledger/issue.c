/* SPDX-License-Identifier: Apache-2.0 */
/* Issuing. Commit before release: a token goes to the signer once its record is durable, and to the issuer signed. */
#include "daemon/ledger/issue.h"

#include "daemon/ledger/mint.h"
#include "daemon/ledger/records.h"
#include "daemon/ledger/stream.h"
#include "daemon/ledger/token_text.h"
#include "lib/codec/base64url.h"
#include "lib/crypto/digest.h"

#include <stdlib.h>
#include <string.h>

/* The term stands in a serial's upper bits, so that serials are unique over terms. */
#define SERIAL_BITS 40

/* Memory that is used for one token after the other. */
static struct mm_buf payload_buf;
static char input_buf[MM_MINT_SIGNING_INPUT_MAX];
static char letter_buf[MM_MESSAGE_LEN_MAX];

/* ---- tickets ---- */

bool
ledger_take_ticket(struct ledger *ledger, struct ledger_peer *peer, const struct mm_ticket_open *open)
{
	struct mm_ticket_opened opened = { .status = MM_MINT_REFUSED };
	const char *fault;

	/* A verifier opens tickets of its own realm; what is not well formed is no accident either. */
	if (!mm_grant_check(&open->grant) || open->grant.realm != peer->realm->number)
		return false;
	memcpy(opened.ticket, open->ticket, sizeof(opened.ticket));
	fault = ledger_grant_fault(ledger, peer->realm, &open->grant);
	if (fault == NULL)
		opened.status = ledger_tickets_open(&ledger->tickets, open, ledger_boot_ms());
	else
		ledger_alarm(ledger, "realm %s: a ticket was refused: %s", peer->realm->name, fault);
	if (opened.status != MM_MINT_DONE)
		ledger->refused++;
	(void)ledger_peer_post(peer, MM_MESSAGE_TICKET_OPENED, &opened, sizeof(opened));
	return true;
}

/* Tell an issuer that there is no token. */
static void
tell_refused(struct ledger *ledger, struct ledger_peer *peer, uint64_t number, enum mm_mint_status status)
{
	const struct mm_token_made made = { .number = number, .status = status };

	ledger->refused += status != MM_MINT_BUSY;
	ledger->busy += status == MM_MINT_BUSY;
	if (peer != NULL)
		(void)ledger_peer_post(peer, MM_MESSAGE_TOKEN_MADE, &made, sizeof(made));
}

/* The issuer that asked, if it is still the same one. */
static struct ledger_peer *
issuer_of(struct ledger *ledger, const struct ledger_job *job)
{
	struct ledger_peer *peer = ledger_peers_find(&ledger->peers, MM_PROCESS_ISSUER, job->realm);

	return peer != NULL && peer->birth == job->issuer_birth ? peer : NULL;
}

/* ---- places and serials ---- */

static struct ledger_job **
slot_of(struct ledger_mint *mint, uint64_t serial)
{
	return &mint->jobs[serial % LEDGER_JOBS_MAX];
}

/* The oldest minute that a token may have now. */
static uint32_t
minute_now(struct ledger *ledger)
{
	int64_t minute = ledger_wall_s() / 60;

	if (minute > ledger->last_minute && minute <= UINT32_MAX)
		ledger->last_minute = (uint32_t)minute;
	return ledger->last_minute;
}

/* Allot the next place; false where the counter of a minute is used up. */
static bool
allot(struct ledger *ledger, struct ledger_mint *mint, struct mm_token_place *place)
{
	uint32_t minute = minute_now(ledger);

	if (mint->minute != minute) {
		mint->minute = minute;
		mint->counter = 0;
	}
	if (mint->counter == UINT32_MAX)
		return false;
	*place = (struct mm_token_place){ mint->signer, minute, mint->counter++ };
	return true;
}

uint32_t
ledger_open_minute(struct ledger *ledger)
{
	uint32_t minute = minute_now(ledger);

	for (struct ledger_realm *realm = NULL; (realm = ledger_realm_next(ledger, realm)) != NULL;)
		for (uint64_t serial = realm->mint->first; serial <= realm->mint->serial; serial++) {
			const struct ledger_job *job = *slot_of(realm->mint, serial);

			/* Those before it were durable sooner. */
			if (job == NULL || job->give_up_ms != 0)
				continue;
			if (job->place.minute < minute)
				minute = job->place.minute;
			break;
		}
	return minute;
}

/* ---- the end of a job ---- */

/* Take a job out of the open ones. */
static void
close_job(struct ledger_mint *mint, struct ledger_job *job)
{
	*slot_of(mint, job->serial) = NULL;
	mint->job_count--;
	while (mint->first <= mint->serial && *slot_of(mint, mint->first) == NULL)
		mint->first++;
	free(job);
}

/* The record counts, and there is no token of it. */
static void
void_job(struct ledger *ledger, struct ledger_job *job, enum mm_mint_status status)
{
	const struct ledger_unresolved of = { job->sequence, job->serial, job->place };

	tell_refused(ledger, issuer_of(ledger, job), job->number, status);
	ledger_record_void(ledger, job->realm, &of, status, false);
	close_job(job->realm->mint, job);
}

/* ---- signing ---- */

static bool
send_to_signer(struct ledger *ledger, struct ledger_job *job)
{
	struct ledger_peer *signer = ledger_peers_find(&ledger->peers, MM_PROCESS_SIGNER, job->realm);
	int64_t deadline_ms = ledger_boot_ms() + LEDGER_SIGN_MS;
	struct mm_sign sign = { .serial = job->serial, .deadline_ms = deadline_ms, .token_class = job->token_class,
		.len = job->input_len };

	if (signer == NULL)
		return false;
	memcpy(sign.thumbprint, job->thumbprint, sizeof(sign.thumbprint));
	memcpy(letter_buf, &sign, sizeof(sign));
	memcpy(letter_buf + sizeof(sign), job->input, job->input_len);
	job->give_up_ms = deadline_ms + LEDGER_ANSWER_MS;
	return ledger_peer_post_request(signer, letter_buf, sizeof(sign) + job->input_len);
}

static void
is_durable(void *ctx, bool durable)
{
	struct ledger_job *job = ctx;
	struct ledger_mint *mint = job->realm->mint;
	struct ledger *ledger = job->ledger;

	if (!durable) {
		/* As if it never was; its place is not used again. */
		mint->counts.recorded--;
		tell_refused(ledger, issuer_of(ledger, job), job->number, MM_MINT_NO_RECORD);
		close_job(mint, job);
		return;
	}
	if (!ledger_live_add(&mint->live, job->place, job->entry, job->exp_s))
		void_job(ledger, job, MM_MINT_BUSY);
	else if (!send_to_signer(ledger, job))
		void_job(ledger, job, MM_MINT_NO_KEY);
}

/* ---- making a token ---- */

static void
fill_record(const struct mm_grant *grant, const struct ledger_job *job, struct mm_ledger_record *record)
{
	struct mm_ledger_issued *issued = &record->issued;

	record->kind = MM_LEDGER_ISSUED;
	record->time_us = ledger_wall_us();
	issued->place = job->place;
	issued->serial = job->serial;
	issued->token_class = grant->token_class;
	issued->grant = grant->kind;
	issued->sender_key = grant->sender_key;
	issued->root_proof = grant->root_proof;
	issued->has_root = grant->has_root != 0;
	issued->iat_s = job->iat_s;
	issued->exp_s = job->exp_s;
	issued->root_iat_s = grant->root_iat_s;
	memcpy(issued->digest, job->digest, MM_DIGEST_LEN);
	memcpy(issued->thumbprint, job->thumbprint, MM_DIGEST_LEN);
	memcpy(issued->root_thumbprint, grant->root_thumbprint, MM_DIGEST_LEN);
	issued->facts[MM_LEDGER_REALM] = mm_slice_str(job->realm->name);
	issued->facts[MM_LEDGER_TENANT_ID] = mm_mint_text_get(&grant->tenant);
	issued->facts[MM_LEDGER_SUBJECT] = mm_mint_text_get(&grant->subject);
	issued->facts[MM_LEDGER_CLIENT] = mm_mint_text_get(&grant->client);
	issued->facts[MM_LEDGER_SESSION] = mm_mint_text_get(&grant->session);
	issued->facts[MM_LEDGER_AUDIENCE] = mm_mint_text_get(&grant->audience);
	issued->facts[MM_LEDGER_SCOPE] = mm_mint_text_get(&grant->scope);
	issued->facts[MM_LEDGER_MAILBOX] = mm_mint_text_get(&grant->mailbox);
	issued->facts[MM_LEDGER_PARENT] = mm_mint_text_get(&grant->parent);
	issued->facts[MM_LEDGER_ROOT_REALM] = mm_mint_text_get(&grant->root_realm);
	issued->facts[MM_LEDGER_ROOT_KID] = mm_mint_text_get(&grant->root_kid);
}

/* Write the token of a grant; NULL where it cannot be, and *status says why. Its place is used up even then. */
static struct ledger_job *
write_token(struct ledger_realm *realm, const struct mm_grant *grant,
    const struct ledger_job *draft, enum mm_mint_status *status)
{
	struct ledger_job *job;
	size_t len;

	*status = MM_MINT_REFUSED;
	if (payload_buf.max == 0 || !mm_buf_ok(&payload_buf)) {
		mm_buf_clear(&payload_buf);
		mm_buf_init(&payload_buf, MM_MINT_SIGNING_INPUT_MAX);
	}
	len = ledger_token_text(realm, grant, draft, &payload_buf, input_buf);
	if (len == 0)
		return NULL;
	*status = MM_MINT_BUSY;
	job = malloc(sizeof(*job) + len);
	if (job == NULL)
		return NULL;
	*job = *draft;
	job->input_len = (uint32_t)len;
	memcpy(job->input, input_buf, len);
	if (mm_sha256(mm_slice(job->input, len), job->digest) &&
	    ledger_mint_entry(realm, mm_mint_day(job->iat_s), job->digest, &job->entry))
		return job;
	free(job);
	return NULL;
}

/* Whether a token of the realm can be made at all now. */
static enum mm_mint_status
readiness(struct ledger *ledger, struct ledger_realm *realm, int64_t now_s, struct ledger_signing_key *key)
{
	if (!ledger->keys_begun || !realm->mint->has_root || !ledger_signer_is_there(realm) ||
	    realm->mint->signer_state.store_away || !ledger_keys_active(ledger->keys, realm, now_s, key))
		return MM_MINT_NO_KEY;
	if (ledger_trouble(ledger) != NULL)
		return MM_MINT_NO_RECORD;
	if (realm->mint->job_count >= LEDGER_OPEN_MAX || !ledger_can_record(ledger) ||
	    *slot_of(realm->mint, realm->mint->serial + 1) != NULL)
		return MM_MINT_BUSY;
	return MM_MINT_DONE;
}

static enum mm_mint_status
draft_token(struct ledger *ledger, struct ledger_realm *realm, const struct mm_grant *grant, struct ledger_job *draft)
{
	struct ledger_mint *mint = realm->mint;
	struct ledger_signing_key key;
	int64_t now_s = ledger_wall_s();
	enum mm_mint_status status = readiness(ledger, realm, now_s, &key);

	if (status != MM_MINT_DONE)
		return status;
	if (ledger_grant_fault(ledger, realm, grant) != NULL)
		return MM_MINT_REFUSED;
	if (!allot(ledger, mint, &draft->place) || !mm_token_id_encode(mint->cipher, draft->place, draft->token_id))
		return MM_MINT_BUSY;
	draft->realm = realm;
	draft->iat_s = now_s;
	if (now_s > mint->last_iat_s)
		mint->last_iat_s = now_s;
	draft->exp_s = now_s + grant->lifetime_s;
	draft->token_class = grant->token_class;
	draft->serial = ledger->term << SERIAL_BITS | (mint->serial + 1);
	memcpy(draft->thumbprint, key.thumbprint, sizeof(draft->thumbprint));
	return MM_MINT_DONE;
}

/* Make and record the token of a grant. DONE: the answer comes later. */
static enum mm_mint_status
begin_token(struct ledger *ledger, struct ledger_peer *peer, const struct mm_grant *grant, uint64_t number)
{
	static struct mm_ledger_record record;
	struct ledger_job draft = { .ledger = ledger, .number = number, .issuer_birth = peer->birth };
	struct ledger_realm *realm = peer->realm;
	enum mm_mint_status status = draft_token(ledger, realm, grant, &draft);
	struct ledger_job *job;

	if (status != MM_MINT_DONE)
		return status;
	job = write_token(realm, grant, &draft, &status);
	if (job == NULL)
		return status;
	fill_record(grant, job, &record);
	job->sequence = ledger_record(ledger, &record, is_durable, job);
	if (job->sequence == 0) {
		free(job);
		return ledger_trouble(ledger) != NULL ? MM_MINT_NO_RECORD : MM_MINT_BUSY;
	}
	realm->mint->serial++;
	realm->mint->job_count++;
	realm->mint->counts.recorded++;
	*slot_of(realm->mint, job->serial) = job;
	return MM_MINT_DONE;
}

void
ledger_take_spend(struct ledger *ledger, struct ledger_peer *peer, const struct mm_ticket_spend *spend)
{
	struct ledger_ticket *ticket =
	    ledger_tickets_spend(&ledger->tickets, spend->ticket, peer->realm->number, ledger_boot_ms());
	enum mm_mint_status status =
	    ticket == NULL ? MM_MINT_NO_TICKET : begin_token(ledger, peer, &ticket->grant, spend->number);

	ledger_ticket_free(ticket);
	if (status != MM_MINT_DONE)
		tell_refused(ledger, peer, spend->number, status);
}

/* ---- signatures ---- */

static void
hand_on(struct ledger *ledger, struct ledger_job *job, struct mm_slice signature)
{
	struct ledger_peer *peer = issuer_of(ledger, job);
	size_t signature_len = MM_BASE64URL_ENCODED_LEN(signature.len);
	struct mm_token_made made = { .number = job->number, .status = MM_MINT_DONE, .iat_s = job->iat_s,
		.exp_s = job->exp_s, .token_len = (uint32_t)(job->input_len + 1 + signature_len) };
	char *at = letter_buf + sizeof(made);

	memcpy(made.token_id, job->token_id, sizeof(made.token_id));
	memcpy(letter_buf, &made, sizeof(made));
	memcpy(at, job->input, job->input_len);
	at[job->input_len] = '.';
	mm_base64url_encode(signature, at + job->input_len + 1);
	ledger->made++;
	job->realm->mint->counts.released++;
	ledger_record_released(ledger, job->sequence);
	if (peer != NULL)
		(void)ledger_peer_post(peer, MM_MESSAGE_TOKEN_MADE, letter_buf, sizeof(made) + made.token_len);
	close_job(job->realm->mint, job);
}

/* The open job of a serial; NULL: there is none that was sent. */
static struct ledger_job *
find_job(struct ledger_mint *mint, uint64_t serial)
{
	struct ledger_job *job = *slot_of(mint, serial);

	return job != NULL && job->serial == serial && job->give_up_ms != 0 ? job : NULL;
}

/* A signer counts its signatures; one more than there were orders would be somebody else's. */
static void
check_signer_count(struct ledger *ledger, struct ledger_realm *realm, uint64_t count, uint64_t expected)
{
	if (count != expected)
		ledger_alarm(ledger,
		    "realm %s: the signer says that it made %llu signatures, and was to have made %llu", realm->name,
		    (unsigned long long)count, (unsigned long long)expected);
}

static enum mm_mint_status
status_of(uint32_t status)
{
	switch (status) {
	case MM_SIGN_LATE:
		return MM_MINT_LATE;
	case MM_SIGN_REFUSED:
		return MM_MINT_REFUSED;
	default:
		return MM_MINT_NO_KEY;
	}
}

bool
ledger_take_signed(struct ledger *ledger, struct ledger_realm *realm, const struct mm_signed *head,
    struct mm_slice signature)
{
	struct ledger_mint *mint = realm->mint;
	struct ledger_job *job = find_job(mint, head->serial);
	bool done = head->status == MM_SIGN_DONE;

	if (!mint->signer_said || done != (signature.len > 0) || signature.len > MM_MINT_SIGNATURE_MAX)
		return false;
	check_signer_count(ledger, realm, head->count, mint->signer_state.count + done);
	mint->signer_state.count = head->count;
	if (job == NULL) {
		mint->signed_late += done; /* its record is void */
		return true;
	}
	if (!done) {
		if (head->status == MM_SIGN_REFUSED)
			ledger_alarm(ledger, "realm %s: the signer refused to sign what the ledger wrote", realm->name);
		void_job(ledger, job, status_of(head->status));
		return true;
	}
	hand_on(ledger, job, signature);
	return true;
}

/* Records that an earlier term left open: what the signer did not reach was never signed. */
static void
resolve(struct ledger *ledger, struct ledger_realm *realm, const struct mm_signer_state *state)
{
	struct ledger_mint *mint = realm->mint;
	size_t voided = 0, count = mint->unresolved_count;

	mint->unresolved_count = 0;
	for (size_t i = 0; i < count; i++) {
		const struct ledger_unresolved *of = &mint->unresolved[i];

		if (state->last_serial != 0 && of->serial > state->last_serial) {
			ledger_record_void(ledger, realm, of, MM_MINT_NO_KEY, true);
			voided++;
		} else {
			mint->counts.unknown++;
			ledger_record_released(ledger, of->sequence);
		}
	}
	if (count > voided)
		ledger_alarm(ledger, "realm %s: of %zu tokens that were under way at the last end, %zu may have left "
		    "and stand as issued", realm->name, count, count - voided);
	free(mint->unresolved);
	mint->unresolved = NULL;
	mint->unresolved_size = 0;
	ledger_record_head(ledger);
}

bool
ledger_take_signer_state(struct ledger *ledger, struct ledger_realm *realm, const struct mm_signer_state *state)
{
	struct ledger_mint *mint = realm->mint;

	if (!mm_mint_text_check(state->text.len, state->text.bytes, sizeof(state->text.bytes)) || state->store_away > 1)
		return false;
	if (mint->signer_said)
		check_signer_count(ledger, realm, state->count, mint->signer_state.count);
	mint->signer_state = *state;
	mint->signer_said = true;
	if (mint->unresolved_count > 0)
		resolve(ledger, realm, state);
	if (ledger->keys_begun)
		ledger_keys_signer_state(ledger->keys, realm, state);
	return true;
}

void
ledger_signer_went(struct ledger *ledger, struct ledger_realm *realm)
{
	struct ledger_mint *mint = realm->mint;

	mint->signer_said = false;
	for (uint64_t serial = mint->first; serial <= mint->serial; serial++) {
		struct ledger_job *job = *slot_of(mint, serial);

		if (job != NULL && job->give_up_ms != 0)
			void_job(ledger, job, MM_MINT_NO_KEY);
	}
	if (ledger->keys_begun)
		ledger_keys_signer_went(ledger->keys, realm);
}

static int64_t
expire_jobs(struct ledger *ledger, struct ledger_mint *mint, int64_t now_ms)
{
	while (mint->first <= mint->serial) {
		struct ledger_job *job = *slot_of(mint, mint->first);

		if (job == NULL) {
			mint->first++;
			continue;
		}
		if (job->give_up_ms == 0)
			break;
		if (job->give_up_ms > now_ms)
			return job->give_up_ms;
		void_job(ledger, job, MM_MINT_LATE);
	}
	return INT64_MAX;
}

int64_t
ledger_issue_tick(struct ledger *ledger, int64_t now_ms)
{
	int64_t next_ms = now_ms + 1000;

	ledger_tickets_expire(&ledger->tickets, now_ms);
	for (struct ledger_realm *realm = NULL; (realm = ledger_realm_next(ledger, realm)) != NULL;) {
		int64_t due_ms = expire_jobs(ledger, realm->mint, now_ms);

		if (due_ms < next_ms)
			next_ms = due_ms;
	}
	return next_ms;
}

/* ---- for the life of keys ---- */

bool
ledger_signer_is_there(const struct ledger_realm *realm)
{
	return realm->mint != NULL && realm->mint->signer_said;
}

bool
ledger_signer_order(struct ledger *ledger, struct ledger_realm *realm, enum mm_message_type type,
    const struct mm_key_order *order)
{
	struct ledger_peer *signer = ledger_peers_find(&ledger->peers, MM_PROCESS_SIGNER, realm);

	return signer != NULL && ledger_peer_send(signer, type, order, sizeof(*order));
}
