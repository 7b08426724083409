/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Revoking.
 *
 * The moment is the ledger's, for it is the ledger that wrote the 'iat' of every token: none that was recorded before
 * is later than it, whatever was done to the clock. A ticket that was opened before is no token yet, and is taken back.
 */
#include "daemon/ledger/revoke.h"

#include "daemon/ledger/records.h"

#include <stdlib.h>

_Static_assert(MM_MINT_CLIENT_LEN_MAX <= MM_REVOKED_TEXT_MAX, "what a verifier names fits into a record");

/* Who waits for a record. */
struct pending {
	struct ledger *ledger;
	struct ledger_realm *realm;
	uint64_t peer_birth;
	uint64_t number; /* the verifier's own */
	int64_t up_to_s;
};

static void
answer(struct ledger_peer *peer, uint64_t number, int64_t up_to_s, enum mm_mint_status status)
{
	const struct mm_revoke_done done = { .number = number, .up_to_s = up_to_s, .status = status };

	if (peer != NULL)
		(void)ledger_peer_post(peer, MM_MESSAGE_REVOKED, &done, sizeof(done));
}

/* One that came anew asks again. */
void
ledger_revoke_is_durable(void *ctx, bool durable)
{
	struct pending *pending = ctx;
	struct ledger_peer *peer = ledger_peers_find(&pending->ledger->peers, MM_PROCESS_VERIFIER, pending->realm);

	if (peer != NULL && peer->birth == pending->peer_birth)
		answer(peer, pending->number, pending->up_to_s, durable ? MM_MINT_DONE : MM_MINT_NO_RECORD);
	free(pending);
}

/* ---- recording ---- */

static bool
record(struct ledger *ledger, const struct ledger_realm *realm, const struct mm_revoked_what *what, int64_t up_to_s,
    struct pending *pending)
{
	static struct mm_ledger_record record;

	record.kind = MM_LEDGER_REVOKE;
	record.time_us = ledger_wall_us();
	record.revoke = (struct mm_ledger_revoke){ mm_slice_str(realm->name), *what, up_to_s,
		up_to_s + MM_REVOKED_MATTERS_S };
	return ledger_record(ledger, &record, pending == NULL ? NULL : ledger_revoke_is_durable, pending) != 0;
}

/* With who waits for it; false where it cannot be recorded now. */
static bool
record_for(struct ledger *ledger, struct ledger_peer *peer, uint64_t number, const struct mm_revoked_what *what,
    int64_t up_to_s)
{
	struct pending *pending = malloc(sizeof(*pending));

	if (pending == NULL)
		return false;
	*pending = (struct pending){ ledger, peer->realm, peer->birth, number, up_to_s };
	if (record(ledger, peer->realm, what, up_to_s, pending))
		return true;
	free(pending);
	return false;
}

/* ---- the live ones ---- */

static int64_t
keep_ms(int64_t left_s)
{
	return ledger_boot_ms() + left_s * 1000;
}

static void
tell_whole(struct ledger *ledger, const struct ledger_realm *realm)
{
	ledger_alarm(ledger, "realm %s: more is revoked than can be kept apart: all of its tokens that were issued "
	    "until now are refused", realm->name);
}

/* For gates, from now on. The record that stands for all makes the next start do the same. */
static void
put(struct ledger *ledger, struct ledger_realm *realm, const struct mm_revoked_what *what, int64_t up_to_s)
{
	struct ledger_revoked *revoked = &realm->mint->revoked;

	if (ledger_revoked_add(revoked, what, up_to_s, keep_ms(MM_REVOKED_MATTERS_S)))
		return;
	tell_whole(ledger, realm);
	(void)record(ledger, realm, &revoked->whole.what, revoked->whole.up_to_s, NULL);
}

/* No token of the realm is later that is on record. */
static int64_t
moment(const struct ledger_realm *realm)
{
	int64_t now_s = ledger_wall_s();

	return now_s > realm->mint->last_iat_s ? now_s : realm->mint->last_iat_s;
}

/*
 * While nothing can be recorded nothing is issued either, and the verifier asks again and again: gates are told once,
 * and once more with the record.
 */
bool
ledger_take_revoke(struct ledger *ledger, struct ledger_peer *peer, const struct mm_revoke *revoke)
{
	const struct mm_revoked_what what = { (enum mm_revoked_kind)revoke->kind, mm_mint_text_get(&revoke->value),
		mm_mint_text_get(&revoke->client) };
	struct ledger_realm *realm = peer->realm;
	int64_t up_to_s;
	bool recorded;

	if (!mm_revoke_check(revoke) || !mm_revoked_what_check(&what) || what.kind == MM_REVOKED_REALM)
		return false;
	up_to_s = moment(realm);
	ledger_tickets_cancel(&ledger->tickets, realm->number, &what);
	recorded = record_for(ledger, peer, revoke->number, &what, up_to_s);
	if (!mm_revoked_has(realm->mint->revoked.set, &what, recorded ? up_to_s : realm->mint->last_iat_s))
		put(ledger, realm, &what, up_to_s);
	if (!recorded)
		answer(peer, revoke->number, up_to_s, MM_MINT_NO_RECORD);
	return true;
}

void
ledger_revoke_again(struct ledger *ledger, const struct mm_ledger_revoke *revoke)
{
	struct ledger_realm *realm = ledger_realm_by_name(ledger, revoke->realm);
	int64_t left_s = revoke->matters_s - ledger_wall_s();

	if (realm == NULL || left_s < 0)
		return;
	if (left_s > MM_REVOKED_MATTERS_S)
		left_s = MM_REVOKED_MATTERS_S;
	if (!ledger_revoked_add(&realm->mint->revoked, &revoke->what, revoke->up_to_s, keep_ms(left_s)))
		tell_whole(ledger, realm);
}
