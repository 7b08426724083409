/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What issuing keeps of each realm: its secrets, and the keys that are derived from them.
 */
#ifndef MM_DAEMON_LEDGER_MINT_H
#define MM_DAEMON_LEDGER_MINT_H

#include "daemon/ledger/state.h"

/* Make it for every realm, with the root where secrets has one. False where memory is short or libcrypto fails. */
MM_MUST_USE bool ledger_mints_make(struct ledger *ledger, const struct mm_ledger_secrets *secrets);
void ledger_mint_free(struct ledger_mint **mint);

/* The mark key of an audience and a day; NULL where libcrypto fails. It is valid until the next call. */
const struct mm_mark_key *ledger_mint_mark_key(struct ledger_realm *realm, struct mm_slice audience, uint32_t day);

/* The index entry of a digest, of a token of this day. False where libcrypto fails. */
MM_MUST_USE bool ledger_mint_entry(struct ledger_realm *realm, uint32_t day, const uint8_t digest[MM_DIGEST_LEN],
    uint64_t *entry);

#endif
