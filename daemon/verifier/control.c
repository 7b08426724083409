/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages from and to mintmarkd: the realm, its services and the folder before VERIFIER_START; tenants, snapshots and
 * peers at any time; afterwards questions of operators, and the stop.
 */
#include "daemon/verifier/control.h"

#include "daemon/ipc/limits.h"
#include "daemon/ipc/message.h"
#include "daemon/ipc/sealed.h"
#include "daemon/verifier/operator.h"
#include "daemon/verifier/revocation.h"
#include "daemon/verifier/work.h"
#include "engine/json_writer.h"
#include "lib/base/array.h"
#include "lib/base/reader.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A snapshot of a thousand realms' keys is a few megabytes. */
#define SNAPSHOT_LEN_MAX ((size_t)256 * 1024 * 1024)

/* Only one thread takes messages, and one message is 64 KiB. */
static struct mm_message message;

static bool
fail(const char *what)
{
	fprintf(stderr, "mintmark-verifier: %s\n", what);
	return false;
}

static struct mm_slice
payload(void)
{
	return mm_slice(message.payload, message.len);
}

/* ---- what comes ---- */

typedef bool message_handler(struct verifier *verifier);

static bool
take_realm(struct verifier *verifier)
{
	return verifier_realm_take(&verifier->realm, payload()) || fail("the realm cannot be used, or came twice");
}

static bool
take_parent(struct verifier *verifier)
{
	return verifier_realm_take_parent(&verifier->realm, payload()) || fail("a parent realm cannot be used");
}

static bool
take_exchange(struct verifier *verifier)
{
	return verifier_realm_take_exchange(&verifier->realm, payload()) || fail("an exchange cannot be used");
}

static bool
take_service(struct verifier *verifier)
{
	return verifier_realm_take_service(&verifier->realm, payload()) || fail("a service cannot be used");
}

static bool
take_tenant(struct verifier *verifier)
{
	if (!verifier_realm_take_tenant(&verifier->realm, payload()))
		return fail("a tenant cannot be used");
	/* Which users there are depends on it. */
	verifier->users_changed = true;
	return true;
}

static bool
take_folder(struct verifier *verifier)
{
	if (verifier->folder_fd != -1)
		return fail("a second folder came");
	verifier->folder_fd = message.fd;
	message.fd = -1;
	return true;
}

static bool
take_snapshot(struct verifier *verifier)
{
	struct mm_slice bytes;
	struct mm_trust *trust;
	const char *why = "it cannot be read";

	if (mm_sealed_map(message.fd, SNAPSHOT_LEN_MAX, &bytes) == -1)
		return fail("a snapshot cannot be read, or is not sealed");
	trust = mm_trust_load(bytes.ptr, bytes.len, &why);
	mm_sealed_unmap(&bytes);
	if (trust == NULL) {
		fprintf(stderr, "mintmark-verifier: a snapshot is refused: %s\n", why);
		return false;
	}
	mm_trust_free(&verifier->trust);
	verifier->trust = trust;
	return true;
}

static bool
set_peer(struct verifier *verifier, struct verifier_peer *peer)
{
	(void)verifier;
	if (!verifier_peer_set(peer, message.fd))
		return fail("a peer's socket cannot be used");
	message.fd = -1;
	return true;
}

static bool
take_peer(struct verifier *verifier)
{
	struct mm_reader reader;
	uint8_t process;

	mm_reader_init(&reader, message.payload, message.len);
	process = mm_reader_u8(&reader);
	(void)mm_reader_u16(&reader);
	if (!mm_reader_ok(&reader) || reader.left > 0)
		return fail("a peer cannot be read");
	if (process == MM_PROCESS_LEDGER) {
		verifier_works_ledger_gone(verifier);
		verifier_owed_anew(verifier);
		return set_peer(verifier, &verifier->ledger);
	}
	if (process == MM_PROCESS_ISSUER) {
		verifier_works_forget(verifier);
		return set_peer(verifier, &verifier->issuer);
	}
	return fail("a peer is neither ledger nor issuer");
}

static bool
take_dpop_nonce(struct verifier *verifier)
{
	if (message.len != 1 || message.payload[0] > 1)
		return fail("whether proofs need a nonce cannot be read");
	verifier->realm.knows_dpop_nonce = true;
	verifier->realm.dpop_nonce = message.payload[0] == 1;
	return true;
}

static bool
take_start(struct verifier *verifier)
{
	struct mm_reader reader;

	mm_reader_init(&reader, message.payload, message.len);
	verifier->uid = mm_reader_u32(&reader);
	verifier->gid = mm_reader_u32(&reader);
	if (!mm_reader_ok(&reader) || reader.left > 0)
		return fail("the start cannot be read");
	return (mm_slice_present(verifier->realm.name) && verifier->realm.knows_dpop_nonce &&
	           verifier->folder_fd != -1) ||
	    fail("the realm, its folder, or whether proofs need a nonce is missing");
}

static bool
take_ask(struct verifier *verifier)
{
	return verifier_operator_take(verifier, payload()) || fail("an operator's question cannot be read");
}

enum turn {
	TURN_BEFORE = 1,
	TURN_AFTER = 2,
	TURN_ALWAYS = TURN_BEFORE | TURN_AFTER,
};

static const struct {
	enum mm_message_type type;
	enum turn turn;
	message_handler *take;
} handlers[] = {
	{ MM_MESSAGE_VERIFIER_REALM, TURN_BEFORE, take_realm },
	{ MM_MESSAGE_VERIFIER_DPOP_NONCE, TURN_BEFORE, take_dpop_nonce },
	{ MM_MESSAGE_VERIFIER_PARENT, TURN_BEFORE, take_parent },
	{ MM_MESSAGE_VERIFIER_EXCHANGE, TURN_BEFORE, take_exchange },
	{ MM_MESSAGE_VERIFIER_SERVICE, TURN_BEFORE, take_service },
	{ MM_MESSAGE_VERIFIER_FOLDER, TURN_BEFORE, take_folder },
	{ MM_MESSAGE_VERIFIER_START, TURN_BEFORE, take_start },
	{ MM_MESSAGE_VERIFIER_TENANT, TURN_ALWAYS, take_tenant },
	{ MM_MESSAGE_VERIFIER_SNAPSHOT, TURN_ALWAYS, take_snapshot },
	{ MM_MESSAGE_VERIFIER_PEER, TURN_ALWAYS, take_peer },
	{ MM_MESSAGE_VERIFIER_ASK, TURN_AFTER, take_ask },
};

static bool
take(struct verifier *verifier, enum turn turn)
{
	for (size_t i = 0; i < MM_COUNT_OF(handlers); i++)
		if (handlers[i].type == message.type && (handlers[i].turn & turn) != 0)
			return handlers[i].take(verifier);
	return fail("a message came out of turn");
}

static void
drop_fd(void)
{
	if (message.fd >= 0)
		close(message.fd);
}

bool
verifier_control_set_up(struct verifier *verifier)
{
	bool taken;

	do {
		if (mm_message_receive(MM_CONTROL_FD, MM_PROCESS_VERIFIER, MM_PROCESS_MINTMARKD, &message) != 1)
			return fail("mintmarkd went away before the start");
		taken = take(verifier, TURN_BEFORE);
		drop_fd();
	} while (taken && message.type != MM_MESSAGE_VERIFIER_START);
	return taken;
}

enum verifier_end
verifier_control_take(struct verifier *verifier)
{
	bool taken;

	if (mm_message_receive(MM_CONTROL_FD, MM_PROCESS_VERIFIER, MM_PROCESS_MINTMARKD, &message) != 1)
		return VERIFIER_END_BROKEN;
	if (message.type == MM_MESSAGE_VERIFIER_STOP)
		return VERIFIER_END_STOP;
	taken = take(verifier, TURN_AFTER);
	drop_fd();
	return taken ? VERIFIER_END_NOT : VERIFIER_END_BROKEN;
}

/* ---- what goes ---- */

static bool
send(enum mm_message_type type, const void *bytes, size_t len, int fd)
{
	return mm_message_send(MM_CONTROL_FD, MM_PROCESS_VERIFIER, MM_PROCESS_MINTMARKD, type, bytes, len, fd) == 0;
}

bool
verifier_control_ready(void)
{
	return send(MM_MESSAGE_VERIFIER_READY, NULL, 0, -1) || fail("mintmarkd takes no messages");
}

void
verifier_control_alarm(const char *text)
{
	fprintf(stderr, "mintmark-verifier: %s\n", text);
	(void)send(MM_MESSAGE_VERIFIER_ALARM, text, strlen(text), -1);
}

void
verifier_control_want_peer(enum mm_process process)
{
	const unsigned char payload[3] = { (unsigned char)process };

	(void)send(MM_MESSAGE_VERIFIER_WANT_PEER, payload, sizeof(payload), -1);
}

static bool
send_sealed(enum mm_message_type type, const void *head, size_t len, struct mm_slice text)
{
	int fd = mm_sealed_new("verifier");
	bool sent = fd != -1 && mm_sealed_write(fd, text) == 0 && mm_sealed_seal(fd) == 0 && send(type, head, len, fd);

	if (fd != -1)
		close(fd);
	return sent;
}

bool
verifier_control_send_directory(struct mm_slice text)
{
	return send_sealed(MM_MESSAGE_VERIFIER_DIRECTORY, NULL, 0, text) || fail("the directory cannot be handed over");
}

void
verifier_control_send_answer(uint64_t number, bool done, struct mm_slice json)
{
	struct mm_buf buf;

	mm_buf_init(&buf, 9);
	mm_buf_add_u64(&buf, number);
	mm_buf_add_u8(&buf, done);
	if (!mm_buf_ok(&buf) || !send_sealed(MM_MESSAGE_VERIFIER_ANSWER, buf.data, buf.len, json))
		fail("an answer cannot be handed over");
	mm_buf_clear(&buf);
}

/* ---- status ---- */

static int64_t
ask_count(struct verifier *verifier, enum verifier_sql sql)
{
	sqlite3_stmt *statement = verifier_table_sql(&verifier->table, sql);
	int64_t count = verifier_table_next(&verifier->table, statement) ? verifier_column_int(statement, 0) : 0;

	sqlite3_reset(statement);
	return count;
}

static void
write_counts(struct mm_json_writer *writer, const struct verifier_counts *counts)
{
	mm_json_begin_object(writer, "counts");
	mm_json_add_int(writer, "requests", (int64_t)counts->requests);
	mm_json_add_int(writer, "granted", (int64_t)counts->granted);
	mm_json_add_int(writer, "denied", (int64_t)counts->denied);
	mm_json_add_int(writer, "sign_ins", (int64_t)counts->sign_ins);
	mm_json_add_int(writer, "sign_ins_wrong", (int64_t)counts->sign_ins_wrong);
	mm_json_add_int(writer, "sign_ins_slowed", (int64_t)counts->sign_ins_slowed);
	mm_json_add_int(writer, "busy", (int64_t)counts->busy);
	mm_json_add_int(writer, "replays", (int64_t)counts->replays);
	mm_json_add_int(writer, "store_failures", (int64_t)counts->store_failures);
	mm_json_end_object(writer);
}

/* Counting walks through a table: not each second. */
#define ROWS_MS 30000

static void
count_rows(struct verifier *verifier)
{
	if (verifier->now_ms < verifier->rows_due_ms)
		return;
	verifier->rows_due_ms = verifier->now_ms + ROWS_MS;
	verifier->users = ask_count(verifier, VERIFIER_SQL_USER_COUNT);
	verifier->clients = ask_count(verifier, VERIFIER_SQL_CLIENT_COUNT);
	verifier->sessions = ask_count(verifier, VERIFIER_SQL_SESSION_COUNT);
	verifier->families = ask_count(verifier, VERIFIER_SQL_FAMILY_COUNT);
}

void
verifier_control_send_status(struct verifier *verifier)
{
	int64_t since_s, owed = verifier_owed_count(verifier, &since_s);
	struct mm_json_writer writer;
	struct mm_buf buf;

	count_rows(verifier);
	mm_buf_init(&buf, 8192);
	mm_json_writer_init(&writer, &buf);
	mm_json_begin_object(&writer, NULL);
	mm_json_add_slice(&writer, "realm", verifier->realm.name);
	mm_json_add_bool(&writer, "store_failed", verifier->store_failed);
	mm_json_add_bool(&writer, "ledger_away", verifier->ledger.fd == -1);
	mm_json_add_int(&writer, "users", verifier->users);
	mm_json_add_int(&writer, "clients", verifier->clients);
	mm_json_add_int(&writer, "sessions", verifier->sessions);
	mm_json_add_int(&writer, "refresh_families", verifier->families);
	mm_json_add_int(&writer, "revocations_owed", owed);
	if (owed > 0)
		mm_json_add_int(&writer, "revocations_owed_since", since_s);
	mm_json_add_int(&writer, "waiting", (int64_t)verifier->work_count);
	write_counts(&writer, &verifier->counts);
	mm_json_end_object(&writer);
	if (mm_buf_ok(&buf))
		(void)send(MM_MESSAGE_VERIFIER_STATUS, buf.data, buf.len, -1);
	mm_buf_clear(&buf);
}
