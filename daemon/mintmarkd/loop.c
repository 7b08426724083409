/* SPDX-License-Identifier: Apache-2.0 */
/* mintmarkd's loop: one thread, one poll. */
#include "daemon/mintmarkd/loop.h"

#include "daemon/mintmarkd/clock.h"
#include "daemon/mintmarkd/log.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

int
mm_loop_open_signals(void)
{
	sigset_t taken;
	int fd;

	sigemptyset(&taken);
	sigaddset(&taken, SIGTERM);
	sigaddset(&taken, SIGINT);
	sigaddset(&taken, SIGHUP);
	sigaddset(&taken, SIGCHLD);
	/*
	 * Who started us may ignore SIGCHLD, and we inherit it. wait(2): "children that terminate do not become
	 * zombies" then, so that a gate's death would not be told, and its number could soon be another process's.
	 */
	if (signal(SIGCHLD, SIG_DFL) == SIG_ERR || signal(SIGPIPE, SIG_IGN) == SIG_ERR ||
	    sigprocmask(SIG_BLOCK, &taken, NULL) == -1 ||
	    (fd = signalfd(-1, &taken, SFD_CLOEXEC | SFD_NONBLOCK)) == -1) {
		mm_log(LOG_ERR, "signals: %s", strerror(errno));
		return -1;
	}
	return fd;
}

/* ---- systemd ---- */

static void
write_addresses(const struct mm_listeners *listeners, char *text, size_t size)
{
	size_t len = 0;

	text[0] = '\0';
	for (size_t i = 0; i < listeners->count && len < size; i++)
		len += (size_t)snprintf(text + len, size - len, "%s%s", i == 0 ? "" : ", ", listeners->items[i].name);
}

/* Each change of state is told once. Where nobody listens, as without systemd, nothing happens. */
static void
tell_state(const struct mm_keeper *keeper)
{
	char addresses[512];

	switch (keeper->state) {
	case MM_KEEPER_DOWN:
	case MM_KEEPER_STARTING:
		sd_notifyf(0, "STATUS=the gate %s", keeper->was_ready ? "died and is started again" : "is started");
		break;
	case MM_KEEPER_RUNNING:
		write_addresses(keeper->listeners, addresses, sizeof(addresses));
		sd_notifyf(0, "READY=1\nSTATUS=%zu services of %zu realms, epoch %" PRIu64 ", on %s",
		    keeper->config->service_count, keeper->config->realm_count, keeper->epoch, addresses);
		break;
	case MM_KEEPER_STOPPING:
	case MM_KEEPER_STOPPED:
		sd_notify(0, "STOPPING=1\nSTATUS=what is in flight is answered");
		break;
	}
}

/* ---- signals ---- */

static void
take_signals(struct mm_keeper *keeper, int signal_fd)
{
	struct signalfd_siginfo info;

	while (read(signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		switch (info.ssi_signo) {
		case SIGCHLD:
			mm_keeper_reap(keeper);
			break;
		case SIGHUP:
			mm_log(LOG_WARNING,
			    "SIGHUP: reading the configuration anew is not built yet: restart mintmarkd for it");
			break;
		default:
			mm_log(LOG_INFO, "stopping");
			mm_keeper_stop(keeper);
		}
	}
}

/* ---- the loop ---- */

/* Until the next deadline; -1: there is none. */
static int
timeout_ms(const struct mm_keeper *keeper)
{
	int64_t deadline_ms = mm_keeper_deadline_ms(keeper), left_ms;

	if (deadline_ms == INT64_MAX)
		return -1;
	left_ms = deadline_ms - mm_clock_ms();
	return left_ms < 0 ? 0 : left_ms > INT_MAX ? INT_MAX : (int)left_ms;
}

static void
wait_once(struct mm_keeper *keeper, int signal_fd)
{
	struct pollfd waited[] = {
		{ .fd = keeper->child.socket, .events = POLLIN }, /* poll() passes over -1 */
		{ .fd = signal_fd, .events = POLLIN },
	};

	if (poll(waited, 2, timeout_ms(keeper)) == -1 && errno != EINTR) {
		mm_log(LOG_ERR, "poll: %s", strerror(errno));
		mm_keeper_stop(keeper);
	}
	if (waited[0].revents != 0)
		mm_keeper_read(keeper);
	if (waited[1].revents != 0)
		take_signals(keeper, signal_fd);
	mm_keeper_check_time(keeper);
}

bool
mm_loop_run(struct mm_keeper *keeper, int signal_fd)
{
	enum mm_keeper_state told = MM_KEEPER_DOWN;

	mm_keeper_start(keeper);
	while (keeper->state != MM_KEEPER_STOPPED) {
		if (keeper->state == MM_KEEPER_DOWN && !keeper->was_ready) {
			mm_log(LOG_ERR, "the gate did not start");
			return false;
		}
		if (keeper->state != told)
			tell_state(keeper);
		told = keeper->state;
		wait_once(keeper, signal_fd);
	}
	return true;
}
