/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The loop: what came is worked off, what it changed is synced, then it is answered.
 */
#include "daemon/verifier/verifier.h"

#include "daemon/ipc/limits.h"
#include "daemon/verifier/control.h"
#include "daemon/verifier/directory.h"
#include "daemon/verifier/operator.h"
#include "daemon/verifier/revocation.h"
#include "daemon/verifier/secret.h"
#include "daemon/verifier/table_spent.h"
#include "daemon/verifier/work.h"
#include "lib/crypto/digest.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define ATTEMPT_COUNTERS 65536
#define REPLAY_BYTES ((size_t)16 * 1024 * 1024)
#define SWEEP_MS 10000
#define SWEEP_MORE_MS 100 /* 20,000 rows a second */
#define STATUS_MS 1000
/* Changes of users within this time are one directory. */
#define DIRECTORY_MS 200
#define DIRECTORY_AGAIN_MS 10000

/* Batches of requests that share one sync, and of answers of the ledger, which are small. */
#define REQUEST_BATCHES_A_ROUND 4
#define LEDGER_BATCHES_A_ROUND 32

/* Only one thread takes messages, and one has 64 KiB. */
static struct mm_batch batch;

static int64_t
clock_ms(clockid_t id)
{
	struct timespec now;

	(void)clock_gettime(id, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void
look_at_clock(struct verifier *verifier)
{
	int64_t world_ms = clock_ms(CLOCK_REALTIME);

	verifier->now_s = world_ms / 1000;
	verifier->now_ms = clock_ms(CLOCK_BOOTTIME);
	verifier->second_ends_ms = verifier->now_ms + 1000 - world_ms % 1000;
}

/* ---- beginning and ending ---- */

static bool
open_stores(struct verifier *verifier)
{
	unsigned char seed[MM_EVIDENCE_SECRET_LEN];

	verifier->passwords = verifier_passwords_new();
	verifier->attempts = verifier_attempts_new(ATTEMPT_COUNTERS);
	verifier->decision = mm_decision_new();
	if (verifier_random(seed, sizeof(seed)))
		verifier->replays = mm_replay_store_new(REPLAY_BYTES, seed);
	mm_secret_wipe(seed, sizeof(seed));
	return verifier_signatures_open(&verifier->signatures) && verifier->passwords != NULL &&
	    verifier->attempts != NULL && verifier->decision != NULL && verifier->replays != NULL &&
	    verifier_random(verifier->nonce_secret, sizeof(verifier->nonce_secret));
}

bool
verifier_open(struct verifier *verifier, const char **why)
{
	look_at_clock(verifier);
	verifier->round = 1;
	verifier->users_changed = true;
	verifier->owed.look = true;
	if (!verifier_table_open(&verifier->table, why) ||
	    !verifier_spent_open(&verifier->spent, &verifier->table, verifier->now_s, why))
		return false;
	*why = "memory or threads are short";
	return open_stores(verifier);
}

void
verifier_close(struct verifier *verifier)
{
	verifier_works_forget(verifier);
	verifier_replies_forget(verifier);
	verifier_peer_close(&verifier->issuer);
	verifier_peer_close(&verifier->ledger);
	verifier_passwords_free(&verifier->passwords);
	verifier_attempts_free(&verifier->attempts);
	mm_replay_store_free(&verifier->replays);
	mm_secret_wipe(verifier->nonce_secret, sizeof(verifier->nonce_secret));
	mm_decision_free(&verifier->decision);
	verifier_known_clients_clear(&verifier->known_clients, &verifier->signatures);
	verifier_signatures_close(&verifier->signatures);
	mm_trust_free(&verifier->trust);
	verifier_spent_close(&verifier->spent);
	verifier_table_close(&verifier->table);
	verifier_realm_clear(&verifier->realm);
}

/* ---- a round ---- */

void
verifier_end_round(struct verifier *verifier)
{
	const char *why;
	bool used, kept;

	/* The ledger has its part to do while this one's comes to the disk. */
	verifier_peer_flush(&verifier->ledger);
	verifier_spent_write(&verifier->spent, &verifier->table);
	used = verifier->table.wrote || verifier->table.failed;
	kept = verifier_table_commit(&verifier->table, &why);
	verifier_spent_settle(&verifier->spent, kept);
	if (!kept) {
		verifier->counts.store_failures++;
		if (!verifier->store_failed) {
			char text[256];

			(void)snprintf(text, sizeof(text), "the table cannot be written: %s: nothing is issued", why);
			verifier_control_alarm(text);
		}
	}
	/* Whether it is good again is seen at the next write; with a sweep one is tried. */
	if (used)
		verifier->store_failed = !kept;
	verifier_owed_settle(verifier, kept);
	verifier_works_send(verifier, kept);
	verifier_replies_send(verifier, kept);
	verifier_peer_flush(&verifier->issuer);
	verifier_owed_send(verifier);
	verifier_peer_flush(&verifier->ledger);
}

static void
take_passwords(struct verifier *verifier)
{
	uint64_t number;
	bool right;

	while (verifier_passwords_next(verifier->passwords, &number, &right)) {
		struct verifier_work *work = verifier_work_find(verifier, number, VERIFIER_WAITS_PASSWORD);

		if (work == NULL)
			continue;
		work->waiting = VERIFIER_WAITS_NOT;
		work->password_right = right;
		work->go_on(verifier, work);
	}
}

/* A peer that breaks the rules is cut off; mintmarkd sees to a new one. */
static void
drop_issuer(struct verifier *verifier)
{
	verifier_works_forget(verifier);
	verifier_peer_close(&verifier->issuer);
}

/* Take the batch's messages, up to one that breaks the rules. A password may lie in each. */
static bool
take_batch(struct verifier *verifier, bool (*take)(struct verifier *verifier, const struct mm_message *message))
{
	bool good = true;

	for (size_t i = 0; i < batch.count; i++) {
		good = good && take(verifier, &batch.messages[i]);
		mm_secret_wipe(batch.messages[i].payload, batch.messages[i].len);
	}
	return good;
}

/* Whether the peer goes on: 1; it is gone: 0; it broke the rules: -1. Sets whether more may lie in its socket. */
static int
take_from(struct verifier *verifier, struct verifier_peer *peer,
    bool (*take)(struct verifier *verifier, const struct mm_message *message), bool *more)
{
	int behind = mm_message_receive_batch(peer->fd, MM_PROCESS_VERIFIER, peer->process, &batch, MM_BATCH_MAX);
	bool nothing_yet = behind == -1 && errno == EAGAIN;

	*more = behind == 1;
	if (!take_batch(verifier, take))
		return -1;
	return nothing_yet ? 1 : behind;
}

static bool
take_request(struct verifier *verifier, const struct mm_message *message)
{
	return verifier_work_take(verifier, mm_slice(message->payload, message->len));
}

static void
take_requests(struct verifier *verifier)
{
	bool more = true;

	for (size_t i = 0; i < REQUEST_BATCHES_A_ROUND && more && verifier->issuer.fd != -1; i++) {
		int state = take_from(verifier, &verifier->issuer, take_request, &more);

		if (state != 1)
			drop_issuer(verifier);
		if (state == -1)
			verifier_control_want_peer(MM_PROCESS_ISSUER);
	}
}

static bool
take_ledgers(struct verifier *verifier, const struct mm_message *message)
{
	struct mm_ticket_opened opened;
	struct mm_revoke_done done;
	struct mm_ledger_says says;

	if (message->type == MM_MESSAGE_REVOKED && message->len == sizeof(done)) {
		memcpy(&done, message->payload, sizeof(done));
		verifier_owed_done(verifier, &done);
		return true;
	}
	if (message->type == MM_MESSAGE_TICKET_OPENED && message->len == sizeof(opened)) {
		memcpy(&opened, message->payload, sizeof(opened));
		verifier_tickets_opened(verifier, &opened);
		return true;
	}
	if (message->type == MM_MESSAGE_VERIFIER_LEDGER_SAYS && message->len == sizeof(says)) {
		memcpy(&says, message->payload, sizeof(says));
		verifier_works_take_record(verifier, &says);
		return true;
	}
	return false;
}

static void
drop_ledger(struct verifier *verifier)
{
	verifier_peer_close(&verifier->ledger);
	verifier_works_ledger_gone(verifier);
}

static void
take_from_ledger(struct verifier *verifier)
{
	bool more = true;

	for (size_t i = 0; i < LEDGER_BATCHES_A_ROUND && more && verifier->ledger.fd != -1; i++) {
		int state = take_from(verifier, &verifier->ledger, take_ledgers, &more);

		if (state != 1)
			drop_ledger(verifier);
		if (state == -1)
			verifier_control_want_peer(MM_PROCESS_LEDGER);
	}
}

static void
do_what_is_due(struct verifier *verifier)
{
	bool more;

	verifier_works_expire(verifier);
	if (verifier->now_ms >= verifier->sweep_due_ms) {
		more = verifier_table_sweep(&verifier->table, verifier->now_s);
		if (verifier->store_failed)
			verifier_table_try(&verifier->table);
		verifier->sweep_due_ms = verifier->now_ms + (more ? SWEEP_MORE_MS : SWEEP_MS);
	}
	if (verifier->users_changed && verifier->directory_due_ms == 0)
		verifier->directory_due_ms = verifier->now_ms + DIRECTORY_MS;
	if (verifier->now_ms >= verifier->status_due_ms) {
		verifier_control_send_status(verifier);
		verifier->status_due_ms = verifier->now_ms + STATUS_MS;
	}
}

/* Behind the sync: what is told is kept. */
static void
write_directory(struct verifier *verifier)
{
	if (!verifier->users_changed || verifier->directory_due_ms == 0 ||
	    verifier->now_ms < verifier->directory_due_ms)
		return;
	verifier->users_changed = false;
	verifier->directory_due_ms = 0;
	if (verifier_directory_send(verifier))
		return;
	/* Else who was disabled would stand in the gates' directory until somebody else is changed. */
	verifier->users_changed = true;
	verifier->directory_due_ms = verifier->now_ms + DIRECTORY_AGAIN_MS;
}

enum { AT_CONTROL, AT_ISSUER, AT_LEDGER, AT_PASSWORDS, AT_COUNT };

static int
patience_ms(const struct verifier *verifier)
{
	int64_t due_ms = verifier_works_due_ms(verifier);

	if (verifier->status_due_ms < due_ms)
		due_ms = verifier->status_due_ms;
	if (verifier->directory_due_ms != 0 && verifier->directory_due_ms < due_ms)
		due_ms = verifier->directory_due_ms;
	if (verifier->sweep_due_ms < due_ms)
		due_ms = verifier->sweep_due_ms;
	if (verifier->owed.again_ms != 0 && verifier->owed.again_ms < due_ms)
		due_ms = verifier->owed.again_ms;
	if (verifier_replies_due_ms(verifier) < due_ms)
		due_ms = verifier_replies_due_ms(verifier);
	return due_ms > verifier->now_ms ? (int)(due_ms - verifier->now_ms) : 0;
}

static void
look(struct verifier *verifier, struct pollfd fds[AT_COUNT])
{
	fds[AT_CONTROL] = (struct pollfd){ MM_CONTROL_FD, POLLIN, 0 };
	fds[AT_ISSUER] = (struct pollfd){ verifier->issuer.fd, verifier_peer_events(&verifier->issuer), 0 };
	fds[AT_LEDGER] = (struct pollfd){ verifier->ledger.fd, verifier_peer_events(&verifier->ledger), 0 };
	fds[AT_PASSWORDS] = (struct pollfd){ verifier_passwords_fd(verifier->passwords), POLLIN, 0 };
	if (poll(fds, AT_COUNT, patience_ms(verifier)) <= 0)
		for (size_t i = 0; i < AT_COUNT; i++)
			fds[i].revents = 0;
	look_at_clock(verifier);
}

/* Where nothing could be written, once in a while, as in do_what_is_due(). */
static bool
renew_table(struct verifier *verifier)
{
	const char *why;

	if (!verifier->store_failed || verifier->now_ms < verifier->sweep_due_ms ||
	    verifier_table_renew(&verifier->table, &why))
		return true;
	verifier_control_alarm(why);
	return false;
}

static enum verifier_end
go_on(struct verifier *verifier, const struct pollfd fds[AT_COUNT])
{
	enum verifier_end end = VERIFIER_END_NOT;

	if (!renew_table(verifier))
		return VERIFIER_END_BROKEN;
	if (fds[AT_PASSWORDS].revents != 0)
		take_passwords(verifier);
	if ((fds[AT_LEDGER].revents & ~POLLOUT) != 0)
		take_from_ledger(verifier);
	if ((fds[AT_ISSUER].revents & ~POLLOUT) != 0)
		take_requests(verifier);
	if (fds[AT_CONTROL].revents != 0)
		end = verifier_control_take(verifier);
	do_what_is_due(verifier);
	verifier_end_round(verifier);
	write_directory(verifier);
	verifier_signatures_make_table(&verifier->signatures);
	return end;
}

enum verifier_end
verifier_serve(struct verifier *verifier)
{
	struct pollfd fds[AT_COUNT];
	enum verifier_end end;

	do {
		look(verifier, fds);
		end = go_on(verifier, fds);
	} while (end == VERIFIER_END_NOT);
	return end;
}
