/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Users, the places where they signed in well, and what they allowed clients.
 */
#ifndef MM_DAEMON_VERIFIER_TABLE_USER_H
#define MM_DAEMON_VERIFIER_TABLE_USER_H

#include "daemon/ipc/sign_in.h"
#include "daemon/verifier/table.h"

/* Places that are remembered of one user, and for how long. */
#define VERIFIER_PLACES_MAX 20
#define VERIFIER_PLACE_S (180 * 86400)

struct verifier_user {
	int64_t id; /* 0: none */
	int64_t created_s, changed_s;
	bool disabled;
	MM_MINT_TEXT(MM_MINT_ID_LEN_MAX) subject;
	MM_MINT_TEXT(MM_NAME_LEN_MAX) tenant;
	MM_MINT_TEXT(MM_MAILBOX_LEN_MAX) username;
	MM_MINT_TEXT(126) name;
	MM_MINT_TEXT(254) hash;
	MM_MINT_TEXT(4094) delegates;
};

/* False: there is none, or the table failed. */
MM_MUST_USE bool verifier_user_by_name(struct verifier_table *table, struct mm_slice username,
    struct verifier_user *user);
MM_MUST_USE bool verifier_user_by_id(struct verifier_table *table, int64_t id, struct verifier_user *user);
MM_MUST_USE bool verifier_user_by_subject(struct verifier_table *table, struct mm_slice subject,
    struct verifier_user *user);

/* Each user in turn, by name; started is false before the first call. */
MM_MUST_USE bool verifier_user_next(struct verifier_table *table, bool *started, struct verifier_user *user);

/* False where the name or subject is taken, or the table failed. */
MM_MUST_USE bool verifier_user_add(struct verifier_table *table, const struct verifier_user *user, int64_t now_s);
MM_MUST_USE bool verifier_user_change(struct verifier_table *table, const struct verifier_user *user, int64_t now_s);

/* End what he is signed in at. */
void verifier_user_cut(struct verifier_table *table, int64_t id);

bool verifier_place_known(struct verifier_table *table, int64_t user, const uint8_t place[MM_DIGEST_LEN],
    int64_t now_s);
void verifier_place_put(struct verifier_table *table, int64_t user, const uint8_t place[MM_DIGEST_LEN], int64_t now_s);

bool verifier_consent_covers(struct verifier_table *table, int64_t user, struct mm_slice client, struct mm_slice scope);
void verifier_consent_put(struct verifier_table *table, int64_t user, struct mm_slice client, struct mm_slice scope,
    int64_t now_s);

#endif
