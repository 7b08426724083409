/* SPDX-License-Identifier: Apache-2.0 */
/* Before the ledger's files and peers are here: nothing can be recorded, and no signer is there. */
#include "daemon/ledger/ledger.h"

bool
ledger_append(struct ledger *ledger, enum mm_ledger_kind kind, const struct ledger_realm *realm, struct mm_slice bytes,
    ledger_durable_function *done, void *ctx)
{
	(void)ledger, (void)kind, (void)realm, (void)bytes, (void)done, (void)ctx;
	return false;
}

uint64_t
ledger_term(const struct ledger *ledger)
{
	(void)ledger;
	return (uint64_t)ledger_wall_s();
}

const char *
ledger_trouble(const struct ledger *ledger)
{
	(void)ledger;
	return "this ledger cannot record yet";
}

bool
ledger_signer_order(struct ledger *ledger, struct ledger_realm *realm, enum mm_message_type type,
    const struct mm_key_order *order)
{
	(void)ledger, (void)realm, (void)type, (void)order;
	return false;
}
