/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tenants of mints: those of the configuration, and those that were added at the ledger (doc/PROTOCOL.directory).
 */
#ifndef MM_DAEMON_MINTMARKD_MINT_TENANTS_H
#define MM_DAEMON_MINTMARKD_MINT_TENANTS_H

#include "engine/config.h"

#include <mintmark/slice.h>
#include <mintmark/version.h>

#include <stdbool.h>
#include <stddef.h>

/* Tenants that were added; their texts are owned. Only name, id and domains are set. */
struct mm_added_tenants {
	struct mm_config_tenant *items;
	size_t count;
};

/*
 * Read a document of tenants. False where it is not one, or memory is short; *added is unchanged then.
 * Not checked here: each tenant, which the compiler checks as it does a section.
 */
MM_MUST_USE bool mm_added_tenants_read(struct mm_slice bytes, struct mm_added_tenants *added);
void mm_added_tenants_clear(struct mm_added_tenants *added);

#endif
