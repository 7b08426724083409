/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Revoking: what a verifier says is not good any more is told to gates at once, recorded, and confirmed to the verifier
 * when its record is durable.
 */
#ifndef MM_DAEMON_LEDGER_REVOKE_H
#define MM_DAEMON_LEDGER_REVOKE_H

#include "daemon/ledger/state.h"

/* REVOKE of a verifier; len was checked. False: it broke the rules. */
MM_MUST_USE bool ledger_take_revoke(struct ledger *ledger, struct ledger_peer *peer, const struct mm_revoke *revoke);

/* A REVOKE record that was read at the start. */
void ledger_revoke_again(struct ledger *ledger, const struct mm_ledger_revoke *revoke);

/* The function that waits for a record of it; its ctx is freed with free(). */
ledger_durable_function ledger_revoke_is_durable;

#endif
