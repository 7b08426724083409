/* SPDX-License-Identifier: Apache-2.0 */
/* Keeping a process. */
#include "daemon/mintmarkd/keeper.h"

#include "daemon/mintmarkd/clock.h"
#include "daemon/mintmarkd/log.h"
#include "daemon/mintmarkd/mintmarkd.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

/* Loading a snapshot and recovering a journal segment take under a second each. */
#define READY_TIMEOUT_MS 30000

/* What is in flight is answered in milliseconds; slow clients are not waited for longer than this. */
#define STOP_TIMEOUT_MS 10000

/* A gate that loads the largest snapshot takes no messages for about a second. */
#define TAKE_TIMEOUT_MS 10000

void
mm_keeper_init(struct mm_keeper *keeper, const struct mm_keeper_role *role, struct mm_mintmarkd *mintmarkd)
{
	*keeper = (struct mm_keeper){
		.role = role,
		.name = role->name,
		.mintmarkd = mintmarkd,
		.state = MM_KEEPER_STOPPED,
		.child = MM_CHILD_NONE,
		.deadline_ms = MM_NEVER_MS,
	};
}

/* ---- starting, and its end ---- */

/* Wait longer each time. */
static void
plan_start(struct mm_keeper *keeper)
{
	int64_t wait_ms = mm_back_off_next(&keeper->back_off);

	keeper->state = MM_KEEPER_DOWN;
	keeper->deadline_ms = mm_clock_ms() + wait_ms;
	keeper->restarts++;
	mm_log(LOG_NOTICE, "%s is started again in %" PRId64 " ms", keeper->name, wait_ms);
}

/* The process is gone: what it was doing decides what follows. */
static void
handle_end(struct mm_keeper *keeper, pid_t pid, int status)
{
	char how[128];

	mm_child_end_text(status, how, sizeof(how));
	keeper->deadline_ms = MM_NEVER_MS;
	keeper->role->ended(keeper);
	if (keeper->state == MM_KEEPER_STOPPING) {
		keeper->state = MM_KEEPER_STOPPED;
		mm_log(status == 0 ? LOG_INFO : LOG_WARNING, "%s (process %d) %s", keeper->name, (int)pid, how);
		if (keeper->again)
			mm_keeper_start(keeper);
		return;
	}
	if (status == 0 && keeper->role->may_end)
		mm_log(LOG_NOTICE, "%s (process %d) wants to be started anew", keeper->name, (int)pid);
	else
		mm_log(LOG_ALERT, "alarm: %s (process %d) %s", keeper->name, (int)pid, how);
	mm_back_off_lived(&keeper->back_off, mm_clock_ms() - keeper->started_ms);
	plan_start(keeper);
}

void
mm_keeper_start(struct mm_keeper *keeper)
{
	const struct mm_mintmarkd *mintmarkd = keeper->mintmarkd;
	pid_t pid;

	keeper->again = false;
	keeper->starts++;
	keeper->started_ms = mm_clock_ms();
	if (!mm_child_start(keeper->role->process, mintmarkd->libexec, &mintmarkd->user, &keeper->child)) {
		plan_start(keeper);
		return;
	}
	keeper->since_s = mm_clock_wall_s();
	keeper->state = MM_KEEPER_STARTING;
	pid = keeper->child.pid;
	if (!keeper->role->hand_over(keeper)) {
		handle_end(keeper, pid, mm_child_kill(&keeper->child));
		return;
	}
	keeper->deadline_ms = mm_clock_ms() + (keeper->role->ready_ms != 0 ? keeper->role->ready_ms : READY_TIMEOUT_MS);
	if (!keeper->role->says_ready)
		mm_keeper_ready(keeper);
}

void
mm_keeper_ready(struct mm_keeper *keeper)
{
	keeper->state = MM_KEEPER_RUNNING;
	keeper->deadline_ms = MM_NEVER_MS;
	keeper->was_ready = true;
}

void
mm_keeper_drop(struct mm_keeper *keeper)
{
	if (keeper->child.pid != 0) {
		mm_child_kill(&keeper->child);
		keeper->role->ended(keeper);
	}
	keeper->state = MM_KEEPER_STOPPED;
	keeper->deadline_ms = MM_NEVER_MS;
}

void
mm_keeper_end_by_force(struct mm_keeper *keeper, const char *why)
{
	if (keeper->child.pid == 0)
		return;
	mm_log(LOG_ALERT, "alarm: %s (process %d) %s: it is killed", keeper->name, (int)keeper->child.pid, why);
	kill(keeper->child.pid, SIGKILL); /* SIGCHLD follows */
}

/* ---- its messages ---- */

bool
mm_keeper_serves(const struct mm_keeper *keeper)
{
	return (keeper->state == MM_KEEPER_STARTING || keeper->state == MM_KEEPER_RUNNING) &&
	    keeper->child.socket >= 0;
}

void
mm_keeper_send(struct mm_keeper *keeper, enum mm_message_type type, const void *payload, size_t len, int fd)
{
	if (keeper->child.socket >= 0 && !mm_child_send(&keeper->child, type, payload, len, fd))
		mm_keeper_end_by_force(keeper, "cannot be sent a message");
}

static void
take_message(struct mm_keeper *keeper, struct mm_message *message)
{
	mm_keeper_handler *handler = keeper->role->handlers[message->type];

	if (handler == NULL || !handler(keeper, message))
		mm_keeper_end_by_force(keeper, "sent what cannot be so");
	if (message->fd >= 0)
		close(message->fd);
}

/* The other end is closed: a process that is not asked to stop must not go on without us. */
static void
close_socket(struct mm_keeper *keeper)
{
	mm_child_close(&keeper->child);
	if (keeper->child.pid != 0 && keeper->state != MM_KEEPER_STOPPING)
		kill(keeper->child.pid, SIGKILL);
}

/* Take one message. Returns false where there is none (any more). */
static bool
read_one(struct mm_keeper *keeper)
{
	static struct mm_message message;
	int got = mm_message_receive(keeper->child.socket, MM_PROCESS_MINTMARKD, keeper->role->process, &message);

	if (got == 1) {
		take_message(keeper, &message);
		return true;
	}
	if (got == -1 && errno == EAGAIN)
		return false;
	if (got == -1)
		mm_keeper_end_by_force(keeper, "sent what it must not");
	close_socket(keeper);
	return false;
}

void
mm_keeper_serve(struct mm_keeper *keeper, short events)
{
	if (keeper->child.socket >= 0 && (events & POLLOUT) != 0 && !mm_child_flush(&keeper->child))
		mm_keeper_end_by_force(keeper, "cannot be sent a message");
	if (keeper->child.socket >= 0 && (events & ~POLLOUT) != 0)
		read_one(keeper);
}

void
mm_keeper_reap(struct mm_keeper *keeper)
{
	pid_t pid = keeper->child.pid;
	int status;

	if (pid == 0 || waitpid(pid, &status, WNOHANG) != pid)
		return;
	keeper->child.pid = 0;
	/* Its last words may still lie in the socket, whose other end is gone. */
	while (keeper->child.socket >= 0 && read_one(keeper))
		continue;
	mm_child_close(&keeper->child);
	handle_end(keeper, pid, status);
}

/* ---- time ---- */

/* Until when it must take what waits for it. */
static int64_t
take_deadline_ms(const struct mm_keeper *keeper)
{
	const struct mm_child *child = &keeper->child;

	return child->socket < 0 || child->outbox.first == NULL ? MM_NEVER_MS :
	                                                         child->outbox.since_ms + TAKE_TIMEOUT_MS;
}

int64_t
mm_keeper_deadline_ms(const struct mm_keeper *keeper)
{
	int64_t take_ms = take_deadline_ms(keeper);

	return keeper->deadline_ms < take_ms ? keeper->deadline_ms : take_ms;
}

void
mm_keeper_check_time(struct mm_keeper *keeper)
{
	int64_t now_ms = mm_clock_ms();

	if (now_ms >= take_deadline_ms(keeper)) {
		mm_keeper_end_by_force(keeper, "does not take its messages");
		mm_child_close(&keeper->child);
	}
	if (now_ms < keeper->deadline_ms)
		return;
	keeper->deadline_ms = MM_NEVER_MS;
	if (keeper->state == MM_KEEPER_DOWN)
		mm_keeper_start(keeper);
	else if (keeper->state == MM_KEEPER_STARTING)
		mm_keeper_end_by_force(keeper, "did not get ready");
	else if (keeper->state == MM_KEEPER_STOPPING)
		mm_keeper_end_by_force(keeper, "did not stop");
}

void
mm_keeper_stop(struct mm_keeper *keeper)
{
	keeper->again = false;
	if (keeper->state == MM_KEEPER_STOPPING || keeper->state == MM_KEEPER_STOPPED)
		return;
	keeper->deadline_ms = MM_NEVER_MS;
	if (keeper->child.pid == 0) {
		keeper->state = MM_KEEPER_STOPPED;
		return;
	}
	keeper->state = MM_KEEPER_STOPPING;
	keeper->deadline_ms = mm_clock_ms() + STOP_TIMEOUT_MS;
	if (keeper->child.socket < 0)
		mm_keeper_end_by_force(keeper, "cannot be asked to stop");
	else
		mm_keeper_send(keeper, keeper->role->stop, NULL, 0, -1);
}

void
mm_keeper_restart(struct mm_keeper *keeper)
{
	mm_keeper_stop(keeper);
	if (keeper->state == MM_KEEPER_STOPPED)
		mm_keeper_start(keeper);
	else
		keeper->again = true;
}
