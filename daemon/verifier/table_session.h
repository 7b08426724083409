/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sessions of browsers.
 */
#ifndef MM_DAEMON_VERIFIER_TABLE_SESSION_H
#define MM_DAEMON_VERIFIER_TABLE_SESSION_H

#include "daemon/ipc/sign_in.h"
#include "daemon/verifier/table.h"

/* A working day. */
#define VERIFIER_SESSION_S 43200

struct verifier_session {
	int64_t user, auth_time_s, expires_s;
	MM_MINT_TEXT(MM_MINT_ID_LEN_MAX) sid;
};

/* Make one with a new sid; cookie is the text for the browser. */
MM_MUST_USE bool verifier_session_add(struct verifier_table *table, int64_t user, int64_t now_s,
    struct verifier_session *session, char cookie[MM_SECRET_TEXT_LEN]);

/* False: there is none, or its time is over. */
MM_MUST_USE bool verifier_session_by_cookie(struct verifier_table *table, struct mm_slice cookie, int64_t now_s,
    struct verifier_session *session);

/* Whether a token's session still lives: a browser's, or a family of refresh tokens has its name. */
bool verifier_session_lives(struct verifier_table *table, struct mm_slice sid, int64_t now_s);

/* End it, with its codes and refresh tokens. */
void verifier_session_cut(struct verifier_table *table, struct mm_slice sid);

#endif
