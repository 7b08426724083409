/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Authorization codes.
 */
#ifndef MM_DAEMON_VERIFIER_TABLE_CODE_H
#define MM_DAEMON_VERIFIER_TABLE_CODE_H

#include "daemon/ipc/sign_in.h"
#include "daemon/verifier/secret.h"
#include "daemon/verifier/table.h"

#define VERIFIER_CODE_S 60
/* How long a code that was used, or is too old, is still known as one. */
#define VERIFIER_CODE_KEPT_S 3600

struct verifier_code {
	uint8_t code[MM_DIGEST_LEN]; /* its digest */
	int64_t user, auth_time_s, expires_s;
	bool used, has_jkt, has_family;
	uint8_t challenge[MM_DIGEST_LEN];
	uint8_t dpop_jkt[MM_DIGEST_LEN];
	uint8_t family[MM_DIGEST_LEN]; /* of refresh tokens that it gave */
	MM_MINT_TEXT(MM_MINT_CLIENT_LEN_MAX) client;
	MM_MINT_TEXT(MM_MINT_ID_LEN_MAX) sid;
	MM_MINT_TEXT(MM_SIGN_IN_URI_LEN_MAX) redirect_uri;
	MM_MINT_TEXT(MM_MINT_NONCE_LEN_MAX) nonce;
	MM_MINT_TEXT(MM_MINT_SCOPE_LEN_MAX) scope;
	MM_MINT_TEXT(MM_MINT_AUDIENCE_LEN_MAX) audience;
};

/* Make one of all but code, expires_s, used and family; text is for the client. */
MM_MUST_USE bool verifier_code_add(struct verifier_table *table, struct verifier_code *code, int64_t now_s,
    char text[MM_SECRET_TEXT_LEN]);

/* False: there never was one, or it is long ago. Not checked here: its time, and whether it was used. */
MM_MUST_USE bool verifier_code_find(struct verifier_table *table, struct mm_slice text, struct verifier_code *code);

/* Use it, for a family of refresh tokens (NULL: none). False where it was used already. */
MM_MUST_USE bool verifier_code_use(struct verifier_table *table, const struct verifier_code *code,
    const uint8_t *family);

#endif
