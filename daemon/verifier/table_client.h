/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Clients: the programs that may ask for tokens.
 */
#ifndef MM_DAEMON_VERIFIER_TABLE_CLIENT_H
#define MM_DAEMON_VERIFIER_TABLE_CLIENT_H

#include "daemon/ipc/sign_in.h"
#include "daemon/verifier/table.h"

/* It stands as 'sub' in tokens that a client asks for itself. */
#define VERIFIER_CLIENT_LEN_MAX MM_MINT_ID_LEN_MAX

struct verifier_client {
	int64_t version; /* another one with each change */
	int64_t created_s, changed_s;
	bool confidential, consent, disabled, has_secret, has_certificate;
	uint8_t secret[MM_DIGEST_LEN], certificate[MM_DIGEST_LEN];
	MM_MINT_TEXT(VERIFIER_CLIENT_LEN_MAX) id;
	MM_MINT_TEXT(126) name;
	MM_MINT_TEXT(MM_NAME_LEN_MAX) tenant;
	MM_MINT_TEXT(510) certificate_subject;
	MM_MINT_TEXT(126) grants;
	MM_MINT_TEXT(1022) scopes;
	MM_MINT_TEXT(1022) audiences;
	MM_MINT_TEXT(2046) redirects;
	MM_MINT_TEXT(1022) logouts;
};

/* A client with the text of its keys, which requests have no use for: known_client.h has them ready. */
struct verifier_client_row {
	struct verifier_client client;
	MM_MINT_TEXT(8190) jwks;
};

/* False: there is none, or the table failed. */
MM_MUST_USE bool verifier_client_by_id(struct verifier_table *table, struct mm_slice id,
    struct verifier_client_row *row);
MM_MUST_USE bool verifier_client_next(struct verifier_table *table, bool *started, struct verifier_client_row *row);

/* Add or replace. */
MM_MUST_USE bool verifier_client_put(struct verifier_table *table, const struct verifier_client_row *row);

/* End what it holds of its users. */
void verifier_client_cut(struct verifier_table *table, struct mm_slice id);

#endif
