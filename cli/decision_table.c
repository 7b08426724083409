/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records of a journal for people.
 *
 * Lines are written as they are read, so the widths cannot come from what stands in them: each column has a
 * width that it would like and one that it needs. Where the terminal is too narrow the widest give way first; where
 * even what they need does not fit, columns are left out.
 */
#include "cli/decision_table.h"

#include "cli/terminal.h"
#include "lib/base/array.h"

#include <inttypes.h>
#include <time.h>

/* Text of a cell before it is cut to its column: the longest field, and what is added. */
#define CELL_MAX (MM_JOURNAL_FIELD_MAX + 32)

/* A cell: its text, and a mark that is never cut off. */
struct cell {
	char buf[CELL_MAX];
	struct mm_slice text;
	const char *mark;
};

struct column {
	const char *title;
	size_t like, need;
	unsigned leave_out; /* which goes first where there is no room; 0: never */
	void (*fill)(const struct mm_journal_record *record, struct cell *cell);
};

static const char *
claimed_mark(const struct mm_journal_record *record)
{
	return record->verified ? "" : "?";
}

static void
fill_time(const struct mm_journal_record *record, struct cell *cell)
{
	time_t time = record->time_us / 1000000;
	struct tm tm;

	cell->text = mm_slice_str("?");
	if (record->time_us >= 0 && gmtime_r(&time, &tm) != NULL)
		cell->text = mm_slice(cell->buf, strftime(cell->buf, sizeof(cell->buf), "%m-%d %H:%M:%S", &tm));
}

static void
fill_service(const struct mm_journal_record *record, struct cell *cell)
{
	cell->text = record->fields[MM_JF_SERVICE];
}

/* Nobody was told what the shadow decided. */
static bool
is_of_shadow(const struct mm_journal_record *record)
{
	return mm_slice_equal(record->fields[MM_JF_PROTOCOL], mm_slice_str("shadow"));
}

static void
fill_verdict(const struct mm_journal_record *record, struct cell *cell)
{
	static const char *const words[2][2] = { { "deny", "allow" }, { "(deny)", "(allow)" } };

	cell->text = mm_slice_str(words[is_of_shadow(record)][record->allowed]);
}

static void
fill_reason(const struct mm_journal_record *record, struct cell *cell)
{
	cell->text = mm_slice_str(mm_reason_code(record->reason));
	if (record->kind != MM_JOURNAL_FOLDED)
		return;
	(void)snprintf(cell->buf, sizeof(cell->buf), "%s %s%" PRIu64, mm_reason_code(record->reason),
	    mm_terminal_shows(0xD7) ? "\u00D7" : "x", record->count);
	cell->text = mm_slice_str(cell->buf);
}

static void
fill_tenant(const struct mm_journal_record *record, struct cell *cell)
{
	cell->text = record->fields[MM_JF_TENANT];
	if (!mm_slice_present(cell->text))
		cell->text = record->fields[MM_JF_TENANT_ID];
	cell->mark = claimed_mark(record);
}

/* The mailbox that was opened, or whom the token names. */
static void
fill_who(const struct mm_journal_record *record, struct cell *cell)
{
	cell->text = record->fields[MM_JF_MAILBOX];
	if (!mm_slice_present(cell->text))
		cell->text = record->fields[MM_JF_SUBJECT];
	cell->mark = claimed_mark(record);
}

static void
fill_kid(const struct mm_journal_record *record, struct cell *cell)
{
	cell->text = record->fields[MM_JF_KID];
	cell->mark = claimed_mark(record);
}

static void
fill_proof(const struct mm_journal_record *record, struct cell *cell)
{
	if (record->kind == MM_JOURNAL_DECISION && record->proof != MM_ISSUANCE_NONE)
		cell->text = mm_slice_str(mm_issuance_name(record->proof));
}

static void
fill_source(const struct mm_journal_record *record, struct cell *cell)
{
	cell->text = record->fields[MM_JF_SOURCE];
}

static const struct column columns[] = {
	{ "TIME (UTC)", 14, 14, 6, fill_time },
	{ "SERVICE", 10, 7, 5, fill_service },
	{ "WHAT", 7, 7, 0, fill_verdict },
	{ "REASON", 22, 18, 0, fill_reason },
	{ "TENANT", 16, 8, 1, fill_tenant },
	{ "MAILBOX OR SUBJECT", 40, 12, 0, fill_who },
	{ "KID", 24, 8, 4, fill_kid },
	{ "PROOF", 11, 8, 2, fill_proof },
	{ "SOURCE", 39, 11, 3, fill_source },
};
_Static_assert(MM_COUNT_OF(columns) <= MM_DECISION_COLUMNS_MAX, "widths for all columns");

enum { VERDICT_COLUMN = 2, COLUMN_COUNT = MM_COUNT_OF(columns), LEFT_OUT_LAST = 6 };

/* ---- widths ---- */

static size_t
line_width(const struct mm_decision_table *table)
{
	size_t width = 0;

	for (size_t i = 0; i < COLUMN_COUNT; i++)
		width += table->width[i] > 0 ? table->width[i] + 1 : 0;
	return width - 1;
}

static size_t
needed_width(const struct mm_decision_table *table)
{
	size_t width = 0;

	for (size_t i = 0; i < COLUMN_COUNT; i++)
		width += table->width[i] > 0 ? columns[i].need + 1 : 0;
	return width - 1;
}

/* Leave out columns until what the others need fits. */
static void
leave_out(struct mm_decision_table *table)
{
	for (unsigned order = 1; order <= LEFT_OUT_LAST && needed_width(table) > table->columns; order++)
		for (size_t i = 0; i < COLUMN_COUNT; i++)
			if (columns[i].leave_out == order)
				table->width[i] = 0;
}

/* The widest column that can give way; COLUMN_COUNT where none can. */
static size_t
widest(const struct mm_decision_table *table)
{
	size_t found = COLUMN_COUNT;

	for (size_t i = 0; i < COLUMN_COUNT; i++)
		if (table->width[i] > columns[i].need &&
		    (found == COLUMN_COUNT || table->width[i] > table->width[found]))
			found = i;
	return found;
}

void
mm_decision_table_init(struct mm_decision_table *table, FILE *stream, size_t terminal_columns)
{
	size_t column;

	memset(table, 0, sizeof(*table));
	table->stream = stream;
	table->columns = terminal_columns > 0 ? terminal_columns : mm_terminal_columns(stream);
	for (size_t i = 0; i < COLUMN_COUNT; i++)
		table->width[i] = columns[i].like;
	if (table->columns == 0)
		return;
	leave_out(table);
	while (line_width(table) > table->columns && (column = widest(table)) < COLUMN_COUNT)
		table->width[column]--;
}

/* ---- lines ---- */

/* Write a cell and return its columns; at most max. */
static size_t
put_cell(FILE *stream, const struct cell *cell, size_t max)
{
	size_t mark = strlen(cell->mark), written;

	if (!mm_slice_present(cell->text))
		return mm_terminal_put_str(stream, "-");
	written = mm_terminal_put(stream, cell->text, max == SIZE_MAX ? max : max - mark);
	fputs(cell->mark, stream);
	return written + mark;
}

static void
put_blanks(FILE *stream, size_t from, size_t to)
{
	do
		fputc(' ', stream);
	while (from++ < to);
}

static bool
is_last(const struct mm_decision_table *table, size_t index)
{
	for (index++; index < COLUMN_COUNT; index++)
		if (table->width[index] > 0)
			return false;
	return true;
}

static void
put_column(const struct mm_decision_table *table, size_t index, const struct cell *cell)
{
	size_t width = table->width[index], written;

	if (width == 0)
		return;
	written = put_cell(table->stream, cell, table->columns == 0 ? SIZE_MAX : width);
	if (!is_last(table, index))
		put_blanks(table->stream, written, width);
}

static void
put_titles(struct mm_decision_table *table)
{
	if (table->headed)
		return;
	table->headed = true;
	mm_terminal_begin(table->stream, MM_STYLE_STRONG);
	for (size_t i = 0; i < COLUMN_COUNT; i++) {
		struct cell cell = { .text = mm_slice_str(columns[i].title), .mark = "" };

		put_column(table, i, &cell);
	}
	mm_terminal_end(table->stream);
	fputc('\n', table->stream);
}

static enum mm_terminal_style
style_of(const struct mm_journal_record *record, size_t column)
{
	if (column != VERDICT_COLUMN || is_of_shadow(record))
		return MM_STYLE_PLAIN;
	return record->allowed ? MM_STYLE_GOOD : MM_STYLE_BAD;
}

static void
put_decision(const struct mm_decision_table *table, const struct mm_journal_record *record)
{
	for (size_t i = 0; i < COLUMN_COUNT; i++) {
		enum mm_terminal_style style = style_of(record, i);
		struct cell cell = { .text = MM_SLICE_ABSENT, .mark = "" };

		columns[i].fill(record, &cell);
		if (style != MM_STYLE_PLAIN)
			mm_terminal_begin(table->stream, style);
		put_column(table, i, &cell);
		if (style != MM_STYLE_PLAIN)
			mm_terminal_end(table->stream);
	}
}

/* A finding or an event: its text takes the line. */
static void
put_note(const struct mm_decision_table *table, const struct mm_journal_record *record)
{
	const char *what = record->kind == MM_JOURNAL_FINDING ? "finding" : "event";
	size_t used = (table->width[0] > 0 ? table->width[0] + 1 : 0) + strlen(what) + 2;
	struct cell cell = { .text = MM_SLICE_ABSENT, .mark = "" };

	fill_time(record, &cell);
	put_column(table, 0, &cell);
	mm_terminal_begin(table->stream, record->kind == MM_JOURNAL_FINDING ? MM_STYLE_BAD : MM_STYLE_FAINT);
	fprintf(table->stream, "%s: ", what);
	mm_terminal_put(table->stream, record->text, table->columns > used ? table->columns - used : SIZE_MAX);
	mm_terminal_end(table->stream);
}

void
mm_decision_table_put(struct mm_decision_table *table, const struct mm_journal_record *record)
{
	put_titles(table);
	if (record->kind == MM_JOURNAL_DECISION || record->kind == MM_JOURNAL_FOLDED)
		put_decision(table, record);
	else
		put_note(table, record);
	fputc('\n', table->stream);
}
