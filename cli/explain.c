/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mintmark explain: the decision step by step, for a person who debugs a 401.
 */
#include "cli/command.h"
#include "cli/question.h"
#include "cli/report.h"
#include "cli/terminal.h"
#include "cli/when.h"
#include "lib/base/array.h"
#include "lib/base/limits.h"

#include <stdio.h>

/* The steps of the decision by their numbers, for those that the trace does not tell of. */
static const char *const step_names[] = {
	[1] = "Shape",
	[2] = "Header",
	[3] = "Realm",
	[4] = "Key",
	[5] = "Key state",
	[6] = "Signature",
	[7] = "Class and provenance",
	[8] = "Claims",
	[9] = "Mailbox",
	[10] = "Sender constraint",
	[11] = "Revocation",
	[12] = "Proof of issuance",
	[13] = "Scope",
};

#define STEP_LAST 13

/* Columns of what was compared. */
#define WHAT_COLUMNS 20

/* What became of a step. */
enum step_outcome {
	STEP_PASSED,
	STEP_STOPPED,
	STEP_NOT_REACHED, /* an earlier one stopped the decision */
	STEP_OUTCOMES
};

struct outcome_row {
	const char *member; /* in JSON */
	const char *text;
	enum mm_terminal_style style;
};

static const struct outcome_row outcomes[STEP_OUTCOMES] = {
	[STEP_PASSED] = { "passed", "passed", MM_STYLE_GOOD },
	[STEP_STOPPED] = { "stopped", "stopped here", MM_STYLE_BAD },
	[STEP_NOT_REACHED] = { "not_reached", "not reached", MM_STYLE_FAINT },
};

struct explanation {
	struct mm_json_writer *writer; /* NULL: for people */
	unsigned next;                 /* the first step that was not told of */
};

/* ---- for people ---- */

static void
print_outcome(unsigned number, const char *name, enum step_outcome outcome)
{
	const struct outcome_row *row = &outcomes[outcome];

	printf("%2u  %-21s", number, name);
	mm_terminal_begin(stdout, row->style);
	fputs(row->text, stdout);
	mm_terminal_end(stdout);
}

/* A number of this many digits and more is a time; shorter ones are lengths and durations. */
#define TIME_DIGITS_MIN 9

/* Digits at the start of text as a time; returns how many there are, 0 where they make none. */
static size_t
leading_time(struct mm_slice text, int64_t *time_s)
{
	size_t len = 0;

	*time_s = 0;
	while (len < text.len && text.ptr[len] >= '0' && text.ptr[len] <= '9') {
		if (*time_s > MM_TIME_MAX_S / 10)
			return 0;
		*time_s = *time_s * 10 + (text.ptr[len++] - '0');
	}
	return len >= TIME_DIGITS_MIN ? len : 0;
}

/* The times in a comparison stand there as numbers, as in the token; say them for people too. */
static void
print_times_of(struct mm_slice text)
{
	char when[MM_WHEN_MAX];
	int64_t time_s;

	for (size_t at = 0; at < text.len; at++) {
		size_t len = leading_time(mm_slice(text.ptr + at, text.len - at), &time_s);

		if (len == 0)
			continue;
		mm_when_format(time_s, when);
		printf(" (%s)", when);
		at += len;
	}
}

static bool
is_about_time(const char *what)
{
	static const char *const times[] = { "iat", "nbf", "exp" };

	for (size_t i = 0; i < MM_COUNT_OF(times); i++) {
		if (strcmp(what, times[i]) == 0)
			return true;
	}
	return false;
}

/* Columns up to which a comparison that held stays on its line. */
#define LINE_COLUMNS 110

static void
print_value(const char *what, struct mm_slice value)
{
	mm_terminal_put(stdout, value, SIZE_MAX);
	if (is_about_time(what))
		print_times_of(value);
}

/* What was expected, behind what was found where it fits and the step passed, else below it. */
static void
print_expected(const struct mm_compared *compared, struct mm_slice found, bool stopped)
{
	size_t columns = WHAT_COLUMNS + mm_terminal_width(found) + mm_terminal_width(compared->expected);
	bool below = stopped || is_about_time(compared->what) || columns > LINE_COLUMNS;

	if (below)
		printf("\n    %-*s", WHAT_COLUMNS + 1, "");
	else
		fputs("  ", stdout);
	mm_terminal_begin(stdout, stopped ? MM_STYLE_PLAIN : MM_STYLE_FAINT);
	fputs(below ? "expected: " : "(expected: ", stdout);
	print_value(compared->what, compared->expected);
	fputs(below ? "" : ")", stdout);
	mm_terminal_end(stdout);
}

static void
print_compared(const struct mm_compared *compared, bool stopped, bool last)
{
	struct mm_slice found = mm_slice_present(compared->found) ? compared->found : mm_slice_str("none");

	printf("    %-*s", WHAT_COLUMNS + 1, compared->what);
	print_value(compared->what, found);
	if (mm_slice_present(compared->expected) && !mm_slice_equal(found, compared->expected))
		print_expected(compared, found, stopped);
	else if (!mm_slice_present(compared->expected) && stopped && last)
		printf("\n    %-*sexpected: nothing known here fits", WHAT_COLUMNS + 1, "");
	fputc('\n', stdout);
}

static void
print_step(const struct mm_trace_step *step, enum step_outcome outcome)
{
	print_outcome(step->number, step->name, outcome);
	if (step->reason != MM_OK)
		printf(": %s", mm_reason_code(step->reason));
	fputc('\n', stdout);
	for (size_t i = 0; i < step->compared_count; i++)
		print_compared(&step->compared[i], step->reason != MM_OK, i + 1 == step->compared_count);
}

/* ---- for programs ---- */

static void
begin_step_json(struct mm_json_writer *writer, unsigned number, const char *name, enum step_outcome outcome)
{
	mm_json_begin_object(writer, NULL);
	mm_json_add_int(writer, "number", number);
	mm_json_add_str(writer, "name", name);
	mm_json_add_str(writer, "result", outcomes[outcome].member);
}

static void
write_step(struct mm_json_writer *writer, const struct mm_trace_step *step, enum step_outcome outcome)
{
	begin_step_json(writer, step->number, step->name, outcome);
	if (step->reason != MM_OK)
		mm_json_add_str(writer, "reason", mm_reason_code(step->reason));
	mm_json_begin_array(writer, "compared");
	for (size_t i = 0; i < step->compared_count; i++) {
		mm_json_begin_object(writer, NULL);
		mm_json_add_str(writer, "what", step->compared[i].what);
		mm_json_add_slice(writer, "found", step->compared[i].found);
		mm_json_add_slice(writer, "expected", step->compared[i].expected);
		mm_json_end_object(writer);
	}
	mm_json_end_array(writer);
	mm_json_end_object(writer);
}

/* ---- the walk over the steps ---- */

/* Tell of the steps behind the one that stopped the decision. */
static void
tell_not_reached(struct explanation *explanation)
{
	for (; explanation->next <= STEP_LAST; explanation->next++) {
		const char *name = step_names[explanation->next];

		if (explanation->writer == NULL) {
			print_outcome(explanation->next, name, STEP_NOT_REACHED);
			fputc('\n', stdout);
		} else {
			begin_step_json(explanation->writer, explanation->next, name, STEP_NOT_REACHED);
			mm_json_end_object(explanation->writer);
		}
	}
}

/* An mm_trace_fn. */
static void
tell_step(void *ctx, const struct mm_trace_step *step)
{
	struct explanation *explanation = ctx;
	enum step_outcome outcome = step->reason == MM_OK ? STEP_PASSED : STEP_STOPPED;

	explanation->next = step->number + 1;
	if (explanation->writer == NULL)
		print_step(step, outcome);
	else
		write_step(explanation->writer, step, outcome);
}

static int
decide_aloud(struct mm_answer *answer, struct mm_json_writer *writer)
{
	struct explanation explanation = { writer, 1 };
	int status;

	mm_decision_trace(answer->decision, tell_step, &explanation);
	status = mm_answer_decide(answer);
	tell_not_reached(&explanation);
	return status;
}

/* ---- the command ---- */

static int
explain_to_people(const struct mm_question *question, struct mm_answer *answer)
{
	int status = decide_aloud(answer, NULL);

	fputc('\n', stdout);
	mm_report_print_verdict(answer);
	mm_report_print_mend(answer);
	mm_report_print_facts(question, answer);
	return status;
}

static int
explain_to_programs(const struct mm_question *question, struct mm_answer *answer)
{
	struct mm_json_writer writer;
	struct mm_buf buf;
	int status;

	mm_buf_init(&buf, MM_REPORT_LEN_MAX);
	mm_json_writer_init(&writer, &buf);
	mm_json_begin_object(&writer, NULL);
	mm_json_begin_array(&writer, "steps");
	status = decide_aloud(answer, &writer);
	mm_json_end_array(&writer);
	mm_report_write(&writer, question, answer);
	mm_json_end_object(&writer);
	return mm_report_print_json(&buf) ? status : MM_EXIT_USAGE;
}

int
mm_command_explain(const struct mm_command *command, int argc, char **argv)
{
	struct mm_question question;
	struct mm_answer answer;
	int status;

	status = mm_question_parse(command, argc, argv, &question);
	if (status != MM_EXIT_DONE)
		return status;
	status = mm_answer_prepare(command, &question, &answer);
	if (status == MM_EXIT_DONE)
		status = question.json ? explain_to_programs(&question, &answer) :
		    explain_to_people(&question, &answer);
	mm_answer_clear(&answer);
	return status;
}
