/* SPDX-License-Identifier: Apache-2.0 */
/* Before the life of keys is here: no realm has a key, so nothing is issued. */
#include "daemon/ledger/keys.h"

#include <stdlib.h>

struct ledger_keys {
	struct ledger *ledger;
};

struct ledger_keys *
ledger_keys_new(struct ledger *ledger)
{
	struct ledger_keys *keys = calloc(1, sizeof(*keys));

	if (keys != NULL)
		keys->ledger = ledger;
	return keys;
}

void
ledger_keys_free(struct ledger_keys **keys)
{
	free(*keys);
	*keys = NULL;
}

const char *
ledger_keys_take_record(struct ledger_keys *keys, struct mm_slice realm, struct mm_slice bytes)
{
	(void)keys, (void)realm, (void)bytes;
	return NULL;
}

void
ledger_keys_begin(struct ledger_keys *keys)
{
	(void)keys;
}

int64_t
ledger_keys_tick(struct ledger_keys *keys, int64_t now_s)
{
	(void)keys;
	return now_s + 60;
}

void
ledger_keys_signer_state(struct ledger_keys *keys, struct ledger_realm *realm, const struct mm_signer_state *state)
{
	(void)keys, (void)realm, (void)state;
}

void
ledger_keys_signer_went(struct ledger_keys *keys, struct ledger_realm *realm)
{
	(void)keys, (void)realm;
}

void
ledger_keys_signer_done(struct ledger_keys *keys, struct ledger_realm *realm, const struct mm_key_done *done,
    struct mm_slice jwk)
{
	(void)keys, (void)realm, (void)done, (void)jwk;
}

void
ledger_keys_ask(struct ledger_keys *keys, struct ledger_realm *realm, const struct mm_mint_ask *ask,
    const struct mm_ask_key *what)
{
	(void)realm, (void)what;
	ledger_refuse(keys->ledger, ask->number, "this ledger keeps no keys yet", NULL);
}

bool
ledger_keys_active(const struct ledger_keys *keys, const struct ledger_realm *realm, int64_t iat_s,
    struct ledger_signing_key *key)
{
	(void)keys, (void)realm, (void)iat_s, (void)key;
	return false;
}

void
ledger_keys_status(const struct ledger_keys *keys, struct mm_json_writer *writer)
{
	(void)keys, (void)writer;
}
