/* SPDX-License-Identifier: Apache-2.0 */
/* Starting the other processes: fork, become the user, give up every descriptor, execute. */
#include "daemon/mintmarkd/child.h"

#include "daemon/ipc/limits.h"
#include "daemon/mintmarkd/log.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* "mintmark-gate" lies in the folder itself when installed, and in "gate/" of it in the build tree. */
static bool
find_program(enum mm_process process, const char *libexec, char path[PATH_MAX])
{
	static const char prefix[] = "mintmark-";
	const char *name = mm_process_name(process);

	snprintf(path, PATH_MAX, "%s/%s", libexec, name);
	if (access(path, X_OK) == 0)
		return true;
	snprintf(path, PATH_MAX, "%s/%s/%s", libexec, name + sizeof(prefix) - 1, name);
	if (access(path, X_OK) == 0)
		return true;
	mm_log(LOG_ERR, "%s is not in %s: %s", name, libexec, strerror(errno));
	return false;
}

#ifdef __clang__
#define WITHOUT_SYMBOLS ":symbolize=0" /* clang's sanitizers run a program for them, which the sandbox forbids */
#else
#define WITHOUT_SYMBOLS ""
#endif

/* Everything that a child begins with is listed here. */
static char *const *
child_environment(void)
{
	static char time_zone[] = "TZ=UTC0"; /* no file is read for it */
	static char *environment[8] = { time_zone };
#ifdef MM_SANITIZED
	/* Leaks are looked for by stopping all threads from another process, which the sandbox forbids. */
	static char address_options[] = "ASAN_OPTIONS=detect_leaks=0:abort_on_error=0" WITHOUT_SYMBOLS;
	static char undefined_options[] = "UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1";
	static char thread_options[] = "TSAN_OPTIONS=halt_on_error=1";

	environment[1] = address_options;
	environment[2] = undefined_options;
	environment[3] = thread_options;
#endif
	return environment;
}

static bool
become(const struct mm_user *user)
{
	if (!user->change)
		return true;
	return setgroups(0, NULL) == 0 && setresgid(user->gid, user->gid, user->gid) == 0 &&
	    setresuid(user->uid, user->uid, user->uid) == 0;
}

/* 0 and 1 lead nowhere, 2 is the log, MM_CONTROL_FD the socket; nothing else survives. */
static bool
arrange_descriptors(int socket)
{
	int null;

	if (socket != MM_CONTROL_FD && dup2(socket, MM_CONTROL_FD) == -1)
		return false;
	if (fcntl(MM_CONTROL_FD, F_SETFD, 0) == -1)
		return false;
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null == -1 || dup2(null, STDIN_FILENO) == -1 || dup2(null, STDOUT_FILENO) == -1)
		return false;
	return close_range(MM_CONTROL_FD + 1, UINT_MAX, 0) == 0;
}

/* In the child; returns only where it failed. */
static void
run_program(const char *path, const char *name, int socket, const struct mm_user *user, pid_t parent)
{
	char *const arguments[] = { (char *)(uintptr_t)name, NULL };
	sigset_t none;

	sigemptyset(&none);
	if (!arrange_descriptors(socket) || !become(user))
		return;
	/* After the change of user, which forgets it; and the parent may have died before. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) == -1 || sigprocmask(SIG_SETMASK, &none, NULL) == -1)
		return;
	if (getppid() != parent)
		_exit(EXIT_FAILURE);
	execve(path, arguments, child_environment());
}

static bool
make_pair(int pair[2])
{
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == -1)
		return false;
	/* Our end alone: how the child waits is its business. */
	if (fcntl(pair[0], F_SETFL, O_NONBLOCK) == 0)
		return true;
	close(pair[0]);
	close(pair[1]);
	return false;
}

bool
mm_child_start(enum mm_process process, const char *libexec, const struct mm_user *user, struct mm_child *child)
{
	const char *name = mm_process_name(process);
	pid_t parent = getpid();
	char path[PATH_MAX];
	int pair[2];

	*child = MM_CHILD_NONE;
	child->process = process;
	if (!find_program(process, libexec, path))
		return false;
	if (!make_pair(pair)) {
		mm_log(LOG_ERR, "a socket pair for %s: %s", name, strerror(errno));
		return false;
	}
	child->pid = fork();
	if (child->pid == 0) {
		run_program(path, name, pair[1], user, parent);
		mm_log(LOG_ERR, "%s cannot be run: %s", path, strerror(errno));
		_exit(EXIT_FAILURE);
	}
	close(pair[1]);
	if (child->pid == -1) {
		mm_log(LOG_ERR, "a process for %s: %s", name, strerror(errno));
		close(pair[0]);
		child->pid = 0;
		return false;
	}
	child->socket = pair[0];
	return true;
}

static bool
tell_no_message(const struct mm_child *child)
{
	mm_log(LOG_ERR, "%s takes no message: %s", mm_process_name(child->process), strerror(errno));
	return false;
}

bool
mm_child_send(struct mm_child *child, enum mm_message_type type, const void *payload, size_t len, int fd)
{
	return mm_outbox_send(&child->outbox, child->socket, child->process, type, payload, len, fd) ||
	    tell_no_message(child);
}

bool
mm_child_flush(struct mm_child *child)
{
	return mm_outbox_flush(&child->outbox, child->socket, child->process) || tell_no_message(child);
}

struct pollfd
mm_child_waits_for(const struct mm_child *child)
{
	short events = child->outbox.first == NULL ? POLLIN : POLLIN | POLLOUT;

	return (struct pollfd){ .fd = child->socket, .events = events };
}

void
mm_child_close(struct mm_child *child)
{
	if (child->socket >= 0)
		close(child->socket);
	child->socket = -1;
	mm_outbox_clear(&child->outbox);
}

int
mm_child_kill(struct mm_child *child)
{
	int status = 0;

	mm_child_close(child);
	if (child->pid > 0) {
		kill(child->pid, SIGKILL);
		while (waitpid(child->pid, &status, 0) == -1 && errno == EINTR)
			continue;
	}
	child->pid = 0;
	return status;
}

void
mm_child_end_text(int status, char *text, size_t size)
{
	int number = WIFSIGNALED(status) ? WTERMSIG(status) : 0;

	if (WIFEXITED(status))
		snprintf(text, size, "ended with status %d", WEXITSTATUS(status));
	else if (number == SIGSYS)
		snprintf(text, size, "was killed by SIGSYS: it made a system call that its sandbox forbids");
	else
		snprintf(text, size, "was killed by SIG%s", number == 0 ? "?" : sigabbrev_np(number));
}
