/* SPDX-License-Identifier: Apache-2.0 */
/* The attack table through the command: mintmark verify --json. */
#include "test/vectors/attacks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define OUTPUT_MAX 65536

static const char *
program(void)
{
	static char path[512];
	const char *build = getenv("MINTMARK_BUILD");

	snprintf(path, sizeof path, "%s/cli/mintmark", build == NULL ? "build" : build);
	return path;
}

/* Run it with its standard output and error in one text; returns its exit status. */
static int
run(const char *const argv[], char output[OUTPUT_MAX])
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
	while (len < OUTPUT_MAX - 1 && (got = read(ends[0], output + len, OUTPUT_MAX - 1 - len)) > 0)
		len += (size_t)got;
	output[len] = '\0';
	close(ends[0]);
	if (waitpid(child, &status, 0) != child || !WIFEXITED(status) || WEXITSTATUS(status) == 127)
		attack_fail("%s did not end as it should:\n%s", argv[0], output);
	return WEXITSTATUS(status);
}

static bool
open_command(struct attack_world *world, bool *alarms)
{
	static char output[OUTPUT_MAX];
	const char *const argv[] = { program(), "check-config", "-c", world->config_path, NULL };
	int status = run(argv, output);

	if (status != 0 && status != 2)
		attack_fail("check-config %s ended with %d:\n%s", world->config_path, status, output);
	*alarms = strstr(output, "alarm") != NULL || strstr(output, "ALARM") != NULL;
	return status == 0;
}

static void
ask_command(struct attack_world *world, size_t number, const struct attack_case *one, const char *token)
{
	static char output[OUTPUT_MAX];
	struct attack_answer *answer = &world->answers[number];
	char at[32], verdict[16] = "";
	const char *argv[16] = { program(), "verify", "-c", world->config_path, "-s", one->service, "--at", at, "--json" };
	int argc = 9, status;

	snprintf(at, sizeof at, "%lld", (long long)world->now_s);
	if (one->mailbox != NULL) {
		argv[argc++] = "--mailbox";
		argv[argc++] = one->mailbox;
	}
	argv[argc++] = "--";
	argv[argc++] = token;
	status = run(argv, output);
	answer->asked = attack_json_word(output, "verdict", verdict, sizeof verdict) &&
	    attack_json_word(output, "reason", answer->reason, sizeof answer->reason);
	answer->allowed = strcmp(verdict, "allow") == 0;
	if (status != (answer->allowed ? 0 : 1))
		attack_fail("attacks.tsv:%d: verdict '%s' and exit status %d\n%s", one->line, verdict, status, output);
}

static void
close_command(struct attack_world *world)
{
	(void)world;
}

const struct attack_face attack_face = {
	.name = "command",
	.chooses_time = true,
	.open = open_command,
	.ask = ask_command,
	.close = close_command,
};
