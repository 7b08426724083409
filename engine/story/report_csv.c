/* SPDX-License-Identifier: Apache-2.0 */
/*
 * findings.csv and messages.csv: RFC 4180, lines that end with CR LF, a head row. doc/hunt.md has the columns.
 */
#include "engine/detect/detection.h"
#include "engine/logs/moment.h"
#include "engine/story/report.h"
#include "engine/story/report_text.h"

#include <errno.h>
#include <inttypes.h>

/* A row is at most a record long, and what is hostile in it gets longer when it is shown. */
#define ROW_MAX ((size_t)128 * 1024 * 1024)
#define TITLE_MAX 1024

/* A file under writing, one row at a time. */
struct table {
	FILE *out;
	struct mm_buf row;
	const struct mm_names *names;
	int failure;
};

static void
table_init(struct table *table, FILE *out, const struct mm_story *story)
{
	*table = (struct table){ .out = out, .names = mm_logs_reading_names(mm_story_source(story)->reading) };
	mm_buf_init(&table->row, ROW_MAX);
}

/* Comma and cell; the first of a row has none. */
static void
add_slice(struct table *table, struct mm_slice text)
{
	mm_report_add_cell(&table->row, text);
	mm_buf_add_str(&table->row, ",");
}

static void
add_text(struct table *table, const char *text)
{
	add_slice(table, mm_slice_str(text));
}

static void
add_name(struct table *table, uint32_t name)
{
	add_slice(table, mm_names_text(table->names, name));
}

static void
add_number(struct table *table, uint64_t number)
{
	mm_buf_addf(&table->row, "%" PRIu64 ",", number);
}

static void
add_time(struct table *table, int64_t time_us)
{
	char text[MM_MOMENT_TEXT_MAX];

	add_text(table, mm_moment_text(time_us, text));
}

static void
add_subject(struct table *table, const struct mm_subject *subject)
{
	char room[MM_SUBJECT_TEXT_MAX];

	add_text(table, mm_subject_kind_name((enum mm_subject_kind)subject->kind));
	add_slice(table, mm_subject_text(subject, table->names, room));
}

/* Write the row, whose last comma becomes its end. Returns whether to go on. */
static bool
end_row(struct table *table)
{
	if (!mm_buf_ok(&table->row)) {
		table->failure = ENOMEM;
		return false;
	}
	errno = EIO;
	if (fwrite(table->row.data, 1, table->row.len - 1, table->out) != table->row.len - 1 ||
	    fputs("\r\n", table->out) == EOF) {
		table->failure = errno;
		return false;
	}
	table->row.len = 0;
	return true;
}

static int
table_end(struct table *table, int status)
{
	int failure = table->failure != 0 ? table->failure : status != 0 ? errno : 0;

	if (failure == 0 && fflush(table->out) != 0)
		failure = errno;
	mm_buf_clear(&table->row);
	errno = failure;
	return failure == 0 ? 0 : -1;
}

/* ---- findings ---- */

static void
add_facts(struct table *table, const struct mm_finding *finding)
{
	struct mm_buf facts;

	mm_buf_init(&facts, 65536);
	for (unsigned i = 0; i < finding->facts_count; i++) {
		mm_buf_addf(&facts, "%s%s=", i > 0 ? "; " : "", finding->facts[i].name);
		mm_report_add_fact(&facts, &finding->facts[i], table->names);
	}
	if (!mm_buf_ok(&facts))
		table->failure = ENOMEM;
	add_slice(table, mm_slice(facts.data, facts.len));
	mm_buf_clear(&facts);
}

static void
add_title(struct table *table, const struct mm_finding *finding)
{
	struct mm_buf title;

	mm_buf_init(&title, TITLE_MAX);
	mm_report_add_title(&title, finding);
	if (!mm_buf_ok(&title))
		table->failure = ENOMEM;
	add_slice(table, mm_slice(title.data, title.len));
	mm_buf_clear(&title);
}

static void
add_place(struct table *table, const struct mm_story *story, const struct mm_logs_place *place)
{
	add_text(table, mm_logs_reading_input(mm_story_source(story)->reading, place->input)->path);
	add_number(table, place->offset);
	add_number(table, place->length);
}

static bool
add_finding(struct table *table, const struct mm_story *story, const struct mm_finding *finding)
{
	add_text(table, mm_finding_class_name(finding->class));
	add_text(table, finding->detection->name);
	add_title(table, finding);
	add_subject(table, &finding->subject);
	add_name(table, finding->tenant);
	add_name(table, finding->mailbox);
	add_time(table, finding->first_us);
	add_time(table, finding->last_us);
	add_number(table, finding->records);
	add_facts(table, finding);
	if (finding->places_count > 0)
		add_place(table, story, &finding->places[0]);
	else
		mm_buf_add_str(&table->row, ",,,");
	return table->failure == 0 && end_row(table);
}

int
mm_report_findings_csv(FILE *out, struct mm_story *story)
{
	struct table table;
	bool going;

	table_init(&table, out, story);
	mm_buf_add_str(&table.row, "class,detection,title,subject_kind,subject,tenant,mailbox,first,last,records,facts,"
	                           "input,offset,length,");
	going = end_row(&table);
	for (size_t i = 0; going && i < mm_story_findings(story); i++)
		going = add_finding(&table, story, mm_story_finding(story, i));
	return table_end(&table, 0);
}

/* ---- messages ---- */

struct messages {
	struct table table;
	struct mm_story *story;
};

static bool
add_message(void *ctx, const struct mm_story_message *message)
{
	struct messages *messages = ctx;
	struct table *table = &messages->table;

	if (message->again)
		return true;
	add_number(table, (uint64_t)(message->answer - mm_story_answer(messages->story, 0)) + 1);
	add_subject(table, &message->answer->subject);
	add_text(table, message->certain ? "certain" : "possible");
	add_name(table, message->tenant);
	add_name(table, message->mailbox);
	add_time(table, message->time_us);
	add_slice(table, message->message_id);
	add_slice(table, message->id);
	add_slice(table, message->subject);
	add_slice(table, message->folder);
	add_number(table, message->size);
	add_slice(table, message->record_id);
	add_place(table, messages->story, &message->place);
	return end_row(table);
}

int
mm_report_messages_csv(FILE *out, struct mm_story *story)
{
	struct messages messages = { .story = story };
	struct table *table = &messages.table;
	int status = 0;

	table_init(table, out, story);
	mm_buf_add_str(&table->row, "answer,subject_kind,subject,certainty,tenant,mailbox,time,internet_message_id,"
	                            "item_id,mail_subject,folder,size,record_id,input,offset,length,");
	if (end_row(table))
		status = mm_story_messages(story, add_message, &messages);
	return table_end(table, status);
}
