/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows of authorization codes.
 */
#include "daemon/verifier/table_code.h"

#include "lib/crypto/digest.h"

bool
verifier_code_add(struct verifier_table *table, struct verifier_code *code, int64_t now_s,
    char text[MM_SECRET_TEXT_LEN])
{
	uint8_t secret[VERIFIER_SECRET_LEN];
	sqlite3_stmt *statement;

	if (!verifier_secret_make(secret, text) || !mm_sha256(mm_slice(secret, sizeof(secret)), code->code))
		return false;
	mm_secret_wipe(secret, sizeof(secret));
	code->expires_s = now_s + VERIFIER_CODE_S;
	statement = verifier_table_sql(table, VERIFIER_SQL_CODE_ADD);
	verifier_bind_blob(statement, 1, code->code, MM_DIGEST_LEN);
	verifier_bind_text(statement, 2, mm_mint_text_get(&code->client));
	verifier_bind_int(statement, 3, code->user);
	verifier_bind_text(statement, 4, mm_mint_text_get(&code->sid));
	verifier_bind_text(statement, 5, mm_mint_text_get(&code->redirect_uri));
	verifier_bind_blob(statement, 6, code->challenge, MM_DIGEST_LEN);
	verifier_bind_text(statement, 7, mm_mint_text_get(&code->nonce));
	verifier_bind_text(statement, 8, mm_mint_text_get(&code->scope));
	verifier_bind_text(statement, 9, mm_mint_text_get(&code->audience));
	verifier_bind_blob(statement, 10, code->has_jkt ? code->dpop_jkt : NULL, MM_DIGEST_LEN);
	verifier_bind_int(statement, 11, code->auth_time_s);
	verifier_bind_int(statement, 12, code->expires_s);
	return verifier_table_change(table, statement) == 1;
}

static bool
read_code(sqlite3_stmt *row, struct verifier_code *code)
{
	code->user = verifier_column_int(row, 2);
	code->has_jkt = verifier_column_blob(row, 9, code->dpop_jkt, MM_DIGEST_LEN);
	code->auth_time_s = verifier_column_int(row, 10);
	code->expires_s = verifier_column_int(row, 11);
	code->used = verifier_column_int(row, 12) != 0;
	code->has_family = verifier_column_blob(row, 13, code->family, MM_DIGEST_LEN);
	return verifier_column_blob(row, 5, code->challenge, MM_DIGEST_LEN) &&
	    mm_mint_text_set(&code->client, verifier_column_text(row, 1)) &&
	    mm_mint_text_set(&code->sid, verifier_column_text(row, 3)) &&
	    mm_mint_text_set(&code->redirect_uri, verifier_column_text(row, 4)) &&
	    mm_mint_text_set(&code->nonce, verifier_column_text(row, 6)) &&
	    mm_mint_text_set(&code->scope, verifier_column_text(row, 7)) &&
	    mm_mint_text_set(&code->audience, verifier_column_text(row, 8));
}

bool
verifier_code_find(struct verifier_table *table, struct mm_slice text, struct verifier_code *code)
{
	sqlite3_stmt *statement;
	bool found;

	if (!verifier_secret_digest(text, code->code))
		return false;
	statement = verifier_table_sql(table, VERIFIER_SQL_CODE_FIND);
	verifier_bind_blob(statement, 1, code->code, MM_DIGEST_LEN);
	found = verifier_table_next(table, statement) && read_code(statement, code);
	sqlite3_reset(statement);
	return found;
}

bool
verifier_code_use(struct verifier_table *table, const struct verifier_code *code, const uint8_t *family)
{
	sqlite3_stmt *statement = verifier_table_sql(table, VERIFIER_SQL_CODE_USE);

	verifier_bind_blob(statement, 1, code->code, MM_DIGEST_LEN);
	verifier_bind_blob(statement, 2, family, MM_DIGEST_LEN);
	return verifier_table_change(table, statement) == 1;
}
