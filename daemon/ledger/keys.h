/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The life of each realm's keys at the ledger: it follows engine/key_life.h, records each event before it counts
 * (ledger_append(), MM_LEDGER_KEY), gives the signers their orders, and tells mintmarkd each realm's signed key list.
 *
 * Everything is called from the ledger's one thread, in this order: new; take_record for each record; begin; then the
 * others in any order.
 */
#ifndef MM_DAEMON_LEDGER_KEYS_H
#define MM_DAEMON_LEDGER_KEYS_H

#include "daemon/ledger/ledger.h"

struct ledger_keys;

/* NULL where memory is short. The realms are known by now. */
MM_MUST_USE struct ledger_keys *ledger_keys_new(struct ledger *ledger);
void ledger_keys_free(struct ledger_keys **keys);

/*
 * Take the bytes of a record of kind MM_LEDGER_KEY at recovery, oldest first; realm: its name, which may be none of the
 * configuration any more. Returns NULL, or a constant sentence why it cannot be: the ledger is damaged then, and
 * nothing is issued.
 */
MM_MUST_USE const char *ledger_keys_take_record(struct ledger_keys *keys, struct mm_slice realm, struct mm_slice bytes);

/* Recovery is over: tell each realm's key list. Not called where the ledger is damaged. */
void ledger_keys_begin(struct ledger_keys *keys);

/*
 * Do what is due; to be called at the wall-clock second that due says, at most a minute away, and earlier where the
 * clock is set. Each of the others may bring that nearer.
 */
void ledger_keys_tick(struct ledger_keys *keys, int64_t now_s);
int64_t ledger_keys_due(const struct ledger_keys *keys);

/* A realm's signer came (its SIGNER_STATE was read) or said that its state changed; it went away; it did an order. */
void ledger_keys_signer_state(struct ledger_keys *keys, struct ledger_realm *realm,
    const struct mm_signer_state *state);
void ledger_keys_signer_went(struct ledger_keys *keys, struct ledger_realm *realm);
void ledger_keys_signer_done(struct ledger_keys *keys, struct ledger_realm *realm, const struct mm_key_done *done,
    struct mm_slice jwk);

/*
 * Answer KEY_LIST to KEY_RESTORE, now or when the record is durable (ledger_answer()). realm: NULL for all of them,
 * where the verb allows it; what the realm's name in ask was is checked. Not checked: the texts of what.
 */
void ledger_keys_ask(struct ledger_keys *keys, struct ledger_realm *realm, const struct mm_mint_ask *ask,
    const struct mm_ask_key *what);

/* The key that signs a token of this iat. */
struct ledger_signing_key {
	uint8_t thumbprint[MM_DIGEST_LEN];
};

/* False where the realm has no active key, or the signer has it not open. Called for each token: it must be quick. */
MM_MUST_USE bool ledger_keys_active(const struct ledger_keys *keys, const struct ledger_realm *realm, int64_t iat_s,
    struct ledger_signing_key *key);

/*
 * When the oldest key was made that was tainted or revoked at since_s or later: what it may have signed is looked for.
 * INT64_MAX: none was.
 */
int64_t ledger_keys_wanted_since(const struct ledger_keys *keys, int64_t since_s);

/* A member of the status, {"REALM":{…},…}, for the writer behind the name "keys". */
struct mm_json_writer;
void ledger_keys_status(const struct ledger_keys *keys, struct mm_json_writer *writer);

#endif
