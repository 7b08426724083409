/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the gate knows of the mints' keys apart from the snapshot: the pinned root, and the key lists that the ledger
 * signed. A snapshot whose mint keys are not exactly those of the lists is refused, so that whoever compiles it cannot
 * add a key, nor give one more time or a better state.
 *
 * One thread alone, the one that reads mintmarkd's messages.
 */
#ifndef MM_DAEMON_GATE_MINT_KEYS_H
#define MM_DAEMON_GATE_MINT_KEYS_H

#include "daemon/ipc/mint.h"
#include "engine/key_list.h"
#include "lib/base/limits.h"

#include <mintmark/slice.h>
#include <mintmark/trust.h>
#include <mintmark/version.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gate_mint {
	char name[MM_NAME_LEN_MAX + 1]; /* "": there is none of this number */
	/* The newest list that was used: none before it is accepted any more. */
	bool had_list;
	uint64_t sequence;
	/* For the next view. */
	struct mm_slice next_bytes; /* mapped; absent: no list came */
	struct mm_key_list next;    /* borrows from them */
};

struct gate_mint_keys {
	bool has_root;
	uint8_t root[MM_ED25519_PUBLIC_LEN];
	struct gate_mint mints[MM_MINT_REALMS_MAX]; /* by the realm's number */
};

void gate_mint_keys_clear(struct gate_mint_keys *keys);

/* Payloads of GATE_ROOT and GATE_MINT. False where they are not good. */
MM_MUST_USE bool gate_mint_keys_set_root(struct gate_mint_keys *keys, const unsigned char *payload, size_t len);
MM_MUST_USE bool gate_mint_keys_add_mint(struct gate_mint_keys *keys, const unsigned char *payload, size_t len);

/* The name of the mint of a number; NULL: there is none. */
const char *gate_mint_keys_name(const struct gate_mint_keys *keys, uint16_t number);

/*
 * Take a signed list for the next view: GATE_KEYS. Returns NULL, or why it cannot be used: it is not signed by a key
 * that the root certifies, is of another realm, or older than one that was used.
 */
MM_MUST_USE const char *gate_mint_keys_take_list(struct gate_mint_keys *keys, const unsigned char *payload, size_t len,
    int fd, int64_t now_s);

/*
 * Hold a snapshot against the lists that came for it. Returns NULL, or why it is refused. A key that the snapshot
 * counts as revoked, as an operator's configuration may, is never one too many.
 */
MM_MUST_USE const char *gate_mint_keys_check(const struct gate_mint_keys *keys, const struct mm_trust *trust);

/* The next view is in use: older lists are refused from now on. Or it is not: what came for it is forgotten. */
void gate_mint_keys_commit(struct gate_mint_keys *keys);
void gate_mint_keys_drop(struct gate_mint_keys *keys);

#endif
