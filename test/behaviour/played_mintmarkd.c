/* SPDX-License-Identifier: Apache-2.0 */
/* The start and the end of a process, as mintmarkd sees them. */
#include "test/behaviour/played_mintmarkd.h"

#include "daemon/ipc/limits.h"
#include "daemon/sandbox/sandbox.h"

#include <grp.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

pid_t child;
int control = -1;

void
die(const char *what)
{
	perror(what);
	if (child > 0)
		kill(child, SIGKILL);
	exit(2);
}

static void
run(const char *name, const char *program, int socket)
{
	static char time_zone[] = "TZ=UTC0", leaks[] = "ASAN_OPTIONS=detect_leaks=0";
	char *const environment[] = { time_zone, leaks, NULL };
	char full_name[64];
	char *const arguments[] = { full_name, NULL };

	(void)snprintf(full_name, sizeof(full_name), "mintmark-%s", name);
	if (dup2(socket, MM_CONTROL_FD) == -1 || close_range(MM_CONTROL_FD + 1, UINT_MAX, 0) == -1)
		_exit(126);
	if (geteuid() == 0 && (setgroups(0, NULL) == -1 || setresgid(NOBODY, NOBODY, NOBODY) == -1 ||
	                          setresuid(NOBODY, NOBODY, NOBODY) == -1))
		_exit(126);
	execve(program, arguments, environment);
	_exit(127);
}

void
start_child(const char *name, const char *program)
{
	int pair[2];

	mm_sandbox_prepare();
	if (!mm_sandbox_enter(MM_PROCESS_MINTMARKD, 0, 0))
		exit(2);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == -1)
		die("socketpair");
	child = fork();
	if (child == 0)
		run(name, program, pair[1]);
	if (child == -1)
		die("fork");
	close(pair[1]);
	control = pair[0];
	printf("%s %ld\n", name, (long)child);
}

void
wait_for_child(void)
{
	int status;

	if (waitpid(child, &status, 0) != child)
		die("waitpid");
	printf("end %s%d\n", WIFSIGNALED(status) ? "signal " : "",
	    WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
}
