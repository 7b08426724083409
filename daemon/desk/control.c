/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages from and to mintmarkd: those of the set-up before DESK_START, in any order; afterwards answers and the stop.
 */
#include "daemon/desk/control.h"

#include "daemon/desk/connection.h"
#include "daemon/ipc/limits.h"
#include "daemon/ipc/message.h"
#include "daemon/ipc/sealed.h"
#include "lib/base/limits.h"
#include "lib/base/reader.h"
#include "lib/crypto/digest.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static bool
fail(const char *what)
{
	fprintf(stderr, "mintmark-desk: %s\n", what);
	return false;
}

/* ---- the set-up ---- */

typedef bool message_handler(struct desk *desk, struct mm_message *message);

static bool
take_listener(struct desk *desk, struct mm_message *message)
{
	struct mm_reader reader;

	mm_reader_init(&reader, message->payload, message->len);
	desk->ranks.operator_uid = mm_reader_u32(&reader);
	if (!mm_reader_ok(&reader) || reader.left != 0 || desk->listener_fd != -1 ||
	    !mm_message_make_prompt(message->fd))
		return fail("the control socket cannot be used, or is a second one");
	desk->listener_fd = message->fd;
	message->fd = -1;
	return true;
}

static bool
take_journal(struct desk *desk, struct mm_message *message)
{
	if (desk->journal_fd != -1)
		return fail("a second folder of journals came");
	desk->journal_fd = message->fd;
	message->fd = -1;
	return true;
}

static bool
take_start(struct desk *desk, struct mm_message *message)
{
	struct mm_reader reader;

	mm_reader_init(&reader, message->payload, message->len);
	desk->uid = mm_reader_u32(&reader);
	desk->gid = mm_reader_u32(&reader);
	if (!mm_reader_ok(&reader) || reader.left != 0 || desk->listener_fd == -1 || desk->journal_fd == -1)
		return fail("the control socket or the folder of journals is missing at the start");
	return true;
}

static message_handler *const handlers[MM_MESSAGE_COUNT] = {
	[MM_MESSAGE_DESK_LISTENER] = take_listener,
	[MM_MESSAGE_DESK_JOURNAL] = take_journal,
	[MM_MESSAGE_DESK_START] = take_start,
};

bool
desk_control_set_up(struct desk *desk)
{
	static struct mm_message message;
	bool taken;

	do {
		if (mm_message_receive(MM_CONTROL_FD, MM_PROCESS_DESK, MM_PROCESS_MINTMARKD, &message) != 1)
			return fail("mintmarkd went away before the start");
		taken = handlers[message.type] != NULL ? handlers[message.type](desk, &message) :
		                                         fail("a message came out of turn");
		if (message.fd >= 0)
			close(message.fd);
	} while (taken && message.type != MM_MESSAGE_DESK_START);
	return taken;
}

/* ---- questions ---- */

static const enum mm_message_type messages[DESK_ASK_COUNT] = {
	[DESK_ASK_STATUS] = MM_MESSAGE_DESK_ASK_STATUS,
	[DESK_ASK_RELOAD] = MM_MESSAGE_DESK_ASK_RELOAD,
	[DESK_ASK_FETCH] = MM_MESSAGE_DESK_ASK_FETCH,
};

/* The structure of the verb behind its head; a hash may be in it, which is not kept. */
static bool
ask_mint(struct desk_connection *connection)
{
	static struct {
		struct mm_mint_ask ask;
		char what[sizeof(((struct desk_mint_request *)NULL)->what)];
	} payload;
	struct desk_mint_request *mint = &connection->request.mint;
	bool sent;

	payload.ask = mint->ask;
	payload.ask.number = connection->question;
	payload.ask.uid = connection->uid;
	memcpy(payload.what, &mint->what, mint->len);
	sent = mm_message_send(MM_CONTROL_FD, MM_PROCESS_DESK, MM_PROCESS_MINTMARKD, MM_MESSAGE_DESK_ASK_MINT, &payload,
	           sizeof(payload.ask) + mint->len, -1) == 0;
	mm_secret_wipe(&payload, sizeof(payload));
	mm_secret_wipe(&mint->what, sizeof(mint->what));
	mm_secret_wipe(connection->line, sizeof(connection->line));
	return sent;
}

bool
desk_control_ask(struct desk_connection *connection)
{
	const struct desk_request *request = &connection->request;
	struct mm_buf payload;
	bool sent;

	if (request->ask == DESK_ASK_MINT)
		return ask_mint(connection);

	mm_buf_init(&payload, 8 + MM_NAME_LEN_MAX);
	mm_buf_add_u64(&payload, connection->question);
	if (request->ask == DESK_ASK_RELOAD)
		mm_buf_add_u32(&payload, connection->uid);
	if (request->ask == DESK_ASK_FETCH)
		mm_buf_add_str(&payload, request->realm);
	sent = mm_buf_ok(&payload) && mm_message_send(MM_CONTROL_FD, MM_PROCESS_DESK, MM_PROCESS_MINTMARKD,
	           messages[request->ask], payload.data, payload.len, -1) == 0;
	mm_buf_clear(&payload);
	return sent;
}

/* ---- answers ---- */

static enum desk_end
take_answer(struct desk *desk, const struct mm_message *message, int64_t now_ms)
{
	struct mm_reader reader;
	struct mm_slice text;
	uint64_t question;

	mm_reader_init(&reader, message->payload, message->len);
	question = mm_reader_u64(&reader);
	(void)mm_reader_u8(&reader); /* whether it is done: the text says it too */
	if (!mm_reader_ok(&reader) || mm_sealed_map(message->fd, DESK_ANSWER_LEN_MAX, &text) == -1)
		return DESK_END_GONE;
	desk_connection_answer(desk, question, text, now_ms);
	mm_sealed_unmap(&text);
	return DESK_END_NOT;
}

static enum desk_end
take(struct desk *desk, const struct mm_message *message, int64_t now_ms)
{
	if (message->type == MM_MESSAGE_DESK_STOP)
		return DESK_END_STOP;
	if (message->type == MM_MESSAGE_DESK_ANSWER)
		return take_answer(desk, message, now_ms);
	return DESK_END_GONE;
}

enum desk_end
desk_control_take(struct desk *desk, int64_t now_ms)
{
	static struct mm_message message;
	enum desk_end end = DESK_END_NOT;
	int received = 1;

	while (end == DESK_END_NOT) {
		received = mm_message_receive(MM_CONTROL_FD, MM_PROCESS_DESK, MM_PROCESS_MINTMARKD, &message);
		if (received != 1)
			return received == -1 && errno == EAGAIN ? DESK_END_NOT : DESK_END_GONE;
		end = take(desk, &message, now_ms);
		if (message.fd >= 0)
			close(message.fd);
	}
	return end;
}
