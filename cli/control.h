/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Asking a running mintmarkd at its control socket (doc/PROTOCOL.control).
 */
#ifndef MM_CLI_CONTROL_H
#define MM_CLI_CONTROL_H

#include "cli/command.h"
#include "lib/base/buf.h"
#include "lib/codec/json.h"

#include <mintmark/slice.h>

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* Where to ask. */
struct mm_control_target {
	const char *config_path; /* whose state_dir has the socket */
	const char *socket_path; /* NULL: there */
};

struct mm_control {
	const struct mm_command *command;
	FILE *stream;
	char *line;
	size_t line_size;
};

/*
 * Connect and ask: question is one JSON object without a newline. Returns MM_EXIT_DONE, or says on standard error what
 * is wrong, and what to do, and returns what to exit with. Close it in either case.
 */
int mm_control_ask(struct mm_control *control, const struct mm_command *command,
    const struct mm_control_target *target, const struct mm_buf *question);

/* The next line of the answer, borrowed until the next call; false at its end. */
MM_MUST_USE bool mm_control_next(struct mm_control *control, struct mm_slice *line);
void mm_control_close(struct mm_control *control);

/*
 * Ask what has one object as its answer. Returns MM_EXIT_DONE with *line, as above; also "error" is told here, and what
 * is no object.
 */
int mm_control_ask_once(struct mm_control *control, const struct mm_command *command,
    const struct mm_control_target *target, const struct mm_buf *question, struct mm_slice *line);

/* Say that the answer is an error, if it is one. */
bool mm_control_tell_error(const struct mm_command *command, struct mm_slice line);

#endif
