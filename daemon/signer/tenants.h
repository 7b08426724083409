/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ids of the tenants that a signer may sign for: a set that is replaced as a whole while it is used.
 *
 * mintmarkd sends the whole list anew and does not say where it ends. Until a new list has stood for
 * SIGNER_TENANTS_GRACE_MS, an id that only the one before it has still counts: else tokens of every tenant behind the
 * first would be refused while the list comes in.
 */
#ifndef MM_DAEMON_SIGNER_TENANTS_H
#define MM_DAEMON_SIGNER_TENANTS_H

#include "daemon/ipc/mint.h"

#include <mintmark/slice.h>
#include <mintmark/version.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SIGNER_TENANTS_GRACE_MS 1000

/* Ids in slots by their digest; a slot without length is free. */
struct signer_tenant_set {
	struct signer_tenant {
		uint8_t len;
		char id[MM_MINT_ID_LEN_MAX];
	} *slots;
	size_t slot_count, count;
};

struct signer_tenants {
	struct signer_tenant_set now, before;
	int64_t begun_ms; /* when the list was begun anew */
};

/* Begin the list anew. */
void signer_tenants_begin(struct signer_tenants *tenants, int64_t now_ms);

/* Add an id of 1 to MM_MINT_ID_LEN_MAX bytes; false where memory is short or it is another one. */
MM_MUST_USE bool signer_tenants_add(struct signer_tenants *tenants, struct mm_slice id);

MM_MUST_USE bool signer_tenants_have(const struct signer_tenants *tenants, struct mm_slice id, int64_t now_ms);

void signer_tenants_clear(struct signer_tenants *tenants);

#endif
