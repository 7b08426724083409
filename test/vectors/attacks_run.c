/* SPDX-License-Identifier: Apache-2.0 */
/* Running programs of the build, for the faces that are programs. */
#include "test/vectors/attacks.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

const char *
attack_built(char whole[ATTACK_PATH_MAX], const char *path)
{
	const char *build = getenv("MINTMARK_BUILD");

	snprintf(whole, ATTACK_PATH_MAX, "%s/%s", build == NULL ? "build" : build, path);
	return whole;
}

int
attack_run(const char *const argv[], char *output, size_t size)
{
	int ends[2], status;
	pid_t child;
	size_t len = 0;
	ssize_t got;

	if (pipe(ends) != 0 || (child = fork()) < 0)
		attack_fail("no child for %s", argv[0]);
	if (child == 0) {
		dup2(ends[1], STDOUT_FILENO);
		dup2(ends[1], STDERR_FILENO);
		close(ends[0]);
		close(ends[1]);
		execv(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	close(ends[1]);
	while (len < size - 1 && (got = read(ends[0], output + len, size - 1 - len)) > 0)
		len += (size_t)got;
	output[len] = '\0';
	close(ends[0]);
	if (waitpid(child, &status, 0) != child || !WIFEXITED(status) || WEXITSTATUS(status) == 127)
		attack_fail("%s did not end as it should:\n%s", argv[0], output);
	return WEXITSTATUS(status);
}
