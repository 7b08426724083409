/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mintmark fetch: have the keys of a realm fetched now.
 */
#include "cli/answer.h"
#include "cli/control_option.h"
#include "cli/terminal.h"
#include "engine/json_writer.h"

#include <inttypes.h>

/* Twice the longest question, so that what is too long is refused where it is understood. */
#define QUESTION_MAX 8192

static void
write_question(struct mm_buf *question, const char *realm)
{
	struct mm_json_writer writer;

	mm_json_writer_init(&writer, question);
	mm_json_begin_object(&writer, NULL);
	mm_json_add_str(&writer, "ask", "fetch");
	mm_json_add_str(&writer, "realm", realm);
	mm_json_end_object(&writer);
}

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
tell(const struct mm_control_options *options, struct mm_slice line)
{
	struct mm_answer_object answer;
	bool read = mm_answer_read(line, &answer);

	if (options->json)
		mm_control_print_json(line);
	else if (read)
		print(&answer);
	return read && mm_answer_flag(&answer, "done", false) ? MM_EXIT_DONE : MM_EXIT_DENIED;
}

int
mm_command_fetch(const struct mm_command *command, int argc, char **argv)
{
	struct mm_control_options options;
	struct mm_control control;
	struct mm_slice line;
	struct mm_buf question;
	int status = mm_control_options_parse(command, argc, argv, "realm", &options);

	if (status != MM_EXIT_DONE)
		return status;
	mm_buf_init(&question, QUESTION_MAX);
	write_question(&question, options.argument);
	status = mm_control_ask_once(&control, command, &options.target, &question, &line);
	if (status == MM_EXIT_DONE)
		status = tell(&options, line);
	mm_control_close(&control);
	mm_buf_clear(&question);
	return status;
}
