/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opening the table, its transactions and statements.
 */
#include "daemon/verifier/table.h"

#include "lib/base/array.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILE_NAME "table.sqlite"
#define VFS_NAME "mintmark"

/* "MmVt", in the file's header: that no other table is taken for one. */
#define APPLICATION_ID 0x4d6d5674

static const char schema[] =
#include "daemon/verifier/table_schema.def"
    ;

static const char *const texts[VERIFIER_SQL_COUNT] = {
#define MM_SQL(name, text) [VERIFIER_SQL_##name] = text,
#include "daemon/verifier/table_sql.def"
#undef MM_SQL
};

/* ---- names of files ---- */

/*
 * SQLite makes a name absolute, and so looks at every folder above. The process stands in its own folder and can reach
 * no other: names stay as they are.
 */
static int
keep_name(sqlite3_vfs *vfs, const char *name, int size, char *full)
{
	(void)vfs;
	if (snprintf(full, (size_t)size, "%s", name) >= size)
		return SQLITE_CANTOPEN;
	return SQLITE_OK;
}

static bool
register_vfs(void)
{
	static sqlite3_vfs vfs;
	sqlite3_vfs *usual = sqlite3_vfs_find(NULL);

	if (sqlite3_vfs_find(VFS_NAME) != NULL)
		return true;
	if (usual == NULL)
		return false;
	vfs = *usual;
	vfs.zName = VFS_NAME;
	vfs.pNext = NULL;
	vfs.xFullPathname = keep_name;
	return sqlite3_vfs_register(&vfs, 0) == SQLITE_OK;
}

/* ---- opening ---- */

static const char *
say(struct verifier_table *table, const char *what)
{
	static char sentence[256];

	(void)snprintf(sentence, sizeof(sentence), "the table: %s: %s", what,
	    table->db != NULL ? sqlite3_errmsg(table->db) : "no memory");
	return sentence;
}

static bool
execute(struct verifier_table *table, const char *sql)
{
	return sqlite3_exec(table->db, sql, NULL, NULL, NULL) == SQLITE_OK;
}

static bool
ask_number(struct verifier_table *table, const char *sql, int64_t *number)
{
	sqlite3_stmt *statement = NULL;
	bool read = sqlite3_prepare_v2(table->db, sql, -1, &statement, NULL) == SQLITE_OK &&
	    sqlite3_step(statement) == SQLITE_ROW;

	*number = read ? sqlite3_column_int64(statement, 0) : -1;
	sqlite3_finalize(statement);
	return read;
}

/*
 * Not exclusive, so that 'mintmark backup' can copy the table while this process runs; FULL, so that a commit is on the
 * disk when it returns. What is deleted is overwritten.
 */
static const char settings[] =
    "PRAGMA locking_mode = NORMAL;"
    "PRAGMA journal_mode = WAL;"
    "PRAGMA synchronous = FULL;"
    "PRAGMA foreign_keys = ON;"
    "PRAGMA temp_store = MEMORY;"
    "PRAGMA secure_delete = FAST;"
    "PRAGMA trusted_schema = OFF;"
    "PRAGMA cell_size_check = ON;";

static bool
check_version(struct verifier_table *table, const char **why)
{
	int64_t application, version;

	if (!ask_number(table, "PRAGMA application_id", &application) ||
	    !ask_number(table, "PRAGMA user_version", &version)) {
		*why = say(table, "it cannot be read");
		return false;
	}
	if (application == 0 && version == 0 && !execute(table, schema)) {
		*why = say(table, "it cannot be made");
		return false;
	}
	if ((application == 0 && version == 0) || (application == APPLICATION_ID && version == VERIFIER_TABLE_VERSION))
		return true;
	*why = "the table: the file is of another version, or no table of a verifier";
	return false;
}

/* A damaged file is found here, and nothing of it guessed. */
static bool
check_whole(struct verifier_table *table, const char **why)
{
	sqlite3_stmt *statement = NULL;
	bool good = sqlite3_prepare_v2(table->db, "PRAGMA quick_check(1)", -1, &statement, NULL) == SQLITE_OK &&
	    sqlite3_step(statement) == SQLITE_ROW &&
	    strcmp((const char *)sqlite3_column_text(statement, 0), "ok") == 0;

	sqlite3_finalize(statement);
	if (!good)
		*why = "the table: the file is damaged: restore it from a backup";
	return good;
}

/*
 * SQLite opens for reading alone what it cannot open for writing, and it stays so when the disk is well again. Of the
 * table itself verifier_table_renew() knows; here it is about its log and the index of that. Nothing is written: there
 * may be no room at the moment.
 */
static bool
check_log(struct verifier_table *table, const char **why)
{
	if (sqlite3_db_readonly(table->db, "main") == 1 || execute(table, "BEGIN IMMEDIATE; ROLLBACK"))
		return true;
	*why = say(table, "its log cannot be written");
	return false;
}

static bool
prepare_statements(struct verifier_table *table)
{
	for (size_t i = 0; i < MM_COUNT_OF(texts); i++)
		if (sqlite3_prepare_v3(table->db, texts[i], -1, SQLITE_PREPARE_PERSISTENT, &table->statements[i],
		        NULL) != SQLITE_OK)
			return false;
	return true;
}

bool
verifier_table_open(struct verifier_table *table, const char **why)
{
	*table = (struct verifier_table){ .db = NULL };
	if (!register_vfs() ||
	    sqlite3_open_v2(FILE_NAME, &table->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
	        VFS_NAME) != SQLITE_OK) {
		*why = say(table, "it cannot be opened");
		return false;
	}
	if (!execute(table, settings)) {
		*why = say(table, "it cannot be used");
		return false;
	}
	if (!check_version(table, why) || !check_whole(table, why) || !check_log(table, why))
		return false;
	if (prepare_statements(table))
		return true;
	*why = say(table, "a statement does not fit");
	return false;
}

void
verifier_table_close(struct verifier_table *table)
{
	for (size_t i = 0; i < MM_COUNT_OF(table->statements); i++)
		sqlite3_finalize(table->statements[i]);
	sqlite3_close(table->db);
	*table = (struct verifier_table){ .db = NULL };
}

/* Access is asked for first, so that a disk that still takes no writes costs no table that can be read. */
bool
verifier_table_renew(struct verifier_table *table, const char **why)
{
	uint64_t client_changes = table->client_changes;

	if (table->begun || table->failed || sqlite3_db_readonly(table->db, "main") != 1 ||
	    access(FILE_NAME, R_OK | W_OK) == -1)
		return true;
	verifier_table_close(table);
	if (!verifier_table_open(table, why))
		return false;
	table->client_changes = client_changes + 1;
	return true;
}

/* ---- rounds ---- */

static void
fail(struct verifier_table *table)
{
	if (!table->failed)
		table->failure = sqlite3_extended_errcode(table->db);
	table->failed = true;
}

static bool
begin(struct verifier_table *table)
{
	if (!table->begun && !table->failed) {
		if (execute(table, "BEGIN IMMEDIATE"))
			table->begun = true;
		else
			fail(table);
	}
	return !table->failed;
}

void
verifier_table_try(struct verifier_table *table)
{
	char again[48];

	(void)snprintf(again, sizeof(again), "PRAGMA user_version = %d", VERIFIER_TABLE_VERSION);
	if (!begin(table))
		return;
	table->wrote = true;
	if (!execute(table, again))
		fail(table);
}

bool
verifier_table_commit(struct verifier_table *table, const char **why)
{
	bool done;

	/* A statement that still reads would hold the transaction open. */
	for (size_t i = 0; i < MM_COUNT_OF(table->statements); i++)
		sqlite3_reset(table->statements[i]);
	if (table->begun && !table->failed && !execute(table, "COMMIT"))
		fail(table);
	done = !table->failed;
	if (!done) {
		*why = sqlite3_errstr(table->failure & 0xff);
		if (sqlite3_get_autocommit(table->db) == 0)
			(void)execute(table, "ROLLBACK");
		table->client_changes++;
	}
	table->begun = table->wrote = false;
	table->failed = false;
	return done;
}

/* ---- statements ---- */

sqlite3_stmt *
verifier_table_sql(struct verifier_table *table, enum verifier_sql name)
{
	sqlite3_stmt *statement = table->statements[name];

	sqlite3_reset(statement);
	sqlite3_clear_bindings(statement);
	return statement;
}

void
verifier_bind_text(sqlite3_stmt *statement, int at, struct mm_slice text)
{
	if (!mm_slice_present(text))
		sqlite3_bind_null(statement, at);
	else
		sqlite3_bind_text(statement, at, text.ptr, (int)text.len, SQLITE_TRANSIENT);
}

void
verifier_bind_blob(sqlite3_stmt *statement, int at, const void *bytes, size_t len)
{
	if (bytes == NULL)
		sqlite3_bind_null(statement, at);
	else
		sqlite3_bind_blob(statement, at, bytes, (int)len, SQLITE_TRANSIENT);
}

void
verifier_bind_int(sqlite3_stmt *statement, int at, int64_t number)
{
	sqlite3_bind_int64(statement, at, number);
}

bool
verifier_table_next(struct verifier_table *table, sqlite3_stmt *statement)
{
	int result = sqlite3_step(statement);

	if (result != SQLITE_ROW && result != SQLITE_DONE)
		fail(table);
	if (result != SQLITE_ROW)
		sqlite3_reset(statement);
	return result == SQLITE_ROW;
}

int
verifier_table_change(struct verifier_table *table, sqlite3_stmt *statement)
{
	int changed = -1;

	if (!begin(table))
		return -1;
	if (sqlite3_step(statement) == SQLITE_DONE)
		changed = sqlite3_changes(table->db);
	else
		fail(table);
	table->wrote = table->wrote || changed > 0;
	sqlite3_reset(statement);
	return changed;
}

struct mm_slice
verifier_column_text(sqlite3_stmt *statement, int at)
{
	const void *text = sqlite3_column_text(statement, at);

	if (text == NULL)
		return MM_SLICE_ABSENT;
	return mm_slice(text, (size_t)sqlite3_column_bytes(statement, at));
}

struct mm_slice
verifier_column_bytes(sqlite3_stmt *statement, int at)
{
	const void *bytes = sqlite3_column_blob(statement, at);

	/* SQLite has no address for no bytes. */
	return mm_slice(bytes != NULL ? bytes : "", (size_t)sqlite3_column_bytes(statement, at));
}

int64_t
verifier_column_int(sqlite3_stmt *statement, int at)
{
	return sqlite3_column_int64(statement, at);
}

bool
verifier_column_blob(sqlite3_stmt *statement, int at, void *bytes, size_t len)
{
	const void *found = sqlite3_column_blob(statement, at);

	if (found == NULL || (size_t)sqlite3_column_bytes(statement, at) != len)
		return false;
	memcpy(bytes, found, len);
	return true;
}
