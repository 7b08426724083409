/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is good once (assertions of clients), and what is not good any more (tokens that were revoked).
 */
#ifndef MM_DAEMON_VERIFIER_TABLE_SPENT_H
#define MM_DAEMON_VERIFIER_TABLE_SPENT_H

#include "daemon/verifier/table.h"

#include <mintmark/slice.h>

/* The kinds never meet: kind is part of the name. */
#define VERIFIER_SPENT_ASSERTION "assertion"
#define VERIFIER_SPENT_TOKEN "token"

/* Spend a thing of an owner, until expires_s. False where it is spent already, or the table failed. */
bool verifier_spend(struct verifier_table *table, const char *kind, struct mm_slice owner,
    struct mm_slice thing, int64_t expires_s);
bool verifier_is_spent(struct verifier_table *table, const char *kind, struct mm_slice owner, struct mm_slice thing);

/* Forget what is too old of everything, some of it at a time. Returns whether there may be more. */
bool verifier_table_sweep(struct verifier_table *table, int64_t now_s);

/* Who changed what. */
void verifier_change_add(struct verifier_table *table, int64_t now_s, uint32_t uid, const char *verb,
    struct mm_slice whom, struct mm_slice what);

#endif
