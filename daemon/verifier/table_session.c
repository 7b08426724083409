/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows of sessions.
 */
#include "daemon/verifier/table_session.h"

#include "daemon/verifier/secret.h"
#include "lib/base/array.h"
#include "lib/crypto/digest.h"

bool
verifier_session_add(struct verifier_table *table, int64_t user, int64_t now_s, struct verifier_session *session,
    char cookie[MM_SECRET_TEXT_LEN])
{
	uint8_t secret[VERIFIER_SECRET_LEN], digest[MM_DIGEST_LEN];
	char sid[VERIFIER_ID_TEXT_LEN];
	sqlite3_stmt *statement;

	if (!verifier_secret_make(secret, cookie) || !verifier_id_make(sid) ||
	    !mm_sha256(mm_slice(secret, sizeof(secret)), digest))
		return false;
	mm_secret_wipe(secret, sizeof(secret));
	*session = (struct verifier_session){ user, now_s, now_s + VERIFIER_SESSION_S, { 0 } };
	statement = verifier_table_sql(table, VERIFIER_SQL_SESSION_ADD);
	verifier_bind_text(statement, 1, mm_slice(sid, sizeof(sid)));
	verifier_bind_blob(statement, 2, digest, sizeof(digest));
	verifier_bind_int(statement, 3, user);
	verifier_bind_int(statement, 4, session->auth_time_s);
	verifier_bind_int(statement, 5, session->expires_s);
	return mm_mint_text_set(&session->sid, mm_slice(sid, sizeof(sid))) &&
	    verifier_table_change(table, statement) == 1;
}

static bool
one_session(struct verifier_table *table, sqlite3_stmt *statement, struct verifier_session *session)
{
	bool found = verifier_table_next(table, statement) &&
	    mm_mint_text_set(&session->sid, verifier_column_text(statement, 0));

	if (found) {
		session->user = verifier_column_int(statement, 1);
		session->auth_time_s = verifier_column_int(statement, 2);
		session->expires_s = verifier_column_int(statement, 3);
	}
	sqlite3_reset(statement);
	return found;
}

bool
verifier_session_by_cookie(struct verifier_table *table, struct mm_slice cookie, int64_t now_s,
    struct verifier_session *session)
{
	uint8_t digest[MM_DIGEST_LEN];
	sqlite3_stmt *statement;

	if (!verifier_secret_digest(cookie, digest))
		return false;
	statement = verifier_table_sql(table, VERIFIER_SQL_SESSION_BY_COOKIE);
	verifier_bind_blob(statement, 1, digest, sizeof(digest));
	verifier_bind_int(statement, 2, now_s);
	return one_session(table, statement, session);
}

bool
verifier_session_lives(struct verifier_table *table, struct mm_slice sid, int64_t now_s)
{
	sqlite3_stmt *statement = verifier_table_sql(table, VERIFIER_SQL_SESSION_BY_SID);
	struct verifier_session session;
	bool lives;

	verifier_bind_text(statement, 1, sid);
	verifier_bind_int(statement, 2, now_s);
	if (one_session(table, statement, &session))
		return true;
	statement = verifier_table_sql(table, VERIFIER_SQL_FAMILY_HAS_SID);
	verifier_bind_text(statement, 1, sid);
	verifier_bind_int(statement, 2, now_s);
	lives = verifier_table_next(table, statement);
	sqlite3_reset(statement);
	return lives;
}

void
verifier_session_cut(struct verifier_table *table, struct mm_slice sid)
{
	static const enum verifier_sql cuts[] = {
		VERIFIER_SQL_SESSION_CUT, VERIFIER_SQL_FAMILY_CUT_SID, VERIFIER_SQL_CODE_CUT_SID,
	};

	for (size_t i = 0; i < MM_COUNT_OF(cuts); i++) {
		sqlite3_stmt *statement = verifier_table_sql(table, cuts[i]);

		verifier_bind_text(statement, 1, sid);
		(void)verifier_table_change(table, statement);
	}
}
