/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mintmark reload: have mintmarkd read its configuration anew, and tell what that lets in and shuts out.
 */
#include "cli/answer.h"
#include "cli/control_option.h"
#include "cli/terminal.h"

#include <inttypes.h>

static void
put_problem(FILE *stream, const struct mm_answer_object *problem)
{
	int64_t line = mm_answer_number(problem, "line", 0);
	struct mm_slice mend;

	mm_terminal_put(stream, mm_answer_text(problem, "where"), SIZE_MAX);
	if (line > 0)
		fprintf(stream, ":%" PRId64, line);
	fputs(": ", stream);
	mm_terminal_put(stream, mm_answer_text(problem, "text"), SIZE_MAX);
	fputc('\n', stream);
	mend = mm_answer_text(problem, "mend");
	if (!mm_slice_present(mend))
		return;
	fputs("    ", stream);
	mm_terminal_put(stream, mend, SIZE_MAX);
	fputc('\n', stream);
}

/* Where it was refused, what is wrong; else what should be looked at, which refuses nothing. */
static void
put_problems(FILE *stream, const struct mm_answer_object *answer)
{
	struct mm_json_value problems = mm_answer_array(answer, "problems"), element;
	struct mm_answer_object problem;
	size_t position = 0;

	while (mm_json_next(problems, &position, &element))
		if (mm_answer_element(element, &problem) && !mm_answer_is(&problem, "class", "remark"))
			put_problem(stream, &problem);
}

static void
put_difference(const struct mm_answer_object *answer)
{
	struct mm_json_value lines = mm_answer_array(answer, "difference"), line;
	size_t position = 0;

	while (mm_json_next(lines, &position, &line)) {
		mm_terminal_put(stdout, mm_answer_text_of(line), SIZE_MAX);
		fputc('\n', stdout);
	}
}

static int
print(const struct mm_command *command, struct mm_slice line)
{
	struct mm_answer_object answer;

	if (!mm_answer_read(line, &answer)) {
		fprintf(stderr, "mintmark %s: the answer cannot be read\n", command->name);
		return MM_EXIT_DENIED;
	}
	if (!mm_answer_flag(&answer, "done", false)) {
		put_problems(stderr, &answer);
		fprintf(stderr, "mintmark %s: refused; everything stays as it was, at epoch %" PRId64 "\n",
		    command->name, mm_answer_number(&answer, "epoch", 0));
		return MM_EXIT_DENIED;
	}
	put_problems(stderr, &answer);
	put_difference(&answer);
	printf("in use, epoch %" PRId64 "\n", mm_answer_number(&answer, "epoch", 0));
	return MM_EXIT_DONE;
}

static int
print_json(struct mm_slice line)
{
	struct mm_answer_object answer;

	mm_control_print_json(line);
	return mm_answer_read(line, &answer) && mm_answer_flag(&answer, "done", false) ? MM_EXIT_DONE : MM_EXIT_DENIED;
}

static int
tell(const struct mm_command *command, const struct mm_control_options *options, struct mm_slice line)
{
	return options->json ? print_json(line) : print(command, line);
}

int
mm_command_reload(const struct mm_command *command, int argc, char **argv)
{
	return mm_control_run(command, argc, argv, NULL, tell);
}
