/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Make a running process carry out a system call, as somebody who took it over would: attach, set the registers,
 * go on, see what becomes of it. For sandbox.sh.
 *
 *	inject PID CALL            into a running process
 *	inject --compiler PROGRAM CALL   into a compiler that is started for it, and waits in its sandbox for messages
 *
 * Prints "returned NUMBER" or "killed by SIGSYS"; exit status 77 where this machine lets nobody trace, or is of
 * another architecture.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define NOT_RUN 77

#ifndef __x86_64__
int
main(void)
{
	puts("not run: the registers of this architecture are not known here");
	return NOT_RUN;
}
#else

struct call {
	const char *name;
	long number;
	unsigned long long arguments[4];
};

static const struct call calls[] = {
	{ "getpid", SYS_getpid, { 0 } },
	{ "openat", SYS_openat, { (unsigned long long)AT_FDCWD, 0, O_RDWR } },
	{ "socket", SYS_socket, { AF_INET, SOCK_STREAM } },
	{ "socket-packet", SYS_socket, { AF_PACKET, SOCK_RAW } },
	{ "connect", SYS_connect, { 0 } },
	{ "execve", SYS_execve, { 0 } },
	{ "ptrace", SYS_ptrace, { PTRACE_TRACEME } },
	{ "mount", SYS_mount, { 0 } },
	{ "bpf", SYS_bpf, { 0 } },
};

static int
fail(const char *what)
{
	fprintf(stderr, "inject: %s: %s\n", what, strerror(errno));
	return errno == EPERM ? NOT_RUN : EXIT_FAILURE;
}

static const struct call *
find_call(const char *name)
{
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (strcmp(calls[i].name, name) == 0)
			return &calls[i];
	return NULL;
}

/* Wait for the tracee's next stop or its end. */
static int
wait_for(pid_t pid, int *status)
{
	while (waitpid(pid, status, __WALL) != pid)
		if (errno != EINTR)
			return fail("waitpid");
	return 0;
}

static int
tell_end(int status)
{
	if (WIFSIGNALED(status))
		printf("killed by SIG%s\n", sigabbrev_np(WTERMSIG(status)));
	else
		printf("ended with status %d\n", WEXITSTATUS(status));
	return EXIT_SUCCESS;
}

/*
 * Stop a process where it waits inside a system call, and take its registers: one that is at work is let go, without
 * the signal that stopped it, and tried again.
 */
static int
stop_in_call(pid_t pid, struct user_regs_struct *registers)
{
	static const struct timespec moment = { .tv_nsec = 10 * 1000 * 1000 };
	int status, rc;

	for (unsigned tries = 0; tries < 6000; tries++) {
		if (ptrace(PTRACE_ATTACH, pid, NULL, NULL) == -1)
			return fail("attach");
		if ((rc = wait_for(pid, &status)) != 0)
			return rc;
		if (ptrace(PTRACE_GETREGS, pid, NULL, registers) == -1)
			return fail("registers");
		if ((long)registers->orig_rax >= 0)
			return 0;
		if (ptrace(PTRACE_DETACH, pid, NULL, NULL) == -1)
			return fail("detach");
		nanosleep(&moment, NULL);
	}
	errno = EBUSY;
	return fail("the process is not in a system call");
}

/*
 * The process waits inside a system call, so that the instruction before its program counter is "syscall": step back
 * onto it with other registers, and stop at the call's return.
 */
static int
inject(pid_t pid, const struct call *call)
{
	struct user_regs_struct saved, changed;
	int status, rc;

	if ((rc = stop_in_call(pid, &saved)) != 0)
		return rc;
	changed = saved;
	changed.rip -= 2;
	changed.rax = (unsigned long long)call->number;
	changed.orig_rax = (unsigned long long)-1; /* nothing to be restarted */
	changed.rdi = call->arguments[0];
	changed.rsi = call->arguments[1];
	changed.rdx = call->arguments[2];
	changed.r10 = call->arguments[3];
	if (ptrace(PTRACE_SETREGS, pid, NULL, &changed) == -1 || ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL) == -1)
		return fail("registers");
	if ((rc = wait_for(pid, &status)) != 0)
		return rc;
	/* A filter's kill is told as a stop for SIGSYS first, where the process is traced. */
	if (WIFSTOPPED(status) && WSTOPSIG(status) != SIGTRAP) {
		if (ptrace(PTRACE_CONT, pid, NULL, (void *)(long)WSTOPSIG(status)) == -1 && errno != ESRCH)
			return fail("going on");
		if ((rc = wait_for(pid, &status)) != 0)
			return rc;
	}
	if (!WIFSTOPPED(status))
		return tell_end(status);
	if (ptrace(PTRACE_GETREGS, pid, NULL, &changed) == -1)
		return fail("registers");
	printf("returned %lld\n", (long long)changed.rax);
	/* As it was; the call that it waited in is made again. */
	saved.rip -= 2;
	saved.rax = saved.orig_rax;
	saved.orig_rax = (unsigned long long)-1;
	if (ptrace(PTRACE_SETREGS, pid, NULL, &saved) == -1 || ptrace(PTRACE_DETACH, pid, NULL, NULL) == -1)
		return fail("letting go");
	return EXIT_SUCCESS;
}

/* Whether the process is under a filter and waits for a message; its calls and state are in /proc. */
static int
is_waiting(pid_t pid)
{
	char path[64], line[256] = "";
	int filtered = 0;
	long number = -1;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	if ((file = fopen(path, "r")) != NULL) {
		while (fgets(line, sizeof(line), file) != NULL)
			filtered = filtered || strcmp(line, "Seccomp:\t2\n") == 0;
		fclose(file);
	}
	snprintf(path, sizeof(path), "/proc/%d/syscall", (int)pid);
	if ((file = fopen(path, "r")) != NULL) {
		if (fgets(line, sizeof(line), file) != NULL)
			number = strtol(line, NULL, 10); /* "running" gives 0, which is another call */
		fclose(file);
	}
	return filtered && number == SYS_recvmsg;
}

/* Start a compiler as mintmarkd does, and wait until it does. */
static pid_t
start_compiler(const char *program, int *socket)
{
	const struct timespec pause = { .tv_nsec = 10 * 1000 * 1000 };
	int pair[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) == -1 || (pid = fork()) == -1)
		return -1;
	if (pid == 0) {
		if (dup2(pair[1], 3) == 3 && setgroups(0, NULL) == 0 && setresgid(65534, 65534, 65534) == 0 &&
		    setresuid(65534, 65534, 65534) == 0)
			execl(program, program, (char *)NULL);
		_exit(EXIT_FAILURE);
	}
	*socket = pair[0];
	for (int tries = 0; tries < 6000; tries++) {
		if (is_waiting(pid))
			return pid;
		nanosleep(&pause, NULL);
	}
	kill(pid, SIGKILL);
	errno = ETIMEDOUT;
	return -1;
}

static int
inject_into_compiler(const char *program, const struct call *call)
{
	int socket = -1, rc;
	pid_t pid = start_compiler(program, &socket);

	if (pid == -1)
		return fail("starting the compiler");
	rc = inject(pid, call);
	kill(pid, SIGKILL);
	close(socket);
	return rc;
}

int
main(int argc, char **argv)
{
	const struct call *call = argc > 2 ? find_call(argv[argc - 1]) : NULL;

	if (call != NULL && argc == 4 && strcmp(argv[1], "--compiler") == 0)
		return inject_into_compiler(argv[2], call);
	if (call != NULL && argc == 3 && strtol(argv[1], NULL, 10) > 0)
		return inject((pid_t)strtol(argv[1], NULL, 10), call);
	fputs("usage: inject PID CALL | --compiler PROGRAM CALL\n", stderr);
	return 2;
}
#endif
