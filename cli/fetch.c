/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mintmark fetch: have the keys of a realm fetched now.
 */
#include "cli/answer.h"
#include "cli/control_option.h"
#include "cli/terminal.h"

#include <inttypes.h>

static void
print(const struct mm_answer_object *answer)
{
	struct mm_slice text;

	mm_terminal_put(stdout, mm_answer_text(answer, "realm"), SIZE_MAX);
	if (mm_answer_is(answer, "outcome", "new"))
		fputs(": other keys than before", stdout);
	else if (mm_answer_is(answer, "outcome", "same"))
		fputs(": the same keys as before", stdout);
	else
		fputs(": not fetched", stdout);
	if (mm_answer_flag(answer, "done", false))
		printf(", %" PRId64 " of them, %" PRId64 " dropped", mm_answer_number(answer, "keys", 0),
		    mm_answer_number(answer, "dropped", 0));
	text = mm_answer_text(answer, "text");
	if (mm_slice_present(text) && text.len > 0) {
		fputs(": ", stdout);
		mm_terminal_put(stdout, text, SIZE_MAX);
	}
	fputc('\n', stdout);
}

static int
tell(const struct mm_command *command, const struct mm_control_options *options, struct mm_slice line)
{
	struct mm_answer_object answer;
	bool read = mm_answer_read(line, &answer);

	(void)command;
	if (options->json)
		mm_control_print_json(line);
	else if (read)
		print(&answer);
	return read && mm_answer_flag(&answer, "done", false) ? MM_EXIT_DONE : MM_EXIT_DENIED;
}

int
mm_command_fetch(const struct mm_command *command, int argc, char **argv)
{
	return mm_control_run(command, argc, argv, "realm", tell);
}
