/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Issuing: a ticket is opened and spent, the token written and recorded, signed once its record is durable, and
 * handed on.
 */
#ifndef MM_DAEMON_LEDGER_ISSUE_H
#define MM_DAEMON_LEDGER_ISSUE_H

#include "daemon/ledger/state.h"

/* How long a signer has, and how long after that its answer is waited for. */
#define LEDGER_SIGN_MS 2000
#define LEDGER_ANSWER_MS 1000

/* Open jobs of a realm, above which no more are taken. */
#define LEDGER_OPEN_MAX 4096

/* Whether a grant is what the realm may make; the reason is in words for the log, NULL: it may. */
MM_MUST_USE const char *ledger_grant_fault(struct ledger *ledger, const struct ledger_realm *realm,
    const struct mm_grant *grant);

/* TICKET_OPEN of a verifier, TICKET_SPEND of an issuer; len was checked. False: the peer broke the rules. */
MM_MUST_USE bool ledger_take_ticket(struct ledger *ledger, struct ledger_peer *peer, const struct mm_ticket_open *open);
void ledger_take_spend(struct ledger *ledger, struct ledger_peer *peer, const struct mm_ticket_spend *spend);

/* SIGNED and SIGNER_STATE. False: the signer broke the rules. */
MM_MUST_USE bool ledger_take_signed(struct ledger *ledger, struct ledger_realm *realm, const struct mm_signed *head,
    struct mm_slice signature);
MM_MUST_USE bool ledger_take_signer_state(struct ledger *ledger, struct ledger_realm *realm,
    const struct mm_signer_state *state);

/* The realm's signer is gone: what it was to sign is void. */
void ledger_signer_went(struct ledger *ledger, struct ledger_realm *realm);

/* Void what was not signed in time. Returns when the next one is due (CLOCK_BOOTTIME). */
int64_t ledger_issue_tick(struct ledger *ledger, int64_t now_ms);

/* The minute of the oldest token that is not durable yet, or the one that the next token will have at least. */
uint32_t ledger_open_minute(struct ledger *ledger);

#endif
