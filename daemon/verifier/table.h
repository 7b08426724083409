/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The verifier's table: one SQLite file, table.sqlite, in the folder that the process stands in.
 *
 * What one round of the loop changes is one transaction, synced to the disk before any answer of the round is sent. A
 * failure is sticky until the end of the round: then nothing of it is kept, and no answer that needs it is given.
 * table_sql.def has every statement, the table_*.c what is done with them.
 */
#ifndef MM_DAEMON_VERIFIER_TABLE_H
#define MM_DAEMON_VERIFIER_TABLE_H

#include <mintmark/slice.h>
#include <mintmark/version.h>

#include <stdbool.h>
#include <stdint.h>

#include <sqlite3.h>

/* The version of the schema, in the file's user_version; another one is refused. */
#define VERIFIER_TABLE_VERSION 2

enum verifier_sql {
#define MM_SQL(name, text) VERIFIER_SQL_##name,
#include "daemon/verifier/table_sql.def"
#undef MM_SQL
	VERIFIER_SQL_COUNT
};

struct verifier_table {
	sqlite3 *db;
	sqlite3_stmt *statements[VERIFIER_SQL_COUNT];
	bool begun;  /* there is something to commit … */
	bool wrote;  /* … that the disk has to take */
	bool failed; /* since the round began */
	int failure; /* SQLite's code of it */
	uint64_t client_changes; /* how often rows of clients may have become others: written, or undone */
};

/*
 * Open the table in the current folder, and make it where there is none. False where it cannot be used; *why is then a
 * sentence, valid until the next call.
 */
MM_MUST_USE bool verifier_table_open(struct verifier_table *table, const char **why);
void verifier_table_close(struct verifier_table *table);

/*
 * SQLite keeps a table that could only be opened for reading so, also when the disk takes writes again: open it anew
 * where that is so. Only at the beginning of a round: statements and columns from before are gone. False where it can
 * not be used any more; *why as above.
 */
MM_MUST_USE bool verifier_table_renew(struct verifier_table *table, const char **why);

/* Change something that changes nothing, so that the end of the round shows whether the disk takes it. */
void verifier_table_try(struct verifier_table *table);

/* Sync what the round changed. False, and all of it is undone, where anything failed; *why as above. */
MM_MUST_USE bool verifier_table_commit(struct verifier_table *table, const char **why);

/* A statement, ready to be bound; valid until the next call with the same name. */
sqlite3_stmt *verifier_table_sql(struct verifier_table *table, enum verifier_sql name);

/* Bind the parameters from the first one on; an absent text and a NULL digest are NULL. */
void verifier_bind_text(sqlite3_stmt *statement, int at, struct mm_slice text);
void verifier_bind_blob(sqlite3_stmt *statement, int at, const void *bytes, size_t len);
void verifier_bind_int(sqlite3_stmt *statement, int at, int64_t number);

/* The next row of a statement that reads; false at the end, and where it failed. */
MM_MUST_USE bool verifier_table_next(struct verifier_table *table, sqlite3_stmt *statement);

/* Run a statement that changes. Returns how many rows it changed; -1 where it failed. */
int verifier_table_change(struct verifier_table *table, sqlite3_stmt *statement);

/* Columns of a row, valid until the statement goes on. */
struct mm_slice verifier_column_text(sqlite3_stmt *statement, int at);
struct mm_slice verifier_column_bytes(sqlite3_stmt *statement, int at);
int64_t verifier_column_int(sqlite3_stmt *statement, int at);
/* Copies exactly len bytes; false where the column has not so many. */
MM_MUST_USE bool verifier_column_blob(sqlite3_stmt *statement, int at, void *bytes, size_t len);

#endif
