/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows of clients.
 */
#include "daemon/verifier/table_client.h"

static bool
read_texts(sqlite3_stmt *row, struct verifier_client *client)
{
	return mm_mint_text_set(&client->id, verifier_column_text(row, 0)) &&
	    mm_mint_text_set(&client->name, verifier_column_text(row, 2)) &&
	    mm_mint_text_set(&client->tenant, verifier_column_text(row, 3)) &&
	    mm_mint_text_set(&client->certificate_subject, verifier_column_text(row, 9)) &&
	    mm_mint_text_set(&client->grants, verifier_column_text(row, 10)) &&
	    mm_mint_text_set(&client->scopes, verifier_column_text(row, 11)) &&
	    mm_mint_text_set(&client->audiences, verifier_column_text(row, 12)) &&
	    mm_mint_text_set(&client->redirects, verifier_column_text(row, 13)) &&
	    mm_mint_text_set(&client->logouts, verifier_column_text(row, 14));
}

static bool
read_row(sqlite3_stmt *row, struct verifier_client_row *read)
{
	struct verifier_client *client = &read->client;

	client->version = verifier_column_int(row, 1);
	client->confidential = verifier_column_int(row, 4) != 0;
	client->consent = verifier_column_int(row, 5) != 0;
	client->disabled = verifier_column_int(row, 6) != 0;
	client->has_secret = verifier_column_blob(row, 7, client->secret, MM_DIGEST_LEN);
	client->has_certificate = verifier_column_blob(row, 8, client->certificate, MM_DIGEST_LEN);
	client->created_s = verifier_column_int(row, 16);
	client->changed_s = verifier_column_int(row, 17);
	return read_texts(row, client) && mm_mint_text_set(&read->jwks, verifier_column_text(row, 15));
}

bool
verifier_client_by_id(struct verifier_table *table, struct mm_slice id, struct verifier_client_row *row)
{
	sqlite3_stmt *statement = verifier_table_sql(table, VERIFIER_SQL_CLIENT_BY_ID);
	bool found;

	verifier_bind_text(statement, 1, id);
	found = verifier_table_next(table, statement) && read_row(statement, row);
	sqlite3_reset(statement);
	return found;
}

bool
verifier_client_next(struct verifier_table *table, bool *started, struct verifier_client_row *row)
{
	sqlite3_stmt *statement = *started ? table->statements[VERIFIER_SQL_CLIENT_LIST] :
	                                     verifier_table_sql(table, VERIFIER_SQL_CLIENT_LIST);

	*started = true;
	return verifier_table_next(table, statement) && read_row(statement, row);
}

bool
verifier_client_put(struct verifier_table *table, const struct verifier_client_row *row)
{
	const struct verifier_client *client = &row->client;
	sqlite3_stmt *statement = verifier_table_sql(table, VERIFIER_SQL_CLIENT_PUT);

	table->client_changes++;
	verifier_bind_text(statement, 1, mm_mint_text_get(&client->id));
	verifier_bind_int(statement, 2, client->version);
	verifier_bind_text(statement, 3, mm_mint_text_get(&client->name));
	verifier_bind_text(statement, 4, mm_mint_text_get(&client->tenant));
	verifier_bind_int(statement, 5, client->confidential);
	verifier_bind_int(statement, 6, client->consent);
	verifier_bind_int(statement, 7, client->disabled);
	verifier_bind_blob(statement, 8, client->has_secret ? client->secret : NULL, MM_DIGEST_LEN);
	verifier_bind_blob(statement, 9, client->has_certificate ? client->certificate : NULL, MM_DIGEST_LEN);
	verifier_bind_text(statement, 10, mm_mint_text_get(&client->certificate_subject));
	verifier_bind_text(statement, 11, mm_mint_text_get(&client->grants));
	verifier_bind_text(statement, 12, mm_mint_text_get(&client->scopes));
	verifier_bind_text(statement, 13, mm_mint_text_get(&client->audiences));
	verifier_bind_text(statement, 14, mm_mint_text_get(&client->redirects));
	verifier_bind_text(statement, 15, mm_mint_text_get(&client->logouts));
	verifier_bind_text(statement, 16, mm_mint_text_get(&row->jwks));
	verifier_bind_int(statement, 17, client->created_s);
	verifier_bind_int(statement, 18, client->changed_s);
	return verifier_table_change(table, statement) == 1;
}

void
verifier_client_cut(struct verifier_table *table, struct mm_slice id)
{
	sqlite3_stmt *statement = verifier_table_sql(table, VERIFIER_SQL_FAMILY_CUT_CLIENT);

	verifier_bind_text(statement, 1, id);
	(void)verifier_table_change(table, statement);
}
