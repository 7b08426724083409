/* SPDX-License-Identifier: Apache-2.0 */
/* The attack table through the command: mintmark verify --json. */
#include "test/vectors/attacks.h"

#include <stdio.h>
#include <string.h>

#define OUTPUT_MAX 65536

static bool
open_command(struct attack_world *world)
{
	static char output[OUTPUT_MAX];
	char program[ATTACK_PATH_MAX];
	const char *const argv[] = { attack_built(program, "cli/mintmark"), "check-config", "-c",
		world->config_path, NULL };
	int status = attack_run(argv, output, sizeof output);

	if (status != 0 && status != 2)
		attack_fail("check-config %s ended with %d:\n%s", world->config_path, status, output);
	world->alarms = strstr(output, "alarm") != NULL || strstr(output, "ALARM") != NULL;
	return status == 0;
}

static int
add_evidence(const char *argv[], int argc, const struct attack_shown *shown)
{
	const char *const proof[] = { "--dpop", shown->proof, "--method", ATTACK_METHOD, "--url", ATTACK_URL };

	for (size_t i = 0; shown->proof != NULL && i < sizeof proof / sizeof proof[0]; i++)
		argv[argc++] = proof[i];
	if (shown->certificate_path[0] != '\0') {
		argv[argc++] = "--certificate";
		argv[argc++] = shown->certificate_path;
	}
	return argc;
}

static void
ask_command(struct attack_world *world, size_t number, const struct attack_case *one, const char *token,
    const struct attack_shown *shown)
{
	static char output[OUTPUT_MAX];
	struct attack_answer *answer = &world->answers[number];
	char at[32], verdict[16] = "", program[ATTACK_PATH_MAX];
	const char *argv[24] = { attack_built(program, "cli/mintmark"), "verify", "-c", world->config_path, "-s",
		one->service, "--at", at, "--json" };
	int argc = 9, status;

	snprintf(at, sizeof at, "%lld", (long long)world->now_s);
	if (one->mailbox != NULL) {
		argv[argc++] = "--mailbox";
		argv[argc++] = one->mailbox;
	}
	argc = add_evidence(argv, argc, shown);
	argv[argc++] = "--";
	argv[argc++] = token;
	status = attack_run(argv, output, sizeof output);
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
	.forgets_proofs = true, /* each run takes a proof as new */
	.open = open_command,
	.ask = ask_command,
	.close = close_command,
};
