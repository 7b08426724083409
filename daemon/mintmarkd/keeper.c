/* SPDX-License-Identifier: Apache-2.0 */
/* Keeping a gate. */
#include "daemon/mintmarkd/keeper.h"

#include "daemon/ipc/message.h"
#include "daemon/mintmarkd/clock.h"
#include "daemon/mintmarkd/handover.h"
#include "daemon/mintmarkd/log.h"
#include "lib/base/reader.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Loading a snapshot and recovering a journal segment take under a second each. */
#define READY_TIMEOUT_MS 30000

/* What is in flight is answered in milliseconds; slow clients are not waited for longer than this. */
#define STOP_TIMEOUT_MS 10000

/* A gate that dies at once is not started faster than a machine can bear, and a cause that passes is outlived. */
#define BACK_OFF_MIN_MS 100
#define BACK_OFF_MAX_MS 30000

/* One that lived this long did not die of its start. */
#define STEADY_MS 60000

/* A full disk is looked at again after this. */
#define SEGMENT_RETRY_MS 5000

/* Alarms of a gate that are logged in a period; the journal and the metrics have them all. */
#define ALARMS_MAX 50
#define ALARM_PERIOD_MS 60000

/* ---- starting, and its end ---- */

/* Wait longer each time. */
static void
plan_start(struct mm_keeper *keeper)
{
	keeper->state = MM_KEEPER_DOWN;
	keeper->deadline_ms = mm_clock_ms() + keeper->back_off_ms;
	if (!keeper->was_ready)
		return; /* the caller gives up */
	mm_log(LOG_NOTICE, "the gate is started again in %" PRId64 " ms", keeper->back_off_ms);
	keeper->back_off_ms = keeper->back_off_ms < BACK_OFF_MAX_MS / 2 ? keeper->back_off_ms * 2 : BACK_OFF_MAX_MS;
}

/* The process is gone: what it was doing decides what follows. */
static void
handle_end(struct mm_keeper *keeper, pid_t pid, int status)
{
	char how[128];

	mm_child_end_text(status, how, sizeof(how));
	keeper->deadline_ms = INT64_MAX;
	keeper->segment_retry_ms = INT64_MAX;
	if (keeper->state == MM_KEEPER_STOPPING) {
		keeper->state = MM_KEEPER_STOPPED;
		mm_log(status == 0 ? LOG_INFO : LOG_WARNING, "the gate (process %d) %s", (int)pid, how);
		return;
	}
	mm_log(LOG_ALERT, "alarm: the gate (process %d) %s", (int)pid, how);
	if (mm_clock_ms() - keeper->started_ms >= STEADY_MS)
		keeper->back_off_ms = BACK_OFF_MIN_MS;
	plan_start(keeper);
}

/* Make a spare segment; where that fails, again later. The gate writes on in what it has. */
static void
try_spare(struct mm_keeper *keeper)
{
	keeper->segment_retry_ms = INT64_MAX;
	if (mm_handover_spare(keeper) == 0) {
		if (keeper->told_full)
			mm_log(LOG_NOTICE, "a journal segment could be made again");
		keeper->told_full = false;
		return;
	}
	if (errno == EBUSY)
		return;
	if (!keeper->told_full)
		mm_log(LOG_ALERT, "alarm: no further journal segment can be made in %s/journal: %s: the gate will deny "
		                  "everything when the present one is full",
		    keeper->config->state_dir, strerror(errno));
	keeper->told_full = true;
	keeper->segment_retry_ms = mm_clock_ms() + SEGMENT_RETRY_MS;
}

void
mm_keeper_start(struct mm_keeper *keeper)
{
	if (keeper->back_off_ms == 0)
		keeper->back_off_ms = BACK_OFF_MIN_MS;
	keeper->segment_retry_ms = INT64_MAX;
	keeper->started_ms = mm_clock_ms();
	if (!mm_child_start(MM_PROCESS_GATE, keeper->libexec, keeper->user, &keeper->child)) {
		plan_start(keeper);
		return;
	}
	if (!mm_handover(keeper)) {
		pid_t pid = keeper->child.pid;

		handle_end(keeper, pid, mm_child_kill(&keeper->child));
		return;
	}
	keeper->state = MM_KEEPER_STARTING;
	keeper->deadline_ms = mm_clock_ms() + READY_TIMEOUT_MS;
	try_spare(keeper);
}

/* ---- its messages ---- */

/* End it by force; SIGCHLD follows. */
static void
end_by_force(struct mm_keeper *keeper, const char *why)
{
	if (keeper->child.pid == 0)
		return;
	mm_log(LOG_ALERT, "alarm: the gate (process %d) %s: it is killed", (int)keeper->child.pid, why);
	kill(keeper->child.pid, SIGKILL);
}

static void
take_ready(struct mm_keeper *keeper, const struct mm_message *message)
{
	struct mm_reader reader;
	uint64_t epoch;

	mm_reader_init(&reader, message->payload, message->len);
	epoch = mm_reader_u64(&reader);
	if (keeper->state != MM_KEEPER_STARTING || !mm_reader_ok(&reader) || epoch != keeper->epoch) {
		end_by_force(keeper, "says that it is ready when it cannot be");
		return;
	}
	keeper->state = MM_KEEPER_RUNNING;
	keeper->deadline_ms = INT64_MAX;
	keeper->was_ready = true;
	mm_log(LOG_INFO, "the gate (process %d) answers, epoch %" PRIu64, (int)keeper->child.pid, epoch);
}

/* The gate's own alarms; one that was taken over must not fill the disk with them. */
static void
take_alarm(struct mm_keeper *keeper, const struct mm_message *message)
{
	int64_t now_ms = mm_clock_ms();

	if (keeper->alarms_since_ms == 0 || now_ms - keeper->alarms_since_ms >= ALARM_PERIOD_MS) {
		if (keeper->alarms_untold > 0)
			mm_log(LOG_ALERT, "alarm: gate: %u alarms more, not logged", keeper->alarms_untold);
		keeper->alarms_since_ms = now_ms;
		keeper->alarm_count = keeper->alarms_untold = 0;
	}
	if (++keeper->alarm_count > ALARMS_MAX)
		keeper->alarms_untold++;
	else
		mm_log(LOG_ALERT, "alarm: gate: %.*s", (int)message->len, (const char *)message->payload);
}

static void
take_message(struct mm_keeper *keeper, const struct mm_message *message)
{
	if (message->type == MM_MESSAGE_GATE_READY)
		take_ready(keeper, message);
	else if (message->type == MM_MESSAGE_GATE_WANT_SEGMENT && keeper->child.pid != 0)
		try_spare(keeper);
	else if (message->type == MM_MESSAGE_GATE_ALARM)
		take_alarm(keeper, message);
}

/* The other end is closed: a gate that is not asked to stop must not go on without us. */
static void
close_socket(struct mm_keeper *keeper)
{
	close(keeper->child.socket);
	keeper->child.socket = -1;
	if (keeper->child.pid != 0 && keeper->state != MM_KEEPER_STOPPING)
		kill(keeper->child.pid, SIGKILL);
}

void
mm_keeper_read(struct mm_keeper *keeper)
{
	static struct mm_message message;
	int got = mm_message_receive(keeper->child.socket, MM_PROCESS_MINTMARKD, MM_PROCESS_GATE, &message);

	if (got == 1) {
		take_message(keeper, &message);
		return;
	}
	if (got == -1)
		end_by_force(keeper, "sent what it must not");
	close_socket(keeper);
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
	while (keeper->child.socket >= 0)
		mm_keeper_read(keeper);
	handle_end(keeper, pid, status);
}

/* ---- time ---- */

int64_t
mm_keeper_deadline_ms(const struct mm_keeper *keeper)
{
	return keeper->deadline_ms < keeper->segment_retry_ms ? keeper->deadline_ms : keeper->segment_retry_ms;
}

void
mm_keeper_check_time(struct mm_keeper *keeper)
{
	int64_t now_ms = mm_clock_ms();

	if (now_ms >= keeper->segment_retry_ms)
		try_spare(keeper);
	if (now_ms < keeper->deadline_ms)
		return;
	keeper->deadline_ms = INT64_MAX;
	if (keeper->state == MM_KEEPER_DOWN)
		mm_keeper_start(keeper);
	else if (keeper->state == MM_KEEPER_STARTING)
		end_by_force(keeper, "did not get ready");
	else if (keeper->state == MM_KEEPER_STOPPING)
		end_by_force(keeper, "did not stop");
}

void
mm_keeper_stop(struct mm_keeper *keeper)
{
	if (keeper->state == MM_KEEPER_STOPPING || keeper->state == MM_KEEPER_STOPPED)
		return;
	if (keeper->child.pid == 0) {
		keeper->state = MM_KEEPER_STOPPED;
		return;
	}
	keeper->state = MM_KEEPER_STOPPING;
	keeper->segment_retry_ms = INT64_MAX;
	keeper->deadline_ms = mm_clock_ms() + STOP_TIMEOUT_MS;
	if (keeper->child.socket < 0 || mm_message_send(keeper->child.socket, MM_PROCESS_MINTMARKD, MM_PROCESS_GATE,
	        MM_MESSAGE_GATE_STOP, NULL, 0, -1) == -1)
		end_by_force(keeper, "cannot be asked to stop");
}
