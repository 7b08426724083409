/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows of what was spent, the sweep of all tables, and the record of changes.
 */
#include "daemon/verifier/table_spent.h"

#include "daemon/verifier/table_code.h"
#include "lib/base/array.h"
#include "lib/crypto/digest.h"
#include "lib/crypto/mac.h"

/* HMAC with the kind as its key: no two (kind, owner, thing) have one text. */
static bool
digest_of(const char *kind, struct mm_slice owner, struct mm_slice thing, uint8_t digest[MM_DIGEST_LEN])
{
	struct mm_slice name = mm_slice_str(kind);
	uint8_t inner[MM_MAC_LEN];

	return mm_hmac_sha256(name.ptr, name.len, owner, inner) && mm_hmac_sha256(inner, sizeof(inner), thing, digest);
}

bool
verifier_spend(struct verifier_table *table, const char *kind, struct mm_slice owner, struct mm_slice thing,
    int64_t expires_s)
{
	sqlite3_stmt *statement = verifier_table_sql(table, VERIFIER_SQL_SPENT_ADD);
	uint8_t digest[MM_DIGEST_LEN];

	if (!digest_of(kind, owner, thing, digest))
		return false;
	verifier_bind_blob(statement, 1, digest, sizeof(digest));
	verifier_bind_int(statement, 2, expires_s);
	return verifier_table_change(table, statement) == 1;
}

/* What cannot be looked up counts as spent. */
bool
verifier_is_spent(struct verifier_table *table, const char *kind, struct mm_slice owner, struct mm_slice thing)
{
	sqlite3_stmt *statement = verifier_table_sql(table, VERIFIER_SQL_SPENT_FIND);
	uint8_t digest[MM_DIGEST_LEN];
	bool spent;

	if (!digest_of(kind, owner, thing, digest))
		return true;
	verifier_bind_blob(statement, 1, digest, sizeof(digest));
	spent = verifier_table_next(table, statement);
	sqlite3_reset(statement);
	return spent || table->failed;
}

#define SWEEP_ROWS 2000

bool
verifier_table_sweep(struct verifier_table *table, int64_t now_s)
{
	static const struct {
		enum verifier_sql sql;
		int64_t kept_s;
	} sweeps[] = {
		{ VERIFIER_SQL_SPENT_CUT_OLD, 0 },
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
