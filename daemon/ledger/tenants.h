/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tenants: those of the configuration and those that were added, which stand in the ledger (MM_LEDGER_TENANT).
 *
 * Called as keys.h says: new, configured and take_record, begin, then the others.
 */
#ifndef MM_DAEMON_LEDGER_TENANTS_H
#define MM_DAEMON_LEDGER_TENANTS_H

#include "daemon/ledger/ledger.h"

struct ledger_tenants;

MM_MUST_USE struct ledger_tenants *ledger_tenants_new(struct ledger *ledger);
void ledger_tenants_free(struct ledger_tenants **tenants);

/*
 * A tenant of the configuration (LEDGER_TENANT); realm NULL: of no mint, its name and domains are taken. id is empty
 * where it has none; domains: each ended by NUL, and an empty text. False where they are not so, or memory is short.
 */
MM_MUST_USE bool ledger_tenants_configured(struct ledger_tenants *tenants, struct ledger_realm *realm,
    struct mm_slice name, struct mm_slice id, struct mm_slice domains);

/* As ledger_keys_take_record(). */
MM_MUST_USE const char *ledger_tenants_take_record(struct ledger_tenants *tenants, struct mm_slice realm,
    struct mm_slice bytes);

/* Recovery is over: tell mintmarkd each realm's added tenants (LEDGER_TENANTS). */
void ledger_tenants_begin(struct ledger_tenants *tenants);

/* Whether the realm has a tenant of this id that is not disabled. Called for each token: it must be quick. */
MM_MUST_USE bool ledger_tenants_has(const struct ledger_tenants *tenants, const struct ledger_realm *realm,
    struct mm_slice id);

/* Answer TENANT_*, as ledger_keys_ask() does; what: the verb's structure, of its size. */
void ledger_tenants_ask(struct ledger_tenants *tenants, struct ledger_realm *realm, const struct mm_mint_ask *ask,
    struct mm_slice what);

#endif
