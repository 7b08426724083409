/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tickets: what verifiers opened and issuers have not spent yet. A number can be spent once, by its realm's issuer,
 * until its time is over.
 */
#ifndef MM_DAEMON_LEDGER_TICKETS_H
#define MM_DAEMON_LEDGER_TICKETS_H

#include "daemon/ipc/mint.h"
#include "lib/token/revoked.h"

#include <mintmark/version.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Open at once, of one realm and of all; each has 3.6 kB. */
#define LEDGER_TICKETS_REALM_MAX 4096
#define LEDGER_TICKETS_MAX 16384

/* A ticket lives no longer. */
#define LEDGER_TICKET_MS 60000

#define LEDGER_TICKET_ROWS 16384 /* a power of two */

struct ledger_ticket {
	struct ledger_ticket *next;                /* of its row */
	struct ledger_ticket *younger, *older;     /* in the order in which they were opened */
	uint8_t number[MM_TICKET_LEN];
	int64_t expires_ms;
	struct mm_grant grant;
};

/* Zeroed, it is empty; init before the first use. */
struct ledger_tickets {
	uint64_t salt; /* of the rows, so that nobody fills one on purpose */
	struct ledger_ticket **rows;
	struct ledger_ticket *oldest, *youngest;
	size_t count;
	size_t realm_counts[MM_MINT_REALMS_MAX];
};

MM_MUST_USE bool ledger_tickets_init(struct ledger_tickets *tickets);
void ledger_tickets_clear(struct ledger_tickets *tickets);

/*
 * Open a ticket whose grant was checked. DONE, BUSY, or REFUSED where the number is used already or its time is over or
 * too far away.
 */
MM_MUST_USE enum mm_mint_status ledger_tickets_open(struct ledger_tickets *tickets, const struct mm_ticket_open *open,
    int64_t now_ms);

/* Spend a ticket of a realm; NULL: there is none, or its time is over. The caller frees it: ledger_ticket_free(). */
struct ledger_ticket *ledger_tickets_spend(struct ledger_tickets *tickets, const uint8_t number[MM_TICKET_LEN],
    uint16_t realm, int64_t now_ms);
void ledger_ticket_free(struct ledger_ticket *ticket);

/* Take back those of a realm whose token would be of a session, subject or client that is revoked. */
void ledger_tickets_cancel(struct ledger_tickets *tickets, uint16_t realm, const struct mm_revoked_what *what);

/* Drop those whose time is over. */
void ledger_tickets_expire(struct ledger_tickets *tickets, int64_t now_ms);

#endif
