/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mintmark verify: is this token allowed?
 */
#include "cli/command.h"
#include "cli/question.h"
#include "cli/report.h"

#include <stdio.h>

static void
print_answer(const struct mm_question *question, const struct mm_answer *answer)
{
	mm_report_print_verdict(answer);
	mm_report_print_facts(question, answer);
	mm_report_print_mend(answer);
}

static bool
print_answer_json(const struct mm_question *question, const struct mm_answer *answer)
{
	struct mm_json_writer writer;
	struct mm_buf buf;

	mm_buf_init(&buf, MM_REPORT_LEN_MAX);
	mm_json_writer_init(&writer, &buf);
	mm_json_begin_object(&writer, NULL);
	mm_report_write(&writer, question, answer);
	mm_json_end_object(&writer);
	return mm_report_print_json(&buf);
}

static int
answer_question(const struct mm_question *question, struct mm_answer *answer)
{
	int status = mm_answer_decide(answer);

	if (!question->json)
		print_answer(question, answer);
	else if (!print_answer_json(question, answer))
		return MM_EXIT_USAGE;
	return status;
}

int
mm_command_verify(const struct mm_command *command, int argc, char **argv)
{
	struct mm_question question;
	struct mm_answer answer;
	int status;

	status = mm_question_parse(command, argc, argv, &question);
	if (status != MM_EXIT_DONE)
		return status;
	status = mm_answer_prepare(command, &question, &answer);
	if (status == MM_EXIT_DONE)
		status = answer_question(&question, &answer);
	mm_answer_clear(&answer);
	return status;
}
