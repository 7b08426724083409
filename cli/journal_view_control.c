/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading the gate's journal through the control socket: the desk filters, and sends a record a line.
 */
#include "cli/journal_view.h"

#include "cli/answer.h"
#include "engine/journal_json.h"
#include "engine/json_writer.h"

/* Twice the longest question, so that what is too long is refused where it is understood. */
#define QUESTION_MAX 8192

/* What one line of the answer came to. */
enum line {
	LINE_GO_ON,
	LINE_END,    /* everything was read */
	LINE_FAILED, /* told */
};

/* ---- the question ---- */

static void
add_filter(struct mm_json_writer *writer, const struct mm_journal_filter *filter)
{
	mm_json_add_str(writer, "service", filter->service);
	mm_json_add_str(writer, "kid", filter->kid);
	mm_json_add_str(writer, "tenant", filter->tenant);
	mm_json_add_str(writer, "protocol", filter->protocol);
	if (filter->by_verdict)
		mm_json_add_str(writer, "verdict", filter->allowed ? "allow" : "deny");
	if (filter->by_reason)
		mm_json_add_str(writer, "reason", mm_reason_code(filter->reason));
	if (filter->leads)
		mm_json_add_bool(writer, "leads", true);
	if (filter->since_us != INT64_MIN)
		mm_json_add_int(writer, "since_us", filter->since_us);
	if (filter->until_us != INT64_MAX)
		mm_json_add_int(writer, "until_us", filter->until_us);
}

static void
write_question(struct mm_buf *question, const struct mm_journal_view *view)
{
	struct mm_json_writer writer;

	mm_json_writer_init(&writer, question);
	mm_json_begin_object(&writer, NULL);
	mm_json_add_str(&writer, "ask", view->filter.autopsies ? "autopsies" : "decisions");
	add_filter(&writer, &view->filter);
	if (view->follow)
		mm_json_add_bool(&writer, "follow", true);
	if (view->by_last)
		mm_json_add_int(&writer, "last", (int64_t)view->last);
	mm_json_end_object(&writer);
}

/* ---- the answer ---- */

static enum line
take_record(struct mm_journal_view *view, struct mm_slice text)
{
	struct mm_journal_line line;
	enum line outcome = LINE_GO_ON;

	if (!mm_journal_json_parse(text, &line)) {
		fprintf(stderr, "mintmark %s: the answer cannot be read\n", view->command->name);
		outcome = LINE_FAILED;
	} else if (!mm_journal_view_put(view, &line.record, &line.where)) {
		outcome = LINE_FAILED;
	}
	mm_journal_line_clear(&line);
	return outcome;
}

static enum line
take_line(struct mm_journal_view *view, struct mm_slice text)
{
	struct mm_answer_object object;
	struct mm_journal_place where;

	if (mm_control_tell_error(view->command, text))
		return LINE_FAILED;
	if (mm_answer_read(text, &object) && mm_answer_flag(&object, "end", false))
		return LINE_END;
	if (!mm_answer_flag(&object, "damaged", false))
		return take_record(view, text);
	where.segment = (uint64_t)mm_answer_number(&object, "segment", 0);
	where.offset = (uint64_t)mm_answer_number(&object, "offset", 0);
	mm_journal_view_tell_damage(view, &where);
	return LINE_GO_ON;
}

static int
take_answer(struct mm_journal_view *view, struct mm_control *control)
{
	enum line outcome = LINE_GO_ON;
	struct mm_slice text;

	while (outcome == LINE_GO_ON && mm_control_next(control, &text)) {
		outcome = take_line(view, text);
		if (view->follow && fflush(stdout) != 0)
			outcome = LINE_FAILED;
	}
	if (outcome == LINE_GO_ON)
		fprintf(stderr, "mintmark %s: the answer ended before its end: mintmarkd ended, or its desk did\n",
		    view->command->name);
	return outcome == LINE_END && !view->damaged ? MM_EXIT_DONE : MM_EXIT_DENIED;
}

int
mm_journal_view_ask(struct mm_journal_view *view)
{
	struct mm_control control;
	struct mm_buf question;
	int status;

	mm_buf_init(&question, QUESTION_MAX);
	write_question(&question, view);
	status = mm_control_ask(&control, view->command, &view->target, &question);
	if (status == MM_EXIT_DONE)
		status = take_answer(view, &control);
	mm_control_close(&control);
	mm_buf_clear(&question);
	return status;
}
