/* SPDX-License-Identifier: Apache-2.0 */
/* Tickets, in rows by a salted hash of their random numbers. */
#include "daemon/ledger/tickets.h"

#include "lib/crypto/digest.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

bool
ledger_tickets_init(struct ledger_tickets *tickets)
{
	memset(tickets, 0, sizeof(*tickets));
	tickets->rows = calloc(LEDGER_TICKET_ROWS, sizeof(*tickets->rows));
	return tickets->rows != NULL &&
	    getrandom(&tickets->salt, sizeof(tickets->salt), 0) == (ssize_t)sizeof(tickets->salt);
}

void
ledger_ticket_free(struct ledger_ticket *ticket)
{
	if (ticket == NULL)
		return;
	mm_secret_wipe(ticket->number, sizeof(ticket->number));
	free(ticket);
}

/* The row of a number: a multiplicative hash that only who knows the salt can aim at. */
static struct ledger_ticket **
row_of(const struct ledger_tickets *tickets, const uint8_t number[MM_TICKET_LEN])
{
	uint64_t low, high, mixed;

	memcpy(&low, number, sizeof(low));
	memcpy(&high, number + sizeof(low), sizeof(high));
	mixed = (low ^ tickets->salt) * UINT64_C(0x9E3779B97F4A7C15);
	mixed = (mixed ^ high ^ mixed >> 29) * ((tickets->salt << 1) | 1);
	return &tickets->rows[mixed >> 32 & (LEDGER_TICKET_ROWS - 1)];
}

/* Where the pointer to a number's ticket is; it points to NULL where there is none. */
static struct ledger_ticket **
find(const struct ledger_tickets *tickets, const uint8_t number[MM_TICKET_LEN])
{
	struct ledger_ticket **at = row_of(tickets, number);

	while (*at != NULL && !mm_secret_equal((*at)->number, number, MM_TICKET_LEN))
		at = &(*at)->next;
	return at;
}

/* Take a ticket out of its row and of the order. */
static void
unlink_ticket(struct ledger_tickets *tickets, struct ledger_ticket **at)
{
	struct ledger_ticket *ticket = *at;

	*at = ticket->next;
	*(ticket->older != NULL ? &ticket->older->younger : &tickets->oldest) = ticket->younger;
	*(ticket->younger != NULL ? &ticket->younger->older : &tickets->youngest) = ticket->older;
	tickets->count--;
	tickets->realm_counts[ticket->grant.realm]--;
}

enum mm_mint_status
ledger_tickets_open(struct ledger_tickets *tickets, const struct mm_ticket_open *open, int64_t now_ms)
{
	struct ledger_ticket **at = find(tickets, open->ticket), *ticket;

	if (*at != NULL || open->expires_ms <= now_ms || open->expires_ms - now_ms > LEDGER_TICKET_MS)
		return MM_MINT_REFUSED;
	ledger_tickets_expire(tickets, now_ms);
	at = find(tickets, open->ticket);
	if (tickets->count == LEDGER_TICKETS_MAX ||
	    tickets->realm_counts[open->grant.realm] == LEDGER_TICKETS_REALM_MAX)
		return MM_MINT_BUSY;
	ticket = malloc(sizeof(*ticket));
	if (ticket == NULL)
		return MM_MINT_BUSY;
	memcpy(ticket->number, open->ticket, MM_TICKET_LEN);
	ticket->expires_ms = open->expires_ms;
	ticket->grant = open->grant;
	ticket->next = NULL;
	*at = ticket;
	ticket->younger = NULL;
	ticket->older = tickets->youngest;
	*(tickets->youngest != NULL ? &tickets->youngest->younger : &tickets->oldest) = ticket;
	tickets->youngest = ticket;
	tickets->count++;
	tickets->realm_counts[open->grant.realm]++;
	return MM_MINT_DONE;
}

struct ledger_ticket *
ledger_tickets_spend(struct ledger_tickets *tickets, const uint8_t number[MM_TICKET_LEN], uint16_t realm,
    int64_t now_ms)
{
	struct ledger_ticket **at = find(tickets, number), *ticket = *at;

	if (ticket == NULL || ticket->grant.realm != realm)
		return NULL;
	unlink_ticket(tickets, at);
	if (ticket->expires_ms > now_ms)
		return ticket;
	ledger_ticket_free(ticket);
	return NULL;
}

static bool
is_of(const struct mm_grant *grant, const struct mm_revoked_what *what)
{
	switch (what->kind) {
	case MM_REVOKED_SESSION:
		return mm_slice_equal(mm_mint_text_get(&grant->session), what->value) &&
		    (what->client.len == 0 || mm_slice_equal(mm_mint_text_get(&grant->client), what->client));
	case MM_REVOKED_SUBJECT:
		return mm_slice_equal(mm_mint_text_get(&grant->subject), what->value);
	case MM_REVOKED_CLIENT:
		return mm_slice_equal(mm_mint_text_get(&grant->client), what->value);
	default:
		return false;
	}
}

void
ledger_tickets_cancel(struct ledger_tickets *tickets, uint16_t realm, const struct mm_revoked_what *what)
{
	for (struct ledger_ticket *ticket = tickets->oldest, *younger; ticket != NULL; ticket = younger) {
		younger = ticket->younger;
		if (ticket->grant.realm != realm || !is_of(&ticket->grant, what))
			continue;
		unlink_ticket(tickets, find(tickets, ticket->number));
		ledger_ticket_free(ticket);
	}
}

/* Verifiers choose times, so the order is not quite that of the ends: at most LEDGER_TICKET_MS too long. */
void
ledger_tickets_expire(struct ledger_tickets *tickets, int64_t now_ms)
{
	while (tickets->oldest != NULL && tickets->oldest->expires_ms <= now_ms) {
		struct ledger_ticket *ticket = tickets->oldest;

		unlink_ticket(tickets, find(tickets, ticket->number));
		ledger_ticket_free(ticket);
	}
}

void
ledger_tickets_clear(struct ledger_tickets *tickets)
{
	if (tickets->rows != NULL)
		ledger_tickets_expire(tickets, INT64_MAX);
	free(tickets->rows);
	memset(tickets, 0, sizeof(*tickets));
}
