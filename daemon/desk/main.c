/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mintmark-desk: the control socket. A child of mintmarkd; one thread, one loop, nothing in it waits but poll().
 * Exit status 0: mintmarkd told it to stop.
 */
#include "daemon/desk/connection.h"
#include "daemon/desk/control.h"
#include "daemon/ipc/limits.h"
#include "daemon/ipc/message.h"
#include "daemon/sandbox/sandbox.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

/* The places in the array of poll(); connections come behind. */
enum { AT_CONTROL, AT_LISTENER, AT_CONNECTIONS, AT_COUNT = AT_CONNECTIONS + DESK_CONNECTIONS_MAX };

/* Some who wait at the door are let in, then those inside have their turn. */
#define LET_IN_AT_ONCE 16

static int64_t
now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* How long poll() may wait. */
static int
patience_ms(const struct desk *desk, int64_t at_ms)
{
	int64_t due_ms = at_ms + DESK_QUESTION_MS;

	for (size_t i = 0; i < DESK_CONNECTIONS_MAX; i++) {
		int64_t one_ms = desk_connection_due_ms(&desk->connections[i], at_ms);

		if (one_ms < due_ms)
			due_ms = one_ms;
	}
	return due_ms > at_ms ? (int)(due_ms - at_ms) : 0;
}

static void
look(struct desk *desk, struct pollfd *fds)
{
	fds[AT_CONTROL] = (struct pollfd){ MM_CONTROL_FD, POLLIN, 0 };
	fds[AT_LISTENER] = (struct pollfd){ desk->listener_fd, POLLIN, 0 };
	for (size_t i = 0; i < DESK_CONNECTIONS_MAX; i++)
		fds[AT_CONNECTIONS + i] = (struct pollfd){
			desk->connections[i].phase == DESK_FREE ? -1 : desk->connections[i].fd,
			desk_connection_waits_for(&desk->connections[i]), 0,
		};
	if (poll(fds, AT_COUNT, patience_ms(desk, now_ms())) <= 0)
		for (size_t i = 0; i < AT_COUNT; i++)
			fds[i].revents = 0;
}

/* Connections first: whom mintmarkd's answers or the door bring is not in the array yet. */
static enum desk_end
go_on(struct desk *desk, const struct pollfd *fds)
{
	int64_t at_ms = now_ms();

	for (size_t i = 0; i < DESK_CONNECTIONS_MAX; i++)
		if (desk->connections[i].phase != DESK_FREE)
			desk_connection_go_on(desk, &desk->connections[i], fds[AT_CONNECTIONS + i].revents, at_ms);
	if (fds[AT_LISTENER].revents != 0)
		for (size_t i = 0; i < LET_IN_AT_ONCE && desk_connection_accept(desk, at_ms); i++)
			;
	return fds[AT_CONTROL].revents != 0 ? desk_control_take(desk, at_ms) : DESK_END_NOT;
}

static enum desk_end
answer(struct desk *desk)
{
	struct pollfd fds[AT_COUNT];
	enum desk_end end;

	do {
		look(desk, fds);
		end = go_on(desk, fds);
	} while (end == DESK_END_NOT);
	return end;
}

static bool
start(struct desk *desk)
{
	if (!desk_control_set_up(desk) || !mm_message_make_prompt(MM_CONTROL_FD))
		return false;
	/* Who may read is the group that it has in the end. */
	desk->ranks.reader_gid = geteuid() == 0 ? desk->gid : getegid();
	mm_sandbox_let_read(desk->journal_fd);
	return mm_sandbox_enter(MM_PROCESS_DESK, desk->uid, desk->gid);
}

int
main(void)
{
	static struct desk desk = { .listener_fd = -1, .journal_fd = -1 };
	enum desk_end end = DESK_END_GONE;

	mm_sandbox_prepare();
	if (start(&desk))
		end = answer(&desk);
	for (size_t i = 0; i < DESK_CONNECTIONS_MAX; i++)
		if (desk.connections[i].phase != DESK_FREE)
			desk_connection_close(&desk.connections[i]);
	return end == DESK_END_STOP ? EXIT_SUCCESS : EXIT_FAILURE;
}
