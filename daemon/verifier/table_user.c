/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows of users, places and consents.
 */
#include "daemon/verifier/table_user.h"

#include "daemon/verifier/scope.h"

#include <string.h>

/* A text that does not fit its field was put there by nobody: the row is as one that is not there. */
static bool
read_user(sqlite3_stmt *row, struct verifier_user *user)
{
	user->id = verifier_column_int(row, 0);
	user->disabled = verifier_column_int(row, 7) != 0;
	user->created_s = verifier_column_int(row, 8);
	user->changed_s = verifier_column_int(row, 9);
	return mm_mint_text_set(&user->subject, verifier_column_text(row, 1)) &&
	    mm_mint_text_set(&user->tenant, verifier_column_text(row, 2)) &&
	    mm_mint_text_set(&user->username, verifier_column_text(row, 3)) &&
	    mm_mint_text_set(&user->name, verifier_column_text(row, 4)) &&
	    mm_mint_text_set(&user->hash, verifier_column_text(row, 5)) &&
	    mm_mint_text_set(&user->delegates, verifier_column_text(row, 6));
}

static bool
one_user(struct verifier_table *table, sqlite3_stmt *statement, struct verifier_user *user)
{
	bool found = verifier_table_next(table, statement) && read_user(statement, user);

	sqlite3_reset(statement);
	return found;
}

bool
verifier_user_by_name(struct verifier_table *table, struct mm_slice username, struct verifier_user *user)
{
	sqlite3_stmt *statement = verifier_table_sql(table, VERIFIER_SQL_USER_BY_NAME);

	verifier_bind_text(statement, 1, username);
	return one_user(table, statement, user);
}

bool
verifier_user_by_id(struct verifier_table *table, int64_t id, struct verifier_user *user)
{
	sqlite3_stmt *statement = verifier_table_sql(table, VERIFIER_SQL_USER_BY_ID);

	verifier_bind_int(statement, 1, id);
	return one_user(table, statement, user);
}

bool
verifier_user_by_subject(struct verifier_table *table, struct mm_slice subject, struct verifier_user *user)
{
	sqlite3_stmt *statement = verifier_table_sql(table, VERIFIER_SQL_USER_BY_SUBJECT);

	verifier_bind_text(statement, 1, subject);
	return one_user(table, statement, user);
}

bool
verifier_user_next(struct verifier_table *table, bool *started, struct verifier_user *user)
{
	sqlite3_stmt *statement = *started ? table->statements[VERIFIER_SQL_USER_LIST] :
	                                     verifier_table_sql(table, VERIFIER_SQL_USER_LIST);

	*started = true;
	return verifier_table_next(table, statement) && read_user(statement, user);
}

bool
verifier_user_add(struct verifier_table *table, const struct verifier_user *user, int64_t now_s)
{
	struct verifier_user other;
	sqlite3_stmt *statement;

	if (verifier_user_by_name(table, mm_mint_text_get(&user->username), &other))
		return false;
	statement = verifier_table_sql(table, VERIFIER_SQL_USER_ADD);
	verifier_bind_text(statement, 1, mm_mint_text_get(&user->subject));
	verifier_bind_text(statement, 2, mm_mint_text_get(&user->tenant));
	verifier_bind_text(statement, 3, mm_mint_text_get(&user->username));
	verifier_bind_text(statement, 4, mm_mint_text_get(&user->name));
	verifier_bind_text(statement, 5, mm_mint_text_get(&user->hash));
	verifier_bind_text(statement, 6, mm_mint_text_get(&user->delegates));
	verifier_bind_int(statement, 7, user->disabled);
	verifier_bind_int(statement, 8, now_s);
	return verifier_table_change(table, statement) == 1;
}

bool
verifier_user_change(struct verifier_table *table, const struct verifier_user *user, int64_t now_s)
{
	sqlite3_stmt *statement = verifier_table_sql(table, VERIFIER_SQL_USER_CHANGE);

	verifier_bind_int(statement, 1, user->id);
	verifier_bind_text(statement, 2, mm_mint_text_get(&user->tenant));
	verifier_bind_text(statement, 3, mm_mint_text_get(&user->name));
	verifier_bind_text(statement, 4, mm_mint_text_get(&user->hash));
	verifier_bind_text(statement, 5, mm_mint_text_get(&user->delegates));
	verifier_bind_int(statement, 6, user->disabled);
	verifier_bind_int(statement, 7, now_s);
	return verifier_table_change(table, statement) == 1;
}

void
verifier_user_cut(struct verifier_table *table, int64_t id)
{
	static const enum verifier_sql cuts[] = {
		VERIFIER_SQL_SESSION_CUT_USER, VERIFIER_SQL_CODE_CUT_USER, VERIFIER_SQL_DEVICE_CUT_USER,
		VERIFIER_SQL_FAMILY_CUT_USER, VERIFIER_SQL_PLACE_CUT_USER,
	};

	for (size_t i = 0; i < sizeof(cuts) / sizeof(cuts[0]); i++) {
		sqlite3_stmt *statement = verifier_table_sql(table, cuts[i]);

		verifier_bind_int(statement, 1, id);
		(void)verifier_table_change(table, statement);
	}
}

/* ---- places ---- */

bool
verifier_place_known(struct verifier_table *table, int64_t user, const uint8_t place[MM_DIGEST_LEN], int64_t now_s)
{
	sqlite3_stmt *statement = verifier_table_sql(table, VERIFIER_SQL_PLACE_FIND);
	bool known;

	verifier_bind_int(statement, 1, user);
	verifier_bind_blob(statement, 2, place, MM_DIGEST_LEN);
	verifier_bind_int(statement, 3, now_s - VERIFIER_PLACE_S);
	known = verifier_table_next(table, statement);
	sqlite3_reset(statement);
	return known;
}

void
verifier_place_put(struct verifier_table *table, int64_t user, const uint8_t place[MM_DIGEST_LEN], int64_t now_s)
{
	sqlite3_stmt *statement = verifier_table_sql(table, VERIFIER_SQL_PLACE_PUT);

	verifier_bind_int(statement, 1, user);
	verifier_bind_blob(statement, 2, place, MM_DIGEST_LEN);
	verifier_bind_int(statement, 3, now_s);
	(void)verifier_table_change(table, statement);
	statement = verifier_table_sql(table, VERIFIER_SQL_PLACE_CUT);
	verifier_bind_int(statement, 1, user);
	verifier_bind_int(statement, 2, VERIFIER_PLACES_MAX);
	(void)verifier_table_change(table, statement);
}

/* ---- consent ---- */

bool
verifier_consent_covers(struct verifier_table *table, int64_t user, struct mm_slice client, struct mm_slice scope)
{
	sqlite3_stmt *statement = verifier_table_sql(table, VERIFIER_SQL_CONSENT_FIND);
	bool covers;

	verifier_bind_int(statement, 1, user);
	verifier_bind_text(statement, 2, client);
	covers = verifier_table_next(table, statement) &&
	    verifier_words_within(scope, verifier_column_text(statement, 0));
	sqlite3_reset(statement);
	return covers;
}

void
verifier_consent_put(struct verifier_table *table, int64_t user, struct mm_slice client, struct mm_slice scope,
    int64_t now_s)
{
	sqlite3_stmt *statement = verifier_table_sql(table, VERIFIER_SQL_CONSENT_PUT);

	verifier_bind_int(statement, 1, user);
	verifier_bind_text(statement, 2, client);
	verifier_bind_text(statement, 3, scope);
	verifier_bind_int(statement, 4, now_s);
	(void)verifier_table_change(table, statement);
}
