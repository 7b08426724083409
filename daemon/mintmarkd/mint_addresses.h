/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The addresses of a mint's issuer: opened once and kept, so that clients wait while it is started anew. One that
 * another process has does not take the others away, and is tried again until it can be had.
 */
#ifndef MM_DAEMON_MINTMARKD_MINT_ADDRESSES_H
#define MM_DAEMON_MINTMARKD_MINT_ADDRESSES_H

#include "daemon/mintmarkd/listener.h"
#include "daemon/mintmarkd/pace.h"

#include <mintmark/version.h>

#include <stdbool.h>
#include <stdint.h>

struct mm_mint_addresses {
	struct mm_listen *listens; /* copies, as configurations come and go */
	struct mm_listeners listeners; /* in their order; fd -1: it could not be had */
	struct mm_back_off back_off;
	struct mm_telling telling;
	int64_t due_ms; /* when it is tried again; MM_NEVER_MS: nothing is wanting */
};

void mm_mint_addresses_init(struct mm_mint_addresses *addresses);

/* Open what can be had; the rest is tried again from due_ms on, and told. False, and logged, where memory is short. */
MM_MUST_USE bool mm_mint_addresses_open(struct mm_mint_addresses *addresses, const struct mm_config_realm *realm,
    const struct mm_user *user, int64_t now_ms);

/* Try those that are due. Returns whether another one is open. */
MM_MUST_USE bool mm_mint_addresses_try(struct mm_mint_addresses *addresses, const char *realm,
    const struct mm_user *user, int64_t now_ms);

/* Whether any is open. */
bool mm_mint_addresses_are_reachable(const struct mm_mint_addresses *addresses);

void mm_mint_addresses_close(struct mm_mint_addresses *addresses);

#endif
