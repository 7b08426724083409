/* SPDX-License-Identifier: Apache-2.0 */
/* mintmarkd's loop: one thread, one poll. */
#include "daemon/mintmarkd/loop.h"

#include "daemon/mintmarkd/clock.h"
#include "daemon/mintmarkd/log.h"
#include "daemon/mintmarkd/tell.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
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

/* ---- signals ---- */

static void
reap(struct mm_mintmarkd *mintmarkd)
{
	mm_keeper_reap(&mintmarkd->gate.keeper);
	mm_keeper_reap(&mintmarkd->courier.keeper);
	mm_keeper_reap(&mintmarkd->desk.keeper);
	mm_mints_reap(&mintmarkd->mints);
}

static void
stop(struct mm_mintmarkd *mintmarkd)
{
	if (!mintmarkd->stopping)
		mm_log(LOG_INFO, "stopping");
	mintmarkd->stopping = true;
	mm_keeper_stop(&mintmarkd->gate.keeper);
	mm_keeper_stop(&mintmarkd->courier.keeper);
	mm_keeper_stop(&mintmarkd->desk.keeper);
	(void)mm_mints_stop(&mintmarkd->mints); /* the rest of them as these end */
	mm_compile_stop(&mintmarkd->renewal.compile);
}

static void
take_signals(struct mm_mintmarkd *mintmarkd, int signal_fd)
{
	struct signalfd_siginfo info;

	while (read(signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		if (info.ssi_signo == SIGCHLD)
			reap(mintmarkd);
		else if (info.ssi_signo == SIGHUP)
			mm_renewal_reload(mintmarkd, NULL);
		else
			stop(mintmarkd);
	}
}

/* ---- what is waited for ---- */

enum waited {
	WAITED_SIGNALS,
	WAITED_GATE,
	WAITED_COURIER,
	WAITED_DESK,
	WAITED_COMPILER,
	WAITED_MINTS, /* their processes; then the followers' listening socket, then each of those */
	WAITED_MAX = WAITED_MINTS + MM_MINT_PROCESSES_MAX + 1 + MM_FOLLOWERS_MAX
};

static int64_t
earlier(int64_t a_ms, int64_t b_ms)
{
	return a_ms < b_ms ? a_ms : b_ms;
}

/* Until the next deadline; -1: there is none. */
static int
timeout_ms(const struct mm_mintmarkd *mintmarkd)
{
	int64_t deadline_ms = mm_keeper_deadline_ms(&mintmarkd->gate.keeper), left_ms;

	deadline_ms = earlier(deadline_ms, mm_gate_deadline_ms(&mintmarkd->gate));
	deadline_ms = earlier(deadline_ms, mm_keeper_deadline_ms(&mintmarkd->courier.keeper));
	deadline_ms = earlier(deadline_ms, mm_keeper_deadline_ms(&mintmarkd->desk.keeper));
	deadline_ms = earlier(deadline_ms, mm_mints_deadline_ms(&mintmarkd->mints));
	if (!mintmarkd->stopping)
		deadline_ms = earlier(deadline_ms, mm_renewal_deadline_ms(&mintmarkd->renewal));
	if (deadline_ms == MM_NEVER_MS)
		return -1;
	left_ms = deadline_ms - mm_clock_ms();
	return left_ms < 0 ? 0 : left_ms > INT_MAX ? INT_MAX : (int)left_ms;
}

static void
check_time(struct mm_mintmarkd *mintmarkd)
{
	mm_keeper_check_time(&mintmarkd->gate.keeper);
	mm_gate_check_time(&mintmarkd->gate);
	mm_keeper_check_time(&mintmarkd->courier.keeper);
	mm_keeper_check_time(&mintmarkd->desk.keeper);
	mm_mints_check_time(&mintmarkd->mints);
	if (!mintmarkd->stopping)
		mm_renewal_check_time(mintmarkd);
}

/*
 * The gate comes first: it answers services, and the others only bring and ask. What the compiler made may change which
 * mints there are, so that those come before it.
 */
static void
serve(struct mm_mintmarkd *mintmarkd, const struct pollfd *waited, size_t mint_count, size_t follower_count)
{
	const struct pollfd *mints = waited + WAITED_MINTS, *followers = mints + mint_count;

	if (waited[WAITED_GATE].revents != 0)
		mm_keeper_serve(&mintmarkd->gate.keeper, waited[WAITED_GATE].revents);
	mm_mints_serve(&mintmarkd->mints, mints, mint_count);
	if (waited[WAITED_COMPILER].revents != 0)
		mm_renewal_serve(mintmarkd, waited[WAITED_COMPILER].revents);
	if (waited[WAITED_COURIER].revents != 0)
		mm_keeper_serve(&mintmarkd->courier.keeper, waited[WAITED_COURIER].revents);
	if (waited[WAITED_DESK].revents != 0)
		mm_keeper_serve(&mintmarkd->desk.keeper, waited[WAITED_DESK].revents);
	mm_followers_serve(&mintmarkd->followers, followers, follower_count, &mintmarkd->trust);
}

static void
wait_once(struct mm_mintmarkd *mintmarkd, int signal_fd)
{
	static struct pollfd waited[WAITED_MAX];
	size_t mint_count, follower_count;

	waited[WAITED_SIGNALS] = (struct pollfd){ .fd = signal_fd, .events = POLLIN };
	waited[WAITED_GATE] = mm_child_waits_for(&mintmarkd->gate.keeper.child);
	waited[WAITED_COURIER] = mm_child_waits_for(&mintmarkd->courier.keeper.child);
	waited[WAITED_DESK] = mm_child_waits_for(&mintmarkd->desk.keeper.child);
	waited[WAITED_COMPILER] = mm_child_waits_for(&mintmarkd->renewal.compile.child);
	mint_count = mm_mints_wait_for(&mintmarkd->mints, waited + WAITED_MINTS);
	follower_count = mm_followers_wait_for(&mintmarkd->followers, waited + WAITED_MINTS + mint_count);
	if (poll(waited, (nfds_t)(WAITED_MINTS + mint_count + follower_count), timeout_ms(mintmarkd)) == -1) {
		if (errno != EINTR) {
			mm_log(LOG_ERR, "poll: %s", strerror(errno));
			stop(mintmarkd);
		}
		return;
	}
	serve(mintmarkd, waited, mint_count, follower_count);
	if (waited[WAITED_SIGNALS].revents != 0)
		take_signals(mintmarkd, signal_fd);
	check_time(mintmarkd);
	mm_mints_join(&mintmarkd->mints);
}

/* ---- the loop ---- */

static bool
all_stopped(struct mm_mintmarkd *mintmarkd)
{
	if (!mintmarkd->stopping || !mm_mints_stop(&mintmarkd->mints))
		return false;
	return mintmarkd->gate.keeper.state == MM_KEEPER_STOPPED &&
	    mintmarkd->courier.keeper.state == MM_KEEPER_STOPPED && mintmarkd->desk.keeper.state == MM_KEEPER_STOPPED;
}

bool
mm_loop_run(struct mm_mintmarkd *mintmarkd, int signal_fd)
{
	const struct mm_keeper *gate = &mintmarkd->gate.keeper;
	enum mm_keeper_state told = MM_KEEPER_DOWN;

	(void)mm_mints_pin_root(mintmarkd);
	mm_keeper_start(&mintmarkd->gate.keeper);
	mm_keeper_start(&mintmarkd->desk.keeper);
	mm_courier_update(mintmarkd);
	mm_mints_update(mintmarkd);
	mm_mints_join(&mintmarkd->mints);
	while (!all_stopped(mintmarkd)) {
		if (gate->state == MM_KEEPER_DOWN && !gate->was_ready) {
			mm_log(LOG_ERR, "the gate did not start");
			return false;
		}
		if (gate->state != told)
			mm_tell_state(mintmarkd);
		told = gate->state;
		wait_once(mintmarkd, signal_fd);
	}
	return true;
}
