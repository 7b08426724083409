/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Revoking, and what is owed to the ledger.
 */
#include "daemon/verifier/revocation.h"

/* What may be under way to the ledger. */
#define UNDER_WAY_MAX 256

/* A ledger whose disk takes nothing is asked again after so long. */
#define AGAIN_MS 1000

/* ---- revoking ---- */

/* Where it cannot be written down the round fails, and nothing of it is told. */
void
verifier_revoke(struct verifier *verifier, enum mm_revoked_kind kind, struct mm_slice value, struct mm_slice client)
{
	struct mm_revoke revoke = { .kind = (uint8_t)kind };
	sqlite3_stmt *statement;

	/* What no mint writes is of no token: only a thief of the key signs such, and it would hold all others up. */
	if (value.len == 0 || !mm_mint_text_set(&revoke.value, value) || !mm_mint_text_set(&revoke.client, client) ||
	    !mm_revoke_check(&revoke))
		return;
	statement = verifier_table_sql(&verifier->table, VERIFIER_SQL_OWED_ADD);
	verifier_bind_int(statement, 1, verifier->now_s);
	verifier_bind_int(statement, 2, kind);
	verifier_bind_text(statement, 3, value);
	verifier_bind_text(statement, 4, mm_mint_text_get(&revoke.client));
	if (verifier_table_change(&verifier->table, statement) == 1)
		verifier->owed.last = sqlite3_last_insert_rowid(verifier->table.db);
	verifier->owed.look = true;
}

void
verifier_end_session(struct verifier *verifier, struct mm_slice sid)
{
	verifier_session_cut(&verifier->table, sid);
	verifier_revoke(verifier, MM_REVOKED_SESSION, sid, MM_SLICE_ABSENT);
}

/* The browser's session goes on, and with it what it gave to other clients. */
void
verifier_end_family(struct verifier *verifier, const struct verifier_family *family)
{
	verifier_family_cut(&verifier->table, family->family);
	verifier_revoke(verifier, MM_REVOKED_SESSION, mm_mint_text_get(&family->sid),
	    mm_mint_text_get(&family->client));
}

void
verifier_end_user(struct verifier *verifier, const struct verifier_user *user)
{
	verifier_user_cut(&verifier->table, user->id);
	verifier_revoke(verifier, MM_REVOKED_SUBJECT, mm_mint_text_get(&user->subject), MM_SLICE_ABSENT);
}

void
verifier_end_client(struct verifier *verifier, struct mm_slice id)
{
	verifier_client_cut(&verifier->table, id);
	verifier_revoke(verifier, MM_REVOKED_CLIENT, id, MM_SLICE_ABSENT);
}

/* ---- who waits ---- */

bool
verifier_owes(const struct verifier *verifier, int64_t number)
{
	const struct verifier_owed *owed = &verifier->owed;

	return number != 0 && (owed->look || number > owed->kept || (owed->first != 0 && owed->first <= number));
}

static void
go_on_told(struct verifier *verifier, struct verifier_work *work)
{
	verifier_answer(verifier, work, MM_SIGN_IN_OK, "");
}

void
verifier_answer_told(struct verifier *verifier, struct verifier_work *work)
{
	work->owed = verifier->owed.last;
	if (verifier_owes(verifier, work->owed))
		verifier_work_wait(verifier, work, VERIFIER_WAITS_REVOCATION, VERIFIER_LEDGER_MS, go_on_told);
	else
		go_on_told(verifier, work);
}

/* The first that is owed, of those that the disk has. Where it cannot be read, all may be, until the next time. */
static void
look(struct verifier *verifier)
{
	sqlite3_stmt *statement = verifier_table_sql(&verifier->table, VERIFIER_SQL_OWED_FIRST);

	if (verifier_table_next(&verifier->table, statement)) {
		verifier->owed.look = false;
		verifier->owed.first = verifier_column_int(statement, 0);
		if (verifier->owed.last < verifier_column_int(statement, 1))
			verifier->owed.last = verifier->owed.kept = verifier_column_int(statement, 1);
	}
	sqlite3_reset(statement);
}

void
verifier_owed_settle(struct verifier *verifier, bool kept)
{
	struct verifier_owed *owed = &verifier->owed;

	if (kept)
		owed->kept = owed->last;
	else
		verifier_owed_anew(verifier); /* what the ledger confirmed is still written down as owed */
	if (kept && owed->look)
		look(verifier);
	for (struct verifier_work *work = verifier->works; work != NULL; work = work->next)
		if (work->waiting == VERIFIER_WAITS_REVOCATION && !verifier_owes(verifier, work->owed))
			work->go_on(verifier, work);
	/* What was undone has no number any more. */
	owed->last = owed->kept;
}

/* ---- to the ledger, and back ---- */

void
verifier_owed_anew(struct verifier *verifier)
{
	verifier->owed.sent = 0;
	verifier->owed.under_way = 0;
	verifier->owed.again_ms = 0;
}

static bool
send_row(struct verifier *verifier, sqlite3_stmt *row)
{
	struct mm_revoke revoke = { .number = (uint64_t)verifier_column_int(row, 0),
		.kind = (uint8_t)verifier_column_int(row, 1) };

	if (!mm_mint_text_set(&revoke.value, verifier_column_text(row, 2)) ||
	    !mm_mint_text_set(&revoke.client, verifier_column_text(row, 3)) ||
	    !verifier_peer_post(&verifier->ledger, MM_MESSAGE_REVOKE, &revoke, sizeof(revoke)))
		return false;
	verifier->owed.sent = (int64_t)revoke.number;
	verifier->owed.under_way++;
	return true;
}

void
verifier_owed_send(struct verifier *verifier)
{
	struct verifier_owed *owed = &verifier->owed;
	sqlite3_stmt *statement;

	if (owed->again_ms != 0 && verifier->now_ms >= owed->again_ms)
		verifier_owed_anew(verifier);
	if (owed->first == 0 || owed->sent >= owed->kept || owed->again_ms != 0 || verifier->ledger.fd == -1)
		return;
	statement = verifier_table_sql(&verifier->table, VERIFIER_SQL_OWED_NEXT);
	verifier_bind_int(statement, 1, owed->sent);
	while (owed->under_way < UNDER_WAY_MAX && verifier_table_next(&verifier->table, statement) &&
	    send_row(verifier, statement))
		continue;
	sqlite3_reset(statement);
}

void
verifier_owed_done(struct verifier *verifier, const struct mm_revoke_done *done)
{
	struct verifier_owed *owed = &verifier->owed;
	sqlite3_stmt *statement;

	if (owed->under_way > 0)
		owed->under_way--;
	if (done->status != MM_MINT_DONE) {
		if (owed->again_ms == 0)
			owed->again_ms = verifier->now_ms + AGAIN_MS;
		return;
	}
	if (done->up_to_s >= verifier->now_s)
		owed->quiet_ms = verifier->second_ends_ms;
	statement = verifier_table_sql(&verifier->table, VERIFIER_SQL_OWED_DONE);
	verifier_bind_int(statement, 1, (int64_t)done->number);
	(void)verifier_table_change(&verifier->table, statement);
	owed->look = true;
}

int64_t
verifier_owed_count(struct verifier *verifier, int64_t *since_s)
{
	sqlite3_stmt *statement;
	int64_t count = 0;

	*since_s = 0;
	if (verifier->owed.first == 0)
		return 0;
	statement = verifier_table_sql(&verifier->table, VERIFIER_SQL_OWED_COUNT);
	if (verifier_table_next(&verifier->table, statement)) {
		count = verifier_column_int(statement, 0);
		*since_s = verifier_column_int(statement, 1);
	}
	sqlite3_reset(statement);
	return count;
}
