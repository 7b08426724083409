/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Connections at the control socket: who asks is known before he says a word, what he asks is one line, and what he
 * gets never takes more room than he leaves free.
 */
#include "daemon/desk/connection.h"

#include "daemon/desk/control.h"
#include "engine/json_writer.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* Records are poured while less than this waits to be sent. */
#define POUR_BELOW ((size_t)256 * 1024)

/* ---- sending ---- */

static size_t
unsent(const struct desk_connection *connection)
{
	return connection->out.len - connection->sent;
}

/* Nothing more will be asked or poured: send the rest and close. */
static void
leave(struct desk_connection *connection, int64_t now_ms)
{
	desk_stream_free(&connection->stream);
	connection->phase = DESK_LEAVING;
	connection->deadline_ms = now_ms + DESK_TAKING_MS;
}

static void
add_error(struct mm_buf *out, const char *text)
{
	struct mm_json_writer writer;

	mm_json_writer_init(&writer, out);
	mm_json_begin_object(&writer, NULL);
	mm_json_add_str(&writer, "error", text);
	mm_json_end_object(&writer);
	mm_buf_add_str(out, "\n");
}

static void
refuse(struct desk_connection *connection, const char *text, int64_t now_ms)
{
	add_error(&connection->out, text);
	leave(connection, now_ms);
}

/* Send what can be; false where the other end is gone. */
static bool
send_some(struct desk_connection *connection, int64_t now_ms)
{
	while (unsent(connection) > 0) {
		struct iovec part = { connection->out.data + connection->sent, unsent(connection) };
		struct msghdr header = { .msg_iov = &part, .msg_iovlen = 1 };
		ssize_t sent = sendmsg(connection->fd, &header, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (sent == -1 && errno == EINTR)
			continue;
		if (sent == -1)
			return errno == EAGAIN || errno == EWOULDBLOCK;
		connection->sent += (size_t)sent;
		connection->deadline_ms = now_ms + DESK_TAKING_MS;
	}
	mm_buf_clear(&connection->out);
	connection->sent = 0;
	return true;
}

/* ---- the door ---- */

/* How many are here: in all, or those that stream. */
static size_t
count(const struct desk *desk, bool streaming)
{
	size_t found = 0;

	for (size_t i = 0; i < DESK_CONNECTIONS_MAX; i++) {
		enum desk_phase phase = desk->connections[i].phase;

		found += streaming ? phase == DESK_STREAMING : phase != DESK_FREE;
	}
	return found;
}

static bool
has_room(const struct desk *desk, enum desk_rank rank, bool streaming)
{
	size_t most = streaming ? DESK_STREAMS_MAX : DESK_CONNECTIONS_MAX;
	size_t kept = streaming ? DESK_STREAMS_KEPT : DESK_CONNECTIONS_KEPT;

	return count(desk, streaming) < (rank == DESK_OPERATOR ? most : most - kept);
}

/* Say one line to somebody who does not come in; where even that cannot be sent, the end says enough. */
static void
turn_away(int fd, const char *text)
{
	struct desk_connection passer = { .fd = fd };

	mm_buf_init(&passer.out, DESK_REQUEST_LEN_MAX);
	add_error(&passer.out, text);
	(void)send_some(&passer, 0);
	mm_buf_clear(&passer.out);
	close(fd);
}

static void
let_in(struct desk *desk, int fd, enum desk_rank rank, uid_t uid, int64_t now_ms)
{
	struct desk_connection *connection = desk->connections;

	while (connection->phase != DESK_FREE)
		connection++;
	*connection = (struct desk_connection){
		.phase = DESK_ASKING, .fd = fd, .rank = rank, .uid = uid, .deadline_ms = now_ms + DESK_QUESTION_MS,
	};
	mm_buf_init(&connection->out, DESK_ANSWER_LEN_MAX + 1);
}

bool
desk_connection_accept(struct desk *desk, int64_t now_ms)
{
	int fd = accept4(desk->listener_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	enum desk_rank rank;
	uid_t uid;

	if (fd == -1)
		return errno == EINTR || errno == ECONNABORTED;
	rank = desk_peer_rank(fd, &desk->ranks, &uid);
	if (rank == DESK_NOBODY)
		turn_away(fd, "you may not ask here: root, the service's user and its group may");
	else if (!has_room(desk, rank, false))
		turn_away(fd, "too many ask at once");
	else
		let_in(desk, fd, rank, uid, now_ms);
	return true;
}

void
desk_connection_close(struct desk_connection *connection)
{
	desk_stream_free(&connection->stream);
	mm_buf_clear(&connection->out);
	close(connection->fd);
	*connection = (struct desk_connection){ .phase = DESK_FREE, .fd = -1 };
}

/* ---- the question ---- */

static void
begin_stream(struct desk *desk, struct desk_connection *connection, int64_t now_ms)
{
	if (!has_room(desk, connection->rank, true)) {
		refuse(connection, "too many read the journal at once", now_ms);
		return;
	}
	connection->stream = desk_stream_new(desk->journal_fd, &connection->request);
	if (connection->stream == NULL) {
		refuse(connection, "the journal cannot be read", now_ms);
		return;
	}
	connection->phase = DESK_STREAMING;
	connection->deadline_ms = now_ms + DESK_TAKING_MS;
}

static void
ask_mintmarkd(struct desk *desk, struct desk_connection *connection, int64_t now_ms)
{
	connection->question = ++desk->last_question;
	if (!desk_control_ask(connection)) {
		refuse(connection, "mintmarkd takes no questions now: ask again", now_ms);
		return;
	}
	connection->phase = DESK_WAITING;
	connection->deadline_ms = now_ms + DESK_ANSWER_MS;
}

static void
take_question(struct desk *desk, struct desk_connection *connection, size_t len, int64_t now_ms)
{
	const char *why;

	if (len + 1 < connection->line_len)
		refuse(connection, "something stands behind the question", now_ms);
	else if (!desk_request_parse(mm_slice(connection->line, len), &connection->request, &why))
		refuse(connection, why, now_ms);
	else if (desk_request_changes(&connection->request) && connection->rank != DESK_OPERATOR)
		refuse(connection, "you may look, but not change anything: root and the service's user may", now_ms);
	else if (desk_request_reads_journal(&connection->request))
		begin_stream(desk, connection, now_ms);
	else
		ask_mintmarkd(desk, connection, now_ms);
}

/* Read some of the question; false where the other end is gone. */
static bool
read_some(struct desk *desk, struct desk_connection *connection, int64_t now_ms)
{
	ssize_t got = read(connection->fd, connection->line + connection->line_len,
	    sizeof(connection->line) - connection->line_len);
	const char *end;

	if (got == -1)
		return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
	if (got == 0)
		return false;
	connection->line_len += (size_t)got;
	end = memchr(connection->line, '\n', connection->line_len);
	if (end != NULL)
		take_question(desk, connection, (size_t)(end - connection->line), now_ms);
	else if (connection->line_len == sizeof(connection->line))
		refuse(connection, "the question is too long", now_ms);
	return true;
}

/* ---- the answer ---- */

void
desk_connection_answer(struct desk *desk, uint64_t question, struct mm_slice text, int64_t now_ms)
{
	for (size_t i = 0; i < DESK_CONNECTIONS_MAX; i++) {
		struct desk_connection *connection = &desk->connections[i];

		if (connection->phase != DESK_WAITING || connection->question != question)
			continue;
		mm_buf_add_slice(&connection->out, text);
		mm_buf_add_str(&connection->out, "\n");
		leave(connection, now_ms);
		desk_connection_go_on(desk, connection, POLLOUT, now_ms);
		return;
	}
}

static int64_t
wall_us(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void
pour(struct desk_connection *connection, int64_t now_ms)
{
	enum desk_flow flow = desk_stream_pour(connection->stream, &connection->out, wall_us());

	connection->paused = flow == DESK_FLOW_PAUSED;
	if (flow == DESK_FLOW_FAILED) {
		refuse(connection, "the journal cannot be read", now_ms);
	} else if (flow == DESK_FLOW_OVER) {
		mm_buf_add_str(&connection->out, "{\"end\":true}\n");
		leave(connection, now_ms);
	} else if (unsent(connection) == 0) {
		connection->deadline_ms = now_ms + DESK_TAKING_MS; /* there was nothing to take */
	}
}

/* ---- going on ---- */

short
desk_connection_waits_for(const struct desk_connection *connection)
{
	short events = connection->phase == DESK_ASKING ? POLLIN : 0;

	return unsent(connection) > 0 ? (short)(events | POLLOUT) : events;
}

static bool
may_pour(const struct desk_connection *connection)
{
	return connection->phase == DESK_STREAMING && unsent(connection) < POUR_BELOW;
}

int64_t
desk_connection_due_ms(const struct desk_connection *connection, int64_t now_ms)
{
	int64_t due_ms = connection->deadline_ms;

	if (connection->phase == DESK_FREE)
		return INT64_MAX;
	if (may_pour(connection) && !connection->paused)
		due_ms = now_ms;
	else if (may_pour(connection) && now_ms + DESK_TICK_MS < due_ms)
		due_ms = now_ms + DESK_TICK_MS;
	return due_ms;
}

/* What is too late: the question, mintmarkd's answer, or the taking of an answer. False: close at once. */
static bool
be_on_time(struct desk_connection *connection, int64_t now_ms)
{
	if (now_ms < connection->deadline_ms)
		return true;
	if (connection->phase == DESK_ASKING)
		refuse(connection, "no question came", now_ms);
	else if (connection->phase == DESK_WAITING)
		refuse(connection, "mintmarkd does not answer", now_ms);
	else
		return false;
	return true;
}

void
desk_connection_go_on(struct desk *desk, struct desk_connection *connection, short revents, int64_t now_ms)
{
	bool here = (revents & (POLLERR | POLLHUP | POLLNVAL)) == 0 || (revents & POLLIN) != 0;

	if (here && connection->phase == DESK_ASKING && (revents & POLLIN) != 0)
		here = read_some(desk, connection, now_ms);
	here = here && be_on_time(connection, now_ms);
	if (here && may_pour(connection))
		pour(connection, now_ms);
	here = here && mm_buf_ok(&connection->out) && send_some(connection, now_ms);
	if (!here || (connection->phase == DESK_LEAVING && unsent(connection) == 0))
		desk_connection_close(connection);
}
