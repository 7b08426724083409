/* SPDX-License-Identifier: Apache-2.0 */
/* Keeping the desk. */
#include "daemon/mintmarkd/desk.h"

#include "daemon/ipc/mint_ask.h"
#include "daemon/ipc/sealed.h"
#include "daemon/mintmarkd/log.h"
#include "daemon/mintmarkd/mintmarkd.h"
#include "daemon/mintmarkd/status.h"
#include "lib/base/reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- what it is handed ---- */

static bool
send_listener(struct mm_mintmarkd *mintmarkd)
{
	uint32_t uid = mintmarkd->user.change ? mintmarkd->user.uid : geteuid();
	struct mm_buf payload;
	bool sent;

	mm_buf_init(&payload, sizeof(uid));
	mm_buf_add_u32(&payload, uid);
	sent = mm_buf_ok(&payload) && mm_child_send(&mintmarkd->desk.keeper.child, MM_MESSAGE_DESK_LISTENER,
	                                  payload.data, payload.len, mintmarkd->desk.listener.fd);
	mm_buf_clear(&payload);
	return sent;
}

static bool
send_start(struct mm_mintmarkd *mintmarkd)
{
	struct mm_buf payload;
	bool sent;

	mm_buf_init(&payload, 2 * sizeof(uint32_t));
	mm_buf_add_u32(&payload, mintmarkd->user.uid);
	mm_buf_add_u32(&payload, mintmarkd->user.gid);
	sent = mm_buf_ok(&payload) && mm_child_send(&mintmarkd->desk.keeper.child, MM_MESSAGE_DESK_START, payload.data,
	                                  payload.len, -1);
	mm_buf_clear(&payload);
	return sent;
}

static bool
hand_over(struct mm_keeper *keeper)
{
	struct mm_mintmarkd *mintmarkd = keeper->mintmarkd;
	return send_listener(mintmarkd) &&
	    mm_child_send(&mintmarkd->desk.keeper.child, MM_MESSAGE_DESK_JOURNAL, NULL, 0,
	        mintmarkd->state.journal_dir_fd) &&
	    send_start(mintmarkd);
}

/* ---- answering ---- */

void
mm_desk_pass_answer(struct mm_mintmarkd *mintmarkd, uint64_t question, bool done, int fd)
{
	struct mm_buf payload;

	mm_buf_init(&payload, 9);
	mm_buf_add_u64(&payload, question);
	mm_buf_add_u8(&payload, done);
	if (mm_buf_ok(&payload))
		mm_keeper_send(&mintmarkd->desk.keeper, MM_MESSAGE_DESK_ANSWER, payload.data, payload.len, fd);
	mm_buf_clear(&payload);
}

/* Send a question's answer as sealed memory. Where that cannot be, who asked is told so by the desk's own deadline. */
static void
send_answer(struct mm_mintmarkd *mintmarkd, uint64_t question, bool done, struct mm_slice text)
{
	int fd = mm_sealed_new("mintmark-answer");

	if (fd != -1 && mm_sealed_write(fd, text) == 0 && mm_sealed_seal(fd) == 0)
		mm_desk_pass_answer(mintmarkd, question, done, fd);
	else
		mm_log(LOG_ERR, "memory for an answer to the desk: %s", strerror(errno));
	if (fd != -1)
		close(fd);
}

/* Send what was written, and clear it. */
static void
send_written(struct mm_mintmarkd *mintmarkd, uint64_t question, bool done, struct mm_buf *text)
{
	if (mm_buf_ok(text) && text->len > 0)
		send_answer(mintmarkd, question, done, mm_slice(text->data, text->len));
	else
		send_answer(mintmarkd, question, false,
		    mm_slice_str("{\"error\":\"the answer is too long, or memory is short\"}"));
	mm_buf_clear(text);
}

void
mm_desk_answer_failure(struct mm_mintmarkd *mintmarkd, uint64_t question, const char *why)
{
	struct mm_buf text;

	mm_buf_init(&text, MM_STATUS_LEN_MAX);
	mm_status_write_error(&text, why);
	send_written(mintmarkd, question, false, &text);
}

void
mm_desk_answer_reload(struct mm_mintmarkd *mintmarkd, uint64_t question)
{
	struct mm_buf text;

	mm_buf_init(&text, MM_STATUS_LEN_MAX);
	mm_status_write_reload(&text, mintmarkd);
	send_written(mintmarkd, question, mintmarkd->renewal.last.done, &text);
}

void
mm_desk_answer_fetch(struct mm_mintmarkd *mintmarkd, uint64_t question, const char *realm,
    const struct mm_source *source)
{
	bool done = source->outcome == MM_FETCH_NEW || source->outcome == MM_FETCH_SAME;
	struct mm_buf text;

	mm_buf_init(&text, MM_STATUS_LEN_MAX);
	mm_status_write_fetch(&text, realm, source);
	send_written(mintmarkd, question, done, &text);
}

/* ---- what it asks ---- */

static bool
take_status(struct mm_keeper *keeper, struct mm_message *message)
{
	struct mm_mintmarkd *mintmarkd = keeper->mintmarkd;
	struct mm_reader reader;
	struct mm_buf text;
	uint64_t question;

	mm_reader_init(&reader, message->payload, message->len);
	question = mm_reader_u64(&reader);
	if (!mm_reader_ok(&reader))
		return false;
	mm_buf_init(&text, MM_STATUS_LEN_MAX);
	mm_status_write(&text, mintmarkd);
	send_written(mintmarkd, question, true, &text);
	return true;
}

static bool
take_reload(struct mm_keeper *keeper, struct mm_message *message)
{
	struct mm_mintmarkd *mintmarkd = keeper->mintmarkd;
	struct mm_reader reader;
	uint64_t question;
	uint32_t uid;

	mm_reader_init(&reader, message->payload, message->len);
	question = mm_reader_u64(&reader);
	uid = mm_reader_u32(&reader);
	if (!mm_reader_ok(&reader))
		return false;
	mm_log(LOG_NOTICE, "user %u asks for a reload", (unsigned)uid);
	if (!mm_renewal_reload(mintmarkd, &question))
		mm_desk_answer_failure(mintmarkd, question, "too many ask at once");
	return true;
}

static bool
take_fetch(struct mm_keeper *keeper, struct mm_message *message)
{
	struct mm_mintmarkd *mintmarkd = keeper->mintmarkd;
	struct mm_reader reader;
	uint64_t question;
	const char *why;

	mm_reader_init(&reader, message->payload, message->len);
	question = mm_reader_u64(&reader);
	if (!mm_reader_ok(&reader))
		return false;
	why = mm_courier_fetch(mintmarkd, question, mm_slice((const char *)reader.at, reader.left));
	if (why != NULL)
		mm_desk_answer_failure(mintmarkd, question, why);
	return true;
}

static bool
take_mint(struct mm_keeper *keeper, struct mm_message *message)
{
	if (message->len < sizeof(struct mm_mint_ask))
		return false;
	mm_mints_ask(keeper->mintmarkd, message);
	return true;
}

static mm_keeper_handler *const handlers[MM_MESSAGE_COUNT] = {
	[MM_MESSAGE_DESK_ASK_STATUS] = take_status,
	[MM_MESSAGE_DESK_ASK_RELOAD] = take_reload,
	[MM_MESSAGE_DESK_ASK_FETCH] = take_fetch,
	[MM_MESSAGE_DESK_ASK_MINT] = take_mint,
};

/* ---- keeping it ---- */

/* Numbers of questions begin anew with each desk: answers to the one before must not reach the next. */
static void
forget(struct mm_keeper *keeper)
{
	struct mm_mintmarkd *mintmarkd = keeper->mintmarkd;
	mm_renewal_forget_questions(&mintmarkd->renewal);
	mm_courier_forget_questions(&mintmarkd->courier);
	mm_asks_forget(&mintmarkd->mints.asks);
}

static const struct mm_keeper_role role = {
	.process = MM_PROCESS_DESK,
	.name = "the desk",
	.stop = MM_MESSAGE_DESK_STOP,
	.hand_over = hand_over,
	.ended = forget,
	.handlers = handlers,
};

void
mm_desk_init(struct mm_desk *desk, struct mm_mintmarkd *mintmarkd)
{
	*desk = (struct mm_desk){ .listener = { .fd = -1 } };
	mm_keeper_init(&desk->keeper, &role, mintmarkd);
}

bool
mm_desk_open(struct mm_mintmarkd *mintmarkd)
{
	struct mm_desk *desk = &mintmarkd->desk;
	struct mm_buf path;

	mm_buf_init(&path, 4096);
	mm_buf_addf(&path, "%s/" MM_CONTROL_SOCKET_NAME "%c", mintmarkd->first->config->state_dir, '\0');
	desk->listen.kind = MM_LISTEN_UNIX;
	desk->listen.address = mm_buf_take(&path, &(size_t){ 0 });
	if (desk->listen.address != NULL)
		return mm_listener_open(&desk->listener, &desk->listen, SOCK_STREAM, &mintmarkd->user);
	mm_log(LOG_ERR, "memory for the control socket: %s", strerror(ENOMEM));
	return false;
}

void
mm_desk_clear(struct mm_desk *desk)
{
	mm_keeper_drop(&desk->keeper);
	if (desk->listen.address != NULL)
		mm_listener_close(&desk->listener);
	free(desk->listen.address);
	desk->listen.address = NULL;
}
