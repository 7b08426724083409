/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows of families of refresh tokens, and the tokens.
 */
#include "daemon/verifier/table_family.h"

#include "lib/crypto/digest.h"

static bool
digest_halves(const uint8_t secret[VERIFIER_SECRET_LEN], uint8_t family[MM_DIGEST_LEN], uint8_t token[MM_DIGEST_LEN])
{
	return mm_sha256(mm_slice(secret, VERIFIER_FAMILY_LEN), family) &&
	    mm_sha256(mm_slice(secret, VERIFIER_SECRET_LEN), token);
}

bool
verifier_family_add(struct verifier_table *table, struct verifier_family *family, int64_t now_s,
    char text[MM_SECRET_TEXT_LEN])
{
	uint8_t secret[VERIFIER_SECRET_LEN];
	sqlite3_stmt *statement;

	if (!verifier_secret_make(secret, text) || !digest_halves(secret, family->family, family->token))
		return false;
	mm_secret_wipe(secret, sizeof(secret));
	family->created_s = family->used_s = now_s;
	family->expires_s = now_s + VERIFIER_FAMILY_IDLE_S;
	statement = verifier_table_sql(table, VERIFIER_SQL_FAMILY_ADD);
	verifier_bind_blob(statement, 1, family->family, MM_DIGEST_LEN);
	verifier_bind_blob(statement, 2, family->token, MM_DIGEST_LEN);
	verifier_bind_text(statement, 3, mm_mint_text_get(&family->client));
	verifier_bind_int(statement, 4, family->user);
	verifier_bind_text(statement, 5, mm_mint_text_get(&family->sid));
	verifier_bind_text(statement, 6, mm_mint_text_get(&family->scope));
	verifier_bind_text(statement, 7, mm_mint_text_get(&family->audience));
	verifier_bind_int(statement, 8, family->auth_time_s);
	verifier_bind_blob(statement, 9, family->has_jkt ? family->dpop_jkt : NULL, MM_DIGEST_LEN);
	verifier_bind_int(statement, 10, family->created_s);
	verifier_bind_int(statement, 11, family->used_s);
	verifier_bind_int(statement, 12, family->expires_s);
	return verifier_table_change(table, statement) == 1;
}

static bool
read_family(sqlite3_stmt *row, struct verifier_family *family)
{
	family->user = verifier_column_int(row, 3);
	family->auth_time_s = verifier_column_int(row, 7);
	family->has_jkt = verifier_column_blob(row, 8, family->dpop_jkt, MM_DIGEST_LEN);
	family->created_s = verifier_column_int(row, 9);
	family->used_s = verifier_column_int(row, 10);
	family->expires_s = verifier_column_int(row, 11);
	return verifier_column_blob(row, 0, family->family, MM_DIGEST_LEN) &&
	    verifier_column_blob(row, 1, family->token, MM_DIGEST_LEN) &&
	    mm_mint_text_set(&family->client, verifier_column_text(row, 2)) &&
	    mm_mint_text_set(&family->sid, verifier_column_text(row, 4)) &&
	    mm_mint_text_set(&family->scope, verifier_column_text(row, 5)) &&
	    mm_mint_text_set(&family->audience, verifier_column_text(row, 6));
}

enum verifier_family_found
verifier_family_find(struct verifier_table *table, struct mm_slice text, int64_t now_s, struct verifier_family *family)
{
	uint8_t secret[VERIFIER_SECRET_LEN], name[MM_DIGEST_LEN], token[MM_DIGEST_LEN];
	sqlite3_stmt *statement;
	bool found;

	if (!verifier_secret_read(text, secret) || !digest_halves(secret, name, token))
		return VERIFIER_FAMILY_NONE;
	mm_secret_wipe(secret, sizeof(secret));
	statement = verifier_table_sql(table, VERIFIER_SQL_FAMILY_FIND);
	verifier_bind_blob(statement, 1, name, sizeof(name));
	found = verifier_table_next(table, statement) && read_family(statement, family);
	sqlite3_reset(statement);
	if (!found || family->expires_s <= now_s)
		return VERIFIER_FAMILY_NONE;
	return mm_secret_equal(token, family->token, sizeof(token)) ? VERIFIER_FAMILY_GOOD : VERIFIER_FAMILY_OLD;
}

bool
verifier_family_turn(struct verifier_table *table, const struct verifier_family *family, struct mm_slice text,
    int64_t now_s, char next[MM_SECRET_TEXT_LEN])
{
	uint8_t secret[VERIFIER_SECRET_LEN], name[MM_DIGEST_LEN], token[MM_DIGEST_LEN];
	int64_t last_s = family->created_s + VERIFIER_FAMILY_S, idle_s = now_s + VERIFIER_FAMILY_IDLE_S;
	sqlite3_stmt *statement;

	if (!verifier_secret_read(text, secret) ||
	    !verifier_random(secret + VERIFIER_FAMILY_LEN, sizeof(secret) - VERIFIER_FAMILY_LEN) ||
	    !digest_halves(secret, name, token))
		return false;
	verifier_secret_text(secret, next);
	mm_secret_wipe(secret, sizeof(secret));
	statement = verifier_table_sql(table, VERIFIER_SQL_FAMILY_TURN);
	verifier_bind_blob(statement, 1, family->family, MM_DIGEST_LEN);
	verifier_bind_blob(statement, 2, family->token, MM_DIGEST_LEN);
	verifier_bind_blob(statement, 3, token, sizeof(token));
	verifier_bind_int(statement, 4, now_s);
	verifier_bind_int(statement, 5, idle_s < last_s ? idle_s : last_s);
	return verifier_table_change(table, statement) == 1;
}

void
verifier_family_cut(struct verifier_table *table, const uint8_t family[MM_DIGEST_LEN])
{
	sqlite3_stmt *statement = verifier_table_sql(table, VERIFIER_SQL_FAMILY_CUT);

	verifier_bind_blob(statement, 1, family, MM_DIGEST_LEN);
	(void)verifier_table_change(table, statement);
}
