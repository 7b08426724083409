/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is good once (assertions of clients), and what is not good any more (tokens that were revoked).
 */
#ifndef MM_DAEMON_VERIFIER_TABLE_SPENT_H
#define MM_DAEMON_VERIFIER_TABLE_SPENT_H

#include "daemon/verifier/table.h"

#include <mintmark/slice.h>

/* Add a row of used assertions, and read them one after another; spent.h says what stands in one. */
void verifier_assertions_add(struct verifier_table *table, struct mm_slice names, int64_t expires_s);
MM_MUST_USE bool verifier_assertions_next(struct verifier_table *table, bool *started, struct mm_slice *names);

/*
 * Revoke a token of a realm, until expires_s; false where it is revoked already, or the table failed. What cannot be
 * looked up counts as revoked.
 */
bool verifier_token_revoke(struct verifier_table *table, struct mm_slice realm, struct mm_slice token_id,
    int64_t expires_s);
bool verifier_token_is_revoked(struct verifier_table *table, struct mm_slice realm, struct mm_slice token_id);

/* Forget what is too old of everything, some of it at a time. Returns whether there may be more. */
bool verifier_table_sweep(struct verifier_table *table, int64_t now_s);

/* Who changed what. */
void verifier_change_add(struct verifier_table *table, int64_t now_s, uint32_t uid, const char *verb,
    struct mm_slice whom, struct mm_slice what);

#endif
