/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows of device codes, and the short codes that people type.
 */
#include "daemon/verifier/table_device.h"

#include "lib/codec/ascii.h"
#include "lib/crypto/digest.h"

#include <string.h>

/* RFC 8628 section 6.1: letters that make no words and are not taken for others: 20^8, 2^34. */
static const char letters[] = "BCDFGHJKLMNPQRSTVWXZ";
#define LETTERS 20

bool
verifier_user_code_read(struct mm_slice typed, char user_code[MM_USER_CODE_LEN])
{
	size_t len = 0;

	for (size_t i = 0; i < typed.len; i++) {
		char c = mm_ascii_lower(typed.ptr[i]);

		if (c == ' ' || c == '-')
			continue;
		if (c < 'a' || c > 'z')
			return false;
		c = (char)(c - 'a' + 'A');
		if (len == MM_USER_CODE_LEN || strchr(letters, c) == NULL)
			return false;
		if (len == 4)
			user_code[len++] = '-';
		user_code[len++] = c;
	}
	return len == MM_USER_CODE_LEN;
}

/* A byte from 240 on would favour the first letters. */
static bool
make_user_code(char user_code[MM_USER_CODE_LEN])
{
	unsigned char bytes[64];
	size_t len = 0;

	while (len < MM_USER_CODE_LEN) {
		if (!verifier_random(bytes, sizeof(bytes)))
			return false;
		for (size_t i = 0; i < sizeof(bytes) && len < MM_USER_CODE_LEN; i++) {
			if (bytes[i] >= 240)
				continue;
			if (len == 4)
				user_code[len++] = '-';
			user_code[len++] = letters[bytes[i] % LETTERS];
		}
	}
	return true;
}

static bool
has_room(struct verifier_table *table)
{
	sqlite3_stmt *statement = verifier_table_sql(table, VERIFIER_SQL_DEVICE_COUNT);
	bool room = verifier_table_next(table, statement) && verifier_column_int(statement, 0) < VERIFIER_DEVICES_MAX;

	sqlite3_reset(statement);
	return room;
}

bool
verifier_device_add(struct verifier_table *table, struct verifier_device *device, int64_t now_s,
    char text[MM_SECRET_TEXT_LEN])
{
	uint8_t secret[VERIFIER_SECRET_LEN];
	char user_code[MM_USER_CODE_LEN];
	sqlite3_stmt *statement;

	if (!has_room(table) || !verifier_secret_make(secret, text) || !make_user_code(user_code) ||
	    !mm_sha256(mm_slice(secret, sizeof(secret)), device->code) ||
	    !mm_mint_text_set(&device->user_code, mm_slice(user_code, sizeof(user_code))))
		return false;
	mm_secret_wipe(secret, sizeof(secret));
	device->pause_s = VERIFIER_DEVICE_PAUSE_S;
	device->expires_s = now_s + VERIFIER_DEVICE_S;
	statement = verifier_table_sql(table, VERIFIER_SQL_DEVICE_ADD);
	verifier_bind_blob(statement, 1, device->code, MM_DIGEST_LEN);
	verifier_bind_text(statement, 2, mm_mint_text_get(&device->user_code));
	verifier_bind_text(statement, 3, mm_mint_text_get(&device->client));
	verifier_bind_text(statement, 4, mm_mint_text_get(&device->scope));
	verifier_bind_text(statement, 5, mm_mint_text_get(&device->audience));
	verifier_bind_text(statement, 6, mm_mint_text_get(&device->tenant));
	verifier_bind_int(statement, 7, device->pause_s);
	verifier_bind_int(statement, 8, device->expires_s);
	/* A user code that is taken gives no row: the client asks again. */
	return verifier_table_change(table, statement) == 1;
}

static bool
read_device(sqlite3_stmt *row, struct verifier_device *device)
{
	device->state = (enum verifier_device_state)verifier_column_int(row, 6);
	device->user = verifier_column_int(row, 7);
	device->auth_time_s = verifier_column_int(row, 8);
	device->pause_s = verifier_column_int(row, 9);
	device->polled_s = verifier_column_int(row, 10);
	device->expires_s = verifier_column_int(row, 11);
	return verifier_column_blob(row, 0, device->code, MM_DIGEST_LEN) &&
	    mm_mint_text_set(&device->user_code, verifier_column_text(row, 1)) &&
	    mm_mint_text_set(&device->client, verifier_column_text(row, 2)) &&
	    mm_mint_text_set(&device->scope, verifier_column_text(row, 3)) &&
	    mm_mint_text_set(&device->audience, verifier_column_text(row, 4)) &&
	    mm_mint_text_set(&device->tenant, verifier_column_text(row, 5));
}

static bool
one_device(struct verifier_table *table, sqlite3_stmt *statement, struct verifier_device *device)
{
	bool found = verifier_table_next(table, statement) && read_device(statement, device);

	sqlite3_reset(statement);
	return found;
}

bool
verifier_device_find(struct verifier_table *table, struct mm_slice text, struct verifier_device *device)
{
	uint8_t digest[MM_DIGEST_LEN];
	sqlite3_stmt *statement;

	if (!verifier_secret_digest(text, digest))
		return false;
	statement = verifier_table_sql(table, VERIFIER_SQL_DEVICE_FIND);
	verifier_bind_blob(statement, 1, digest, sizeof(digest));
	return one_device(table, statement, device);
}

bool
verifier_device_by_user_code(struct verifier_table *table, struct mm_slice typed, struct verifier_device *device)
{
	char user_code[MM_USER_CODE_LEN];
	sqlite3_stmt *statement;

	if (!verifier_user_code_read(typed, user_code))
		return false;
	statement = verifier_table_sql(table, VERIFIER_SQL_DEVICE_BY_USER_CODE);
	verifier_bind_text(statement, 1, mm_slice(user_code, sizeof(user_code)));
	return one_device(table, statement, device);
}

bool
verifier_device_decide(struct verifier_table *table, const struct verifier_device *device, bool allowed, int64_t user,
    int64_t auth_time_s)
{
	sqlite3_stmt *statement = verifier_table_sql(table, VERIFIER_SQL_DEVICE_DECIDE);

	verifier_bind_blob(statement, 1, device->code, MM_DIGEST_LEN);
	verifier_bind_int(statement, 2, allowed ? VERIFIER_DEVICE_ALLOWED : VERIFIER_DEVICE_DENIED);
	verifier_bind_int(statement, 3, user);
	verifier_bind_int(statement, 4, auth_time_s);
	return verifier_table_change(table, statement) == 1;
}

void
verifier_device_polled(struct verifier_table *table, const struct verifier_device *device, int64_t now_s,
    int64_t pause_s)
{
	sqlite3_stmt *statement = verifier_table_sql(table, VERIFIER_SQL_DEVICE_POLLED);

	verifier_bind_blob(statement, 1, device->code, MM_DIGEST_LEN);
	verifier_bind_int(statement, 2, now_s);
	verifier_bind_int(statement, 3, pause_s);
	(void)verifier_table_change(table, statement);
}

bool
verifier_device_use(struct verifier_table *table, const struct verifier_device *device)
{
	sqlite3_stmt *statement = verifier_table_sql(table, VERIFIER_SQL_DEVICE_USE);

	verifier_bind_blob(statement, 1, device->code, MM_DIGEST_LEN);
	return verifier_table_change(table, statement) == 1;
}
