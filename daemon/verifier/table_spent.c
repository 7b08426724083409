/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows of used assertions and of revoked tokens, the sweep of all tables, and the record of changes.
 */
#include "daemon/verifier/table_spent.h"

#include "daemon/verifier/table_code.h"
#include "lib/base/array.h"
#include "lib/crypto/mac.h"

/* ---- assertions ---- */

void
verifier_assertions_add(struct verifier_table *table, struct mm_slice names, int64_t expires_s)
{
	sqlite3_stmt *statement = verifier_table_sql(table, VERIFIER_SQL_ASSERTION_ADD);

	verifier_bind_int(statement, 1, expires_s);
	verifier_bind_blob(statement, 2, names.ptr, names.len);
	(void)verifier_table_change(table, statement);
}

bool
verifier_assertions_next(struct verifier_table *table, bool *started, struct mm_slice *names)
{
	sqlite3_stmt *statement = *started ? table->statements[VERIFIER_SQL_ASSERTION_LIST] :
	                                     verifier_table_sql(table, VERIFIER_SQL_ASSERTION_LIST);

	*started = true;
	if (!verifier_table_next(table, statement))
		return false;
	*names = verifier_column_bytes(statement, 0);
	return true;
}

/* ---- revoked tokens ---- */

/* HMAC with the realm as its key: no other two have one text. */
static bool
digest_of(struct mm_slice realm, struct mm_slice token_id, uint8_t digest[MM_MAC_LEN])
{
	return mm_hmac_sha256(realm.ptr, realm.len, token_id, digest);
}

bool
verifier_token_revoke(struct verifier_table *table, struct mm_slice realm, struct mm_slice token_id, int64_t expires_s)
{
	sqlite3_stmt *statement = verifier_table_sql(table, VERIFIER_SQL_REVOKED_ADD);
	uint8_t digest[MM_MAC_LEN];

	if (!digest_of(realm, token_id, digest))
		return false;
	verifier_bind_blob(statement, 1, digest, sizeof(digest));
	verifier_bind_int(statement, 2, expires_s);
	return verifier_table_change(table, statement) == 1;
}

bool
verifier_token_is_revoked(struct verifier_table *table, struct mm_slice realm, struct mm_slice token_id)
{
	sqlite3_stmt *statement = verifier_table_sql(table, VERIFIER_SQL_REVOKED_FIND);
	uint8_t digest[MM_MAC_LEN];
	bool revoked;

	if (!digest_of(realm, token_id, digest))
		return true;
	verifier_bind_blob(statement, 1, digest, sizeof(digest));
	revoked = verifier_table_next(table, statement);
	sqlite3_reset(statement);
	return revoked || table->failed;
}

/* ---- the sweep ---- */

#define SWEEP_ROWS 2000

bool
verifier_table_sweep(struct verifier_table *table, int64_t now_s)
{
	static const struct {
		enum verifier_sql sql;
		int64_t kept_s;
	} sweeps[] = {
		{ VERIFIER_SQL_ASSERTION_CUT_OLD, 0 },
		{ VERIFIER_SQL_REVOKED_CUT_OLD, 0 },
		{ VERIFIER_SQL_SESSION_CUT_OLD, 0 },
		{ VERIFIER_SQL_CODE_CUT_OLD, VERIFIER_CODE_KEPT_S },
		{ VERIFIER_SQL_DEVICE_CUT_OLD, 0 },
		{ VERIFIER_SQL_FAMILY_CUT_OLD, 0 },
	};

	bool more = false;

	for (size_t i = 0; i < MM_COUNT_OF(sweeps); i++) {
		sqlite3_stmt *statement = verifier_table_sql(table, sweeps[i].sql);

		verifier_bind_int(statement, 1, now_s - sweeps[i].kept_s);
		more |= verifier_table_change(table, statement) == SWEEP_ROWS;
	}
	return more;
}

/* ---- changes ---- */

void
verifier_change_add(struct verifier_table *table, int64_t now_s, uint32_t uid, const char *verb, struct mm_slice whom,
    struct mm_slice what)
{
	sqlite3_stmt *statement = verifier_table_sql(table, VERIFIER_SQL_CHANGE_ADD);

	verifier_bind_int(statement, 1, now_s);
	verifier_bind_int(statement, 2, uid);
	verifier_bind_text(statement, 3, mm_slice_str(verb));
	verifier_bind_text(statement, 4, whom);
	verifier_bind_text(statement, 5, what);
	(void)verifier_table_change(table, statement);
}
