/* SPDX-License-Identifier: Apache-2.0 */
/* Before the tenant table is here: no realm has a tenant, so nothing is issued. */
#include "daemon/ledger/tenants.h"

#include <stdlib.h>

struct ledger_tenants {
	struct ledger *ledger;
};

struct ledger_tenants *
ledger_tenants_new(struct ledger *ledger)
{
	struct ledger_tenants *tenants = calloc(1, sizeof(*tenants));

	if (tenants != NULL)
		tenants->ledger = ledger;
	return tenants;
}

void
ledger_tenants_free(struct ledger_tenants **tenants)
{
	free(*tenants);
	*tenants = NULL;
}

bool
ledger_tenants_configured(struct ledger_tenants *tenants, struct ledger_realm *realm, struct mm_slice name,
    struct mm_slice id)
{
	(void)tenants, (void)realm, (void)name, (void)id;
	return true;
}

const char *
ledger_tenants_take_record(struct ledger_tenants *tenants, struct mm_slice realm, struct mm_slice bytes)
{
	(void)tenants, (void)realm, (void)bytes;
	return NULL;
}

void
ledger_tenants_begin(struct ledger_tenants *tenants)
{
	(void)tenants;
}

bool
ledger_tenants_has(const struct ledger_tenants *tenants, const struct ledger_realm *realm, struct mm_slice id)
{
	(void)tenants, (void)realm, (void)id;
	return false;
}

void
ledger_tenants_ask(struct ledger_tenants *tenants, struct ledger_realm *realm, const struct mm_mint_ask *ask,
    struct mm_slice what)
{
	(void)realm, (void)what;
	ledger_refuse(tenants->ledger, ask->number, "this ledger keeps no tenants yet", NULL);
}
