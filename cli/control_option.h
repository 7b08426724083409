/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The command line of what only asks a running mintmarkd.
 */
#ifndef MM_CLI_CONTROL_OPTION_H
#define MM_CLI_CONTROL_OPTION_H

#include "cli/control.h"

struct mm_control_options {
	struct mm_control_target target;
	bool json;
	const char *argument; /* NULL: the command takes none */
};

/*
 * Read -c, --socket and --json, and one argument, which argument_name calls; NULL: there is none. Returns MM_EXIT_DONE,
 * or says what is wrong and returns MM_EXIT_USAGE.
 */
int mm_control_options_parse(const struct mm_command *command, int argc, char **argv, const char *argument_name,
    struct mm_control_options *options);

/* The answer as it stands, for programs. */
void mm_control_print_json(struct mm_slice line);

#endif
