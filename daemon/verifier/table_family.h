/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Families of refresh tokens (RFC 9700 section 4.14.2): each use gives a new token; a second use of an older one means
 * that somebody else has it, and ends the family.
 *
 * A token is 16 bytes that name its family and 16 that are new each time. Whoever shows the first half had a token of
 * the family: nobody guesses it.
 */
#ifndef MM_DAEMON_VERIFIER_TABLE_FAMILY_H
#define MM_DAEMON_VERIFIER_TABLE_FAMILY_H

#include "daemon/ipc/sign_in.h"
#include "daemon/verifier/secret.h"
#include "daemon/verifier/table.h"

/* Not used for so long, it ends; and after a year whatever happens. */
#define VERIFIER_FAMILY_IDLE_S (30 * 86400)
#define VERIFIER_FAMILY_S (365 * 86400)

struct verifier_family {
	uint8_t family[MM_DIGEST_LEN]; /* digest of the half that names it */
	uint8_t token[MM_DIGEST_LEN];  /* of the token that is good */
	int64_t user, auth_time_s, created_s, used_s, expires_s;
	bool has_jkt;
	uint8_t dpop_jkt[MM_DIGEST_LEN]; /* of a public client: the key that it must prove (RFC 9449 section 5) */
	MM_MINT_TEXT(MM_MINT_CLIENT_LEN_MAX) client;
	MM_MINT_TEXT(MM_MINT_ID_LEN_MAX) sid;
	MM_MINT_TEXT(MM_MINT_SCOPE_LEN_MAX) scope;
	MM_MINT_TEXT(MM_MINT_AUDIENCE_LEN_MAX) audience;
};

/* Make one of user to audience; text is its first token. */
MM_MUST_USE bool verifier_family_add(struct verifier_table *table, struct verifier_family *family, int64_t now_s,
    char text[MM_SECRET_TEXT_LEN]);

enum verifier_family_found {
	VERIFIER_FAMILY_NONE, /* or its time is over, or the text is no token */
	VERIFIER_FAMILY_GOOD, /* the token is the good one */
	VERIFIER_FAMILY_OLD,  /* it is not: somebody used it twice */
};

MM_MUST_USE enum verifier_family_found verifier_family_find(struct verifier_table *table, struct mm_slice text,
    int64_t now_s, struct verifier_family *family);

/* Replace the good token, which text was; next is the new one. False where it is not the good one any more. */
MM_MUST_USE bool verifier_family_turn(struct verifier_table *table, const struct verifier_family *family,
    struct mm_slice text, int64_t now_s, char next[MM_SECRET_TEXT_LEN]);

/* End it. */
void verifier_family_cut(struct verifier_table *table, const uint8_t family[MM_DIGEST_LEN]);

#endif
