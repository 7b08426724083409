/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The functions that the rows of hint.c name. Each adds what it knows to the hints, or nothing.
 */
#ifndef MM_CLI_HINT_ROWS_H
#define MM_CLI_HINT_ROWS_H

#include "cli/hint.h"

typedef void mm_hint_fn(struct mm_hints *hints, const struct mm_hint_matter *matter);

/* hint_keys.c */
mm_hint_fn mm_hint_algorithm, mm_hint_kids_of_realm, mm_hint_owner_of_kid, mm_hint_key_unknown,
    mm_hint_key_window, mm_hint_thumbprint;

/* hint_realms.c */
mm_hint_fn mm_hint_issuers, mm_hint_tenants, mm_hint_realms_of_service, mm_hint_owner_of_tenant_id, mm_hint_types;

/* hint_claims.c */
mm_hint_fn mm_hint_audience, mm_hint_clients, mm_hint_expired, mm_hint_early, mm_hint_lifetime, mm_hint_mailbox,
    mm_hint_revocation, mm_hint_scopes;

#endif
