/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Commands that only ask a running mintmarkd one question.
 */
#ifndef MM_CLI_CONTROL_OPTION_H
#define MM_CLI_CONTROL_OPTION_H

#include "cli/control.h"

struct mm_control_options {
	struct mm_control_target target;
	bool json;
	const char *argument; /* NULL: the command takes none */
};

/* Print an answer that is no error. Returns what to exit with. */
typedef int mm_control_tell(const struct mm_command *command, const struct mm_control_options *options,
    struct mm_slice line);

/*
 * Run a command that asks one question, which has its name: read -c, --socket and --json, and one argument, which
 * stands in the question as argument_name; NULL: there is none. Returns what tell() does, or says on standard error
 * what is wrong and returns what to exit with.
 */
int mm_control_run(const struct mm_command *command, int argc, char **argv, const char *argument_name,
    mm_control_tell *tell);

/* The answer as it stands, for programs. */
void mm_control_print_json(struct mm_slice line);

#endif
