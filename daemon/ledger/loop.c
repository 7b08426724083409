/* SPDX-License-Identifier: Apache-2.0 */
/* The ledger's loop: one thread, nothing in it waits but poll(). */
#include "daemon/ledger/loop.h"

#include "daemon/ipc/limits.h"
#include "daemon/ledger/control.h"
#include "daemon/ledger/issue.h"
#include "daemon/ledger/keep.h"
#include "daemon/ledger/mint.h"
#include "daemon/ledger/question.h"
#include "daemon/ledger/realm.h"
#include "daemon/ledger/records.h"
#include "daemon/ledger/recover.h"
#include "daemon/ledger/revoke.h"
#include "daemon/ledger/status.h"
#include "daemon/ledger/stream.h"
#include "lib/crypto/digest.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The places in the array of poll(); peers come behind. */
/* A stop waits this long for what is being signed; mintmarkd waits longer. */
#define FINISH_MS 2000

enum { AT_CONTROL, AT_WRITER, AT_SHOW, AT_PEERS, AT_COUNT = AT_PEERS + LEDGER_PEERS_MAX };

/* Of one peer before the others have their turn: enough that records of many share one sync. */
#define BATCHES_AT_ONCE 8

/* What has expired is forgotten now and then. */
#define FORGET_MS 5000

static struct mm_batch batch;

/* ---- what peers say ---- */

static bool
take_verifier(struct ledger *ledger, struct ledger_peer *peer, const struct mm_message *message)
{
	static struct mm_ticket_open open;
	struct mm_ask_standing ask;
	struct mm_revoke revoke;
	bool good;

	if (message->type == MM_MESSAGE_TICKET_OPEN && message->len == sizeof(open)) {
		memcpy(&open, message->payload, sizeof(open));
		good = ledger_take_ticket(ledger, peer, &open);
		mm_secret_wipe(open.ticket, sizeof(open.ticket));
		return good;
	}
	if (message->type == MM_MESSAGE_REVOKE && message->len == sizeof(revoke)) {
		memcpy(&revoke, message->payload, sizeof(revoke));
		return ledger_take_revoke(ledger, peer, &revoke);
	}
	if (message->type != MM_MESSAGE_VERIFIER_ASK_ISSUED || message->len != sizeof(ask))
		return false;
	memcpy(&ask, message->payload, sizeof(ask));
	return ledger_question_standing(ledger, peer, &ask);
}

static bool
take_issuer(struct ledger *ledger, struct ledger_peer *peer, const struct mm_message *message)
{
	struct mm_ticket_spend spend;

	if (message->len != sizeof(spend))
		return false;
	memcpy(&spend, message->payload, sizeof(spend));
	ledger_take_spend(ledger, peer, &spend);
	return true;
}

/* One answer or more. */
static bool
take_signed(struct ledger *ledger, struct ledger_peer *peer, const struct mm_message *message)
{
	const unsigned char *at = message->payload;
	size_t left = message->len;

	do {
		struct mm_signed head;

		if (left < sizeof(head))
			return false;
		memcpy(&head, at, sizeof(head));
		at += sizeof(head);
		left -= sizeof(head);
		if (head.len > left || !ledger_take_signed(ledger, peer->realm, &head, mm_slice(at, head.len)))
			return false;
		at += head.len;
		left -= head.len;
	} while (left > 0);
	return true;
}

static bool
take_key_done(struct ledger *ledger, struct ledger_peer *peer, const struct mm_message *message)
{
	struct mm_key_done done;

	if (message->len < sizeof(done))
		return false;
	memcpy(&done, message->payload, sizeof(done));
	if (done.jwk_len != message->len - sizeof(done))
		return false;
	if (ledger->keys_begun)
		ledger_keys_signer_done(ledger->keys, peer->realm, &done,
		    mm_slice(message->payload + sizeof(done), done.jwk_len));
	return true;
}

static bool
take_signer(struct ledger *ledger, struct ledger_peer *peer, const struct mm_message *message)
{
	struct mm_signer_state state;

	switch (message->type) {
	case MM_MESSAGE_SIGNED:
		return take_signed(ledger, peer, message);
	case MM_MESSAGE_KEY_DONE:
		return take_key_done(ledger, peer, message);
	default:
		if (message->len != sizeof(state))
			return false;
		memcpy(&state, message->payload, sizeof(state));
		return ledger_take_signer_state(ledger, peer->realm, &state);
	}
}

static bool
take_gate(struct ledger *ledger, struct ledger_peer *peer, const struct mm_message *message)
{
	struct mm_ask_issued ask;

	if (message->len != sizeof(ask))
		return false;
	memcpy(&ask, message->payload, sizeof(ask));
	ledger_question_issued(ledger, peer, &ask);
	return true;
}

static bool
take_message(struct ledger *ledger, struct ledger_peer *peer, const struct mm_message *message)
{
	switch (peer->process) {
	case MM_PROCESS_VERIFIER:
		return take_verifier(ledger, peer, message);
	case MM_PROCESS_ISSUER:
		return take_issuer(ledger, peer, message);
	case MM_PROCESS_SIGNER:
		return take_signer(ledger, peer, message);
	default:
		return take_gate(ledger, peer, message);
	}
}

/* Take the messages of the batch, up to one that breaks the rules. */
static bool
take_batch(struct ledger *ledger, struct ledger_peer *peer)
{
	for (size_t i = 0; i < batch.count && !peer->broken; i++)
		if (!take_message(ledger, peer, &batch.messages[i]))
			return false;
	return true;
}

/* Take what a peer sent; one that breaks the rules is given up. */
static void
take_messages(struct ledger *ledger, struct ledger_peer *peer)
{
	int behind = 1;

	for (unsigned i = 0; i < BATCHES_AT_ONCE && behind == 1 && !peer->broken; i++) {
		bool nothing_yet;

		behind = mm_message_receive_batch(peer->fd, MM_PROCESS_LEDGER, peer->process, &batch, MM_BATCH_MAX);
		nothing_yet = behind == -1 && errno == EAGAIN;
		if (!take_batch(ledger, peer))
			behind = -1, nothing_yet = false;
		if (behind == 1 || nothing_yet)
			continue;
		if (behind == -1)
			ledger_alarm(ledger, "%s of realm %s said what it must not, and is not listened to any more",
			    mm_process_name(peer->process), peer->realm == NULL ? "-" : peer->realm->name);
		peer->gone = behind == 0;
		peer->broken = true;
	}
}

/* ---- peers come and go ---- */

static void
end_peer(struct ledger *ledger, struct ledger_peer *peer)
{
	enum mm_process process = peer->process;
	struct ledger_realm *realm = peer->realm;

	ledger_peer_close(peer);
	if (process == MM_PROCESS_SIGNER)
		ledger_signer_went(ledger, realm);
	if (process == MM_PROCESS_GATE) {
		free(ledger->stream);
		ledger->stream = NULL;
	}
}

/* One that lives and was given up waits for another pair. The gate sees its end, and asks itself. */
static void
want_peer(struct ledger *ledger, const struct ledger_peer *peer)
{
	const uint16_t number = peer->realm == NULL ? 0 : peer->realm->number;
	const uint8_t payload[3] = { (uint8_t)peer->process, (uint8_t)number, (uint8_t)(number >> 8) };

	if (peer->broken && !peer->gone && peer->process != MM_PROCESS_GATE)
		(void)ledger_tell(ledger, MM_MESSAGE_LEDGER_WANT_PEER, payload, sizeof(payload), MM_SLICE_ABSENT);
}

static void
close_broken(struct ledger *ledger)
{
	for (size_t i = 0; i < ledger->peers.top; i++)
		if (ledger->peers.items[i].fd != -1 && ledger->peers.items[i].broken) {
			want_peer(ledger, &ledger->peers.items[i]);
			end_peer(ledger, &ledger->peers.items[i]);
		}
}

bool
ledger_take_peer(struct ledger *ledger, int fd, enum mm_process process, uint16_t number)
{
	struct ledger_realm *realm = process == MM_PROCESS_GATE ? NULL : ledger_realm_by_number(ledger, number);
	struct ledger_peer *peer;

	if (process != MM_PROCESS_GATE &&
	    (realm == NULL || (process != MM_PROCESS_SIGNER && process != MM_PROCESS_VERIFIER &&
	    process != MM_PROCESS_ISSUER)))
		return false;
	/* What the one before left ends with it, not with the new one. */
	close_broken(ledger);
	peer = ledger_peers_find(&ledger->peers, process, realm);
	if (peer != NULL)
		end_peer(ledger, peer);
	peer = ledger_peers_add(&ledger->peers, fd, process, realm);
	if (peer == NULL)
		return false;
	if (process == MM_PROCESS_GATE && ledger->key_state != NULL)
		ledger_stream_begin(ledger, peer);
	return true;
}

/* ---- the loop ---- */

static void
forget_expired_of(struct ledger_realm *realm, int64_t now_ms)
{
	ledger_live_forget(&realm->mint->live, ledger_wall_s());
	ledger_revoked_forget(&realm->mint->revoked, now_ms, ledger_wall_s());
}

static int64_t
forget_expired(struct ledger *ledger, int64_t now_ms)
{
	static int64_t due_ms;

	if (now_ms >= due_ms) {
		for (struct ledger_realm *realm = NULL; (realm = ledger_realm_next(ledger, realm)) != NULL;)
			forget_expired_of(realm, now_ms);
		due_ms = now_ms + FORGET_MS;
	}
	return due_ms;
}

static int64_t
tick_keys(struct ledger *ledger, int64_t now_ms)
{
	static int64_t last_s;
	int64_t now_s = ledger_wall_s(), due_s;

	if (!ledger->keys_begun)
		return INT64_MAX;
	if (now_s >= ledger_keys_due(ledger->keys) || now_s < last_s)
		ledger_keys_tick(ledger->keys, now_s);
	last_s = now_s;
	due_s = ledger_keys_due(ledger->keys);
	return due_s > now_s ? now_ms + (due_s - now_s) * 1000 : now_ms + 10;
}

/* Do everything that is due, and say when the next thing is. */
static int64_t
tick(struct ledger *ledger)
{
	static int64_t (*const ticks[])(struct ledger *, int64_t) = { ledger_records_tick, ledger_issue_tick, tick_keys,
		ledger_keep_tick, forget_expired, ledger_stream_tick, ledger_status_tick };
	int64_t now_ms = ledger_boot_ms(), next_ms = now_ms + 1000;

	for (size_t i = 0; i < sizeof(ticks) / sizeof(ticks[0]); i++) {
		int64_t due_ms = ticks[i](ledger, now_ms);

		if (due_ms < next_ms)
			next_ms = due_ms;
	}
	return next_ms;
}

/* What was posted goes first; who broke at it is closed before anybody waits. */
static void
look(struct ledger *ledger, struct pollfd *fds, int64_t next_ms)
{
	bool whole = ledger_peers_flush(&ledger->peers);
	int64_t wait_ms = whole ? next_ms - ledger_boot_ms() : 0;
	size_t count = AT_PEERS + ledger->peers.top;

	fds[AT_CONTROL] = (struct pollfd){ MM_CONTROL_FD, POLLIN, 0 };
	fds[AT_WRITER] = (struct pollfd){
		ledger->writer == NULL ? -1 : mm_ledger_writer_event_fd(ledger->writer), POLLIN, 0 };
	fds[AT_SHOW] = (struct pollfd){ ledger->show.count == 0 ? -1 : ledger->show.event_fd, POLLIN, 0 };
	for (size_t i = 0; i < ledger->peers.top; i++) {
		const struct ledger_peer *peer = &ledger->peers.items[i];

		fds[AT_PEERS + i] = (struct pollfd){ peer->fd,
			(short)(ledger_peer_is_clear(peer) ? POLLIN : POLLIN | POLLOUT), 0 };
	}
	if (ledger->writer != NULL)
		mm_ledger_writer_go(ledger->writer);
	if (poll(fds, count, wait_ms < 0 ? 0 : wait_ms > 1000 ? 1000 : (int)wait_ms) <= 0)
		for (size_t i = 0; i < count; i++)
			fds[i].revents = 0;
	if (ledger->writer != NULL)
		mm_ledger_writer_hold(ledger->writer);
}

/* What is durable goes first; peers that mintmarkd brings are not in the array yet. */
static enum ledger_end
go_on(struct ledger *ledger, const struct pollfd *fds)
{
	enum ledger_end end = LEDGER_END_NOT;

	if (fds[AT_WRITER].revents != 0)
		ledger_records_go_on(ledger);
	for (size_t i = 0; i < ledger->peers.top; i++) {
		struct ledger_peer *peer = &ledger->peers.items[i];

		if ((fds[AT_PEERS + i].revents & ~POLLOUT) != 0)
			take_messages(ledger, peer);
	}
	if (fds[AT_SHOW].revents != 0)
		ledger_show_go_on(ledger);
	if (fds[AT_CONTROL].revents != 0)
		end = ledger_control_take(ledger);
	close_broken(ledger);
	return end;
}

/* The number of a term is told to others: not before it is on the disk, or it is known that nothing comes there. */
static void
wait_for_term(struct ledger *ledger)
{
	while (ledger->writer != NULL && ledger->trouble[0] == '\0' && !ledger->term_recorded) {
		struct pollfd event = { mm_ledger_writer_event_fd(ledger->writer), POLLIN, 0 };

		(void)poll(&event, 1, -1);
		ledger_records_go_on(ledger);
	}
}

static void
begin(struct ledger *ledger)
{
	ledger_begin_recording(ledger);
	wait_for_term(ledger);
	if (!ledger->keys_may_begin || ledger->secrets_fault[0] != '\0')
		return;
	ledger->keys_begun = true;
	ledger_tenants_begin(ledger->tenants);
	ledger_keys_begin(ledger->keys);
}

static bool
is_under_way(struct ledger *ledger)
{
	for (struct ledger_realm *realm = NULL; (realm = ledger_realm_next(ledger, realm)) != NULL;)
		if (realm->mint != NULL && realm->mint->job_count > 0)
			return true;
	return false;
}

/* What is being signed is handed on or void, and on record, before the end: a start would have to guess. */
static void
finish(struct ledger *ledger, struct pollfd *fds)
{
	int64_t until_ms = ledger_boot_ms() + FINISH_MS;
	enum ledger_end end = LEDGER_END_NOT;

	while (end == LEDGER_END_NOT && is_under_way(ledger) && ledger_boot_ms() < until_ms) {
		look(ledger, fds, tick(ledger));
		end = go_on(ledger, fds);
	}
	(void)ledger_peers_flush(&ledger->peers);
	ledger_records_end(ledger);
}

enum ledger_end
ledger_serve(struct ledger *ledger)
{
	struct pollfd fds[AT_COUNT];
	enum ledger_end end = LEDGER_END_NOT;

	ledger_peers_init(&ledger->peers);
	if (!ledger_recover(ledger)) {
		fprintf(stderr, "mintmark-ledger: memory is short, or libcrypto fails\n");
		return LEDGER_END_GONE;
	}
	begin(ledger);
	if (!ledger_tell(ledger, MM_MESSAGE_LEDGER_READY, NULL, 0, MM_SLICE_ABSENT))
		return LEDGER_END_GONE;
	while (end == LEDGER_END_NOT) {
		look(ledger, fds, tick(ledger));
		end = go_on(ledger, fds);
	}
	if (end == LEDGER_END_STOP)
		finish(ledger, fds);
	return end;
}

/* What is under way is given up here as by a kill: the next start finds out. */
void
ledger_clear(struct ledger *ledger)
{
	ledger_keep_end(ledger);
	ledger_show_end(ledger);
	if (!mm_ledger_writer_close(&ledger->writer))
		fprintf(stderr, "mintmark-ledger: the end of the ledger could not be written\n");
	ledger_records_clear(ledger);
	ledger_keys_free(&ledger->keys);
	ledger_tenants_free(&ledger->tenants);
	ledger_peers_clear(&ledger->peers);
	ledger_tickets_clear(&ledger->tickets);
	mm_ed25519_free(&ledger->key_state);
	for (size_t i = 0; i < MM_MINT_REALMS_MAX; i++)
		if (ledger->realms[i] != NULL) {
			ledger_mint_free(&ledger->realms[i]->mint);
			ledger_realm_free(&ledger->realms[i]);
		}
	free(ledger->stream);
	mm_secret_wipe(ledger->sealing_key, sizeof(ledger->sealing_key));
	if (ledger->folder_fd >= 0)
		close(ledger->folder_fd);
}
