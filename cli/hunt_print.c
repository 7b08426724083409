/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The summary of 'mintmark hunt'. Names of the logs are strangers' text: everything goes through cli/terminal.h.
 */
#include "cli/hunt_print.h"

#include "cli/terminal.h"
#include "cli/when.h"
#include "engine/detect/detection.h"
#include "engine/logs/shape.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Where texts begin, behind their titles. */
#define TEXT_COLUMN 10

/* More than these are only counted. */
#define ANSWERS_MAX 3
#define CHANGES_MAX 3
#define MAILBOXES_MAX 10
#define TROUBLES_MAX 8

/* Of a name: as much as stands beside what else is in its line. */
#define NAME_COLUMNS_MAX 60

#define LINE_MAX_LEN 4096

/* What a time ends with. */
#define ZONE " UTC"

/* A line is put together, and broken where the terminal ends. */
struct line {
	char bytes[LINE_MAX_LEN];
	size_t len;
};

static void add(struct line *line, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void
add(struct line *line, const char *format, ...)
{
	va_list arguments;
	int len;

	va_start(arguments, format);
	len = vsnprintf(line->bytes + line->len, sizeof(line->bytes) - line->len, format, arguments);
	va_end(arguments);
	if (len > 0 && (size_t)len < sizeof(line->bytes) - line->len)
		line->len += (size_t)len;
}

static void
add_slice(struct line *line, struct mm_slice text)
{
	size_t room = sizeof(line->bytes) - line->len, len = text.len < room ? text.len : room;

	if (len > 0)
		memcpy(line->bytes + line->len, text.ptr, len);
	line->len += len;
}

static void
put_title(const char *title, enum mm_terminal_style style)
{
	mm_terminal_begin(stdout, style);
	fputs(title, stdout);
	mm_terminal_end(stdout);
	fprintf(stdout, "%*s", (int)(TEXT_COLUMN - strlen(title)), "");
}

static void
put_line(const char *title, const struct line *line)
{
	put_title(title, MM_STYLE_STRONG);
	mm_terminal_put_wrapped(stdout, mm_slice(line->bytes, line->len), TEXT_COLUMN);
}

static const char *
plural(uint64_t count, const char *one, const char *many)
{
	return count == 1 ? one : many;
}

static void
add_time(struct line *line, int64_t time_us)
{
	char when[MM_WHEN_MAX];

	mm_when_format(time_us / 1000000, when);
	add(line, "%s", when);
}

/* ---- what was read ---- */

uint64_t
mm_hunt_records_of(const struct mm_logs_reading *reading, enum mm_logs_family family, size_t first, size_t end)
{
	uint64_t records = 0;

	for (size_t i = first; i < end; i++)
		for (size_t j = 0; j < mm_logs_shapes_count; j++)
			if (mm_logs_shapes[j]->family == family)
				records += mm_logs_reading_input(reading, i)->shapes[j];
	return records;
}

static void
add_trouble(struct line *line, const struct mm_logs_reading *reading, size_t input, size_t kind, uint64_t count)
{
	const struct mm_logs_trouble *first = mm_logs_reading_first_trouble(reading, input,
	    (enum mm_logs_trouble_kind)kind);

	add(line, ": %s", mm_logs_trouble_text((enum mm_logs_trouble_kind)kind));
	if (first != NULL && first->failure != 0)
		add(line, ": %s", strerror(first->failure));
	if (count > 1)
		add(line, ", %" PRIu64 " times", count);
	if (first != NULL && first->line != 0 && kind != MM_LOGS_TROUBLE_NO_FORM)
		add(line, "%s line %" PRIu64, count > 1 ? ", first in" : " in", first->line);
}

/* What there is of an input in spite of its troubles. */
static void
put_troubles_of(FILE *stream, const struct mm_logs_reading *reading, size_t input, size_t indent)
{
	const struct mm_logs_input_report *report = mm_logs_reading_input(reading, input);
	struct line line = { .len = 0 };
	uint64_t read = mm_logs_input_known(report);

	add_slice(&line, mm_slice_str(report->path));
	if (mm_logs_tally_troubles(&report->tally) == 0)
		add(&line, ": the file is empty");
	for (size_t kind = 0; kind < MM_LOGS_TROUBLES; kind++)
		if (report->tally.troubles[kind] > 0)
			add_trouble(&line, reading, input, kind, report->tally.troubles[kind]);
	if (read > 0)
		add(&line, "; %" PRIu64 " of its records were read", read);
	mm_terminal_put_wrapped(stream, mm_slice(line.bytes, line.len), indent);
}

/* Returns how many there are; so many were told before them. */
static size_t
put_read(FILE *stream, const struct mm_logs_reading *reading, enum mm_logs_extent extent, size_t before, size_t indent)
{
	size_t count = 0;

	for (size_t i = 0; i < mm_logs_reading_inputs(reading); i++) {
		if (mm_logs_reading_extent(reading, i) != extent || before + count++ >= TROUBLES_MAX)
			continue;
		if (before + count > 1 && indent > 0)
			fprintf(stream, "%*s", (int)indent, "");
		put_troubles_of(stream, reading, i, indent);
	}
	return count;
}

size_t
mm_hunt_print_troubles(FILE *stream, const struct mm_logs_reading *reading, size_t indent)
{
	size_t count = put_read(stream, reading, MM_LOGS_READ_IN_PART, 0, indent);

	count += put_read(stream, reading, MM_LOGS_READ_NO_LOG, count, indent);
	if (count > TROUBLES_MAX)
		fprintf(stream, "%*sand %zu more files; --json and --out tell all\n", (int)indent, "",
		    count - TROUBLES_MAX);
	return count;
}

static void
add_span(struct line *line, int64_t first_us, int64_t last_us)
{
	if (first_us == MM_LOGS_NO_TIME)
		return;
	add_time(line, first_us);
	if (last_us == first_us)
		return;
	/* The zone stands once, behind both. */
	if (line->len > strlen(ZONE) && memcmp(line->bytes + line->len - strlen(ZONE), ZONE, strlen(ZONE)) == 0)
		line->len -= strlen(ZONE);
	add(line, " to ");
	add_time(line, last_us);
}

static void
put_inputs(const struct mm_hunt_view *view)
{
	uint64_t duplicates = mm_logs_reading_tally(view->reading)->steps[MM_LOGS_STEP_DUPLICATE];
	size_t inputs = mm_logs_reading_inputs(view->reading);
	int64_t first_us = MM_LOGS_NO_TIME, last_us = MM_LOGS_NO_TIME;
	struct line line = { .len = 0 };
	uint64_t records = 0;

	for (size_t i = 0; i < inputs; i++) {
		const struct mm_logs_input_report *report = mm_logs_reading_input(view->reading, i);

		records += report->records;
		if (report->first_us == MM_LOGS_NO_TIME)
			continue;
		if (first_us == MM_LOGS_NO_TIME || report->first_us < first_us)
			first_us = report->first_us;
		if (report->last_us > last_us)
			last_us = report->last_us;
	}
	add(&line, "%zu %s, %" PRIu64 " %s (%" PRIu64 " %s)%s", inputs, plural(inputs, "file", "files"), records,
	    plural(records, "record", "records"), duplicates, plural(duplicates, "duplicate", "duplicates"),
	    first_us == MM_LOGS_NO_TIME ? "" : ", ");
	add_span(&line, first_us, last_us);
	put_line("read", &line);
	if (mm_logs_reading_count_extent(view->reading, MM_LOGS_READ_WHOLE) == inputs)
		return;
	put_title("not read", MM_STYLE_BAD);
	(void)mm_hunt_print_troubles(stdout, view->reading, TEXT_COLUMN);
}

/* ---- answers ---- */

static void
add_count(struct line *line, const struct mm_story_count *count, bool certain, const char *one, const char *many)
{
	uint64_t number = certain ? count->at_least : count->on_record;

	if (number == 0)
		return;
	add(line, "%s%" PRIu64 " %s", line->len == 0 || line->bytes[line->len - 1] == ' ' ? "" : ", ", number,
	    plural(number, one, many));
	if (certain && count->on_record > count->at_least)
		add(line, " (%" PRIu64 " on record)", count->on_record);
}

static void
put_numbers(const struct mm_answer *answer)
{
	bool certain = answer->class >= MM_FINDING_STRONG;
	struct line line = { .len = 0 };

	if (answer->records.on_record == 0)
		return;
	add(&line, certain ? "at least " : "possibly ");
	add_count(&line, &answer->organisations, certain, "organisation", "organisations");
	add_count(&line, &answer->mailboxes, certain, "mailbox", "mailboxes");
	add_count(&line, &answer->messages, certain, "message", "messages");
	add_count(&line, &answer->records, certain, "record", "records");
	if (answer->syncs > 0)
		add(&line, "; whole folders were copied, %" PRIu64 " %s", answer->syncs,
		    plural(answer->syncs, "time", "times"));
	put_line("", &line);
}

static void
put_times(int64_t first_us, int64_t last_us)
{
	struct line line = { .len = 0 };

	if (first_us == MM_LOGS_NO_TIME)
		return;
	add_span(&line, first_us, last_us);
	put_line("", &line);
}

/* What the surest finding says, and which other detections speak of it. */
static void
put_detections(const struct mm_finding *const *findings, size_t count)
{
	struct line line = { .len = 0 };

	if (count == 0)
		return;
	add(&line, "%s (%s", findings[0]->detection->title, findings[0]->detection->name);
	for (size_t i = 0; i < mm_detections_count; i++)
		for (size_t j = 0; j < count && mm_detections[i] != findings[0]->detection; j++) {
			if (findings[j]->detection != mm_detections[i])
				continue;
			add(&line, ", %s", mm_detections[i]->name);
			break;
		}
	add(&line, ")");
	put_line("", &line);
}

/* "application d3a5… (its name)" */
static void
put_subject(const struct mm_hunt_view *view, enum mm_finding_class class, const struct mm_subject *subject,
    uint32_t name)
{
	const struct mm_names *names = mm_logs_reading_names(view->reading);
	char room[MM_SUBJECT_TEXT_MAX];
	struct mm_slice text = mm_subject_text(subject, names, room);

	put_title(mm_finding_class_name(class), class >= MM_FINDING_STRONG ? MM_STYLE_BAD : MM_STYLE_STRONG);
	printf("%s ", mm_subject_kind_name((enum mm_subject_kind)subject->kind));
	if (mm_slice_present(text))
		(void)mm_terminal_put(stdout, text, NAME_COLUMNS_MAX);
	else
		fputs("that the logs do not name", stdout);
	if (name != 0) {
		fputs(" (", stdout);
		(void)mm_terminal_put(stdout, mm_names_text(names, name), NAME_COLUMNS_MAX / 2);
		fputc(')', stdout);
	}
	fputc('\n', stdout);
}

static void
put_mailboxes(const struct mm_hunt_view *view, const struct mm_answer *answer)
{
	const struct mm_names *names = mm_logs_reading_names(view->reading);

	for (size_t i = 0; i < answer->mailboxes_listed && i < MAILBOXES_MAX; i++) {
		const struct mm_story_mailbox *mailbox = &answer->mailboxes_list[i];
		struct mm_slice text = mm_names_text(names, mailbox->mailbox);
		struct line line = { .len = 0 };

		add_slice(&line, mm_slice_present(text) ? text : mm_slice_str("a mailbox that the logs do not name"));
		add(&line, ": %" PRIu64 " %s", mailbox->messages.on_record,
		    plural(mailbox->messages.on_record, "message", "messages"));
		add(&line, "%s%s%s", mailbox->whole_folders ? ", whole folders" : "",
		    mailbox->throttled ? ", its log stopped" : "", mailbox->first_us == MM_LOGS_NO_TIME ? "" : ", ");
		add_span(&line, mailbox->first_us, mailbox->last_us);
		put_line(i == 0 ? "mailboxes" : "", &line);
	}
	if (answer->mailboxes_listed > MAILBOXES_MAX)
		printf("%*sand %zu more; --json and --out tell all\n", TEXT_COLUMN, "",
		    answer->mailboxes_listed - MAILBOXES_MAX);
}

static void
put_answer(const struct mm_hunt_view *view, const struct mm_answer *answer)
{
	put_subject(view, answer->class, &answer->subject, answer->name);
	put_numbers(answer);
	if (answer->records.on_record > 0)
		put_times(answer->first_us, answer->last_us);
	else if (answer->findings_count > 0)
		put_times(answer->findings[0]->first_us, answer->findings[0]->last_us);
	put_detections(answer->findings, answer->findings_count);
	if (view->options->pivot.given)
		put_mailboxes(view, answer);
}

/* Those that are sure; with a pivot the thread in any case. */
static void
put_answers(const struct mm_hunt_view *view)
{
	size_t count = mm_story_answers(view->story), sure = 0, shown = 0;

	for (size_t i = 0; i < count; i++) {
		const struct mm_answer *answer = mm_story_answer(view->story, i);

		if (answer->class < MM_FINDING_STRONG && !(view->options->pivot.given && i == 0))
			break;
		sure++;
		if (shown == ANSWERS_MAX)
			continue;
		put_answer(view, answer);
		shown++;
	}
	if (sure > shown)
		printf("%*sand %zu more; --json and --out tell all\n", TEXT_COLUMN, "", sure - shown);
}

/* ---- findings that are about no access to mail: what was changed ---- */

static bool
has_answer(const struct mm_hunt_view *view, const struct mm_subject *subject)
{
	for (size_t i = 0; i < mm_story_answers(view->story); i++) {
		const struct mm_answer *answer = mm_story_answer(view->story, i);

		if (answer->class >= MM_FINDING_STRONG && mm_subject_equal(&answer->subject, subject))
			return true;
	}
	return false;
}

static bool
is_change(const struct mm_finding *finding)
{
	return finding->class >= MM_FINDING_STRONG && (finding->subject.kind == MM_SUBJECT_TARGET ||
	    finding->subject.kind == MM_SUBJECT_ORGANISATION);
}

static void
put_change(const struct mm_hunt_view *view, const struct mm_finding *finding)
{
	put_subject(view, finding->class, &finding->subject, 0);
	put_times(finding->first_us, finding->last_us);
	put_detections(&finding, 1);
}

static void
put_changes(const struct mm_hunt_view *view)
{
	size_t changes = 0, shown = 0;

	for (size_t i = 0; i < mm_story_findings(view->story); i++) {
		const struct mm_finding *finding = mm_story_finding(view->story, i);

		if (!is_change(finding))
			continue;
		changes++;
		if (shown == CHANGES_MAX || has_answer(view, &finding->subject))
			continue;
		put_change(view, finding);
		shown++;
	}
	if (shown == CHANGES_MAX && changes > shown)
		printf("%*sand more of %zu changes; --json and --out tell all\n", TEXT_COLUMN, "", changes);
}

/* ---- what is less sure ---- */

static size_t
count_findings(const struct mm_hunt_view *view, enum mm_finding_class class, const struct mm_detection *detection)
{
	size_t count = 0;

	for (size_t i = 0; i < mm_story_findings(view->story); i++) {
		const struct mm_finding *finding = mm_story_finding(view->story, i);

		if (finding->class == class && (detection == NULL || finding->detection == detection))
			count++;
	}
	return count;
}

static void
put_leads(const struct mm_hunt_view *view)
{
	struct line line = { .len = 0 };

	for (size_t i = 0; i < mm_detections_count; i++) {
		size_t count = count_findings(view, MM_FINDING_LEAD, mm_detections[i]);

		if (count > 0)
			add(&line, "%s%zu %s", line.len == 0 ? "" : ", ", count, mm_detections[i]->name);
	}
	if (line.len > 0)
		put_line("leads", &line);
}

static void
put_gaps(const struct mm_hunt_view *view)
{
	bool first = true;

	for (size_t i = 0; i < mm_detections_count; i++) {
		size_t count = count_findings(view, MM_FINDING_GAP, mm_detections[i]);
		struct line line = { .len = 0 };

		if (count == 0)
			continue;
		add(&line, "%zu %s: %s%s", count, mm_detections[i]->name,
		    mm_detections[i]->class != MM_FINDING_GAP ? MM_COULD_NOT_JUDGE : "", mm_detections[i]->title);
		put_line(first ? "gaps" : "", &line);
		first = false;
	}
}

/* ---- the whole ---- */

static void
put_verdict(const struct mm_hunt_view *view)
{
	size_t proofs = count_findings(view, MM_FINDING_PROOF, NULL);
	size_t strong = count_findings(view, MM_FINDING_STRONG, NULL);
	size_t leads = count_findings(view, MM_FINDING_LEAD, NULL), gaps = count_findings(view, MM_FINDING_GAP, NULL);

	mm_terminal_begin(stdout, proofs + strong > 0 ? MM_STYLE_BAD : MM_STYLE_STRONG);
	if (proofs > 0)
		printf("FOUND: %zu %s, %zu strong %s", proofs, plural(proofs, "proof", "proofs"), strong,
		    plural(strong, "finding", "findings"));
	else if (strong > 0)
		printf("FOUND: %zu strong %s", strong, plural(strong, "finding", "findings"));
	else
		fputs("Nothing of class proof or strong was found", stdout);
	mm_terminal_end(stdout);
	printf("; %zu %s, %zu %s.\n", leads, plural(leads, "lead", "leads"), gaps, plural(gaps, "gap", "gaps"));
	if (view->options->pivot.given) {
		printf("Only what is about %s ", mm_subject_kind_name(view->options->pivot.kind));
		(void)mm_terminal_put(stdout, mm_slice_str(view->options->pivot.text), NAME_COLUMNS_MAX);
		fputs(mm_story_answers(view->story) == 0 ? ", which no mail access is of.\n" : ".\n", stdout);
	}
}

static void
put_warning(const char *what, size_t count, size_t inputs, const char *why)
{
	mm_terminal_begin(stdout, MM_STYLE_BAD);
	printf("%s: %zu of %zu %s %s", what, count, inputs, plural(inputs, "file", "files"), why);
	mm_terminal_end(stdout);
	fputc('\n', stdout);
}

/* Which files they are stands below. */
static void
put_not_whole(const struct mm_hunt_view *view)
{
	size_t inputs = mm_logs_reading_inputs(view->reading);
	size_t in_part = mm_logs_reading_count_extent(view->reading, MM_LOGS_READ_IN_PART);
	size_t no_log = mm_logs_reading_count_extent(view->reading, MM_LOGS_READ_NO_LOG);

	if (in_part > 0)
		put_warning("NOT WHOLE", in_part, inputs,
		    "could not be read wholly; there may be more than is told.");
	if (no_log > 0)
		put_warning("NO LOG", no_log, inputs, plural(no_log, "is no log that is known, see 'not read' below.",
		    "are no logs that are known, see 'not read' below."));
}

/* Whether a text can be put on a command line between apostrophes, and means itself there. */
static bool
can_be_quoted(struct mm_slice text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.ptr[i] < ' ' || text.ptr[i] > '~' || text.ptr[i] == '\'')
			return false;
	return text.len > 0 && text.len <= NAME_COLUMNS_MAX;
}

/* The option that narrows to a subject; NULL: none does. */
static const char *
pivot_of(const struct mm_subject *subject)
{
	switch ((enum mm_subject_kind)subject->kind) {
	case MM_SUBJECT_APPLICATION: return "app";
	case MM_SUBJECT_TOKEN: return "token";
	case MM_SUBJECT_SESSION: return "session";
	case MM_SUBJECT_ADDRESS: return "ip";
	case MM_SUBJECT_MAILBOX: return "mailbox";
	default: return NULL;
	}
}

static void
put_next(const struct mm_hunt_view *view)
{
	const struct mm_answer *answer = mm_story_answers(view->story) == 0 ? NULL : mm_story_answer(view->story, 0);
	const char *pivot = answer == NULL || view->options->pivot.given ? NULL : pivot_of(&answer->subject);
	char room[MM_SUBJECT_TEXT_MAX];
	struct mm_slice text = pivot == NULL ? MM_SLICE_ABSENT :
	    mm_subject_text(&answer->subject, mm_logs_reading_names(view->reading), room);
	struct line line = { .len = 0 };

	if (can_be_quoted(text)) {
		add(&line, "the same with --pivot '%s=%.*s'", pivot, (int)text.len, text.ptr);
		put_line("next", &line);
	}
	if (mm_story_findings(view->story) > 0) {
		const char *name = mm_story_finding(view->story, 0)->detection->name;

		put_title(line.len == 0 ? "next" : "", MM_STYLE_STRONG);
		printf("mintmark detect explain %s\n", name);
	}
	if (view->options->out == NULL) {
		put_title(line.len == 0 && mm_story_findings(view->story) == 0 ? "next" : "", MM_STYLE_STRONG);
		puts("the same with --out DIR: report.html, messages.csv and others");
	}
}

static void
put_reports(const struct mm_hunt_view *view)
{
	struct line line = { .len = 0 };

	if (view->options->out == NULL)
		return;
	add_slice(&line, mm_slice_str(view->options->out));
	add(&line, ": report.html, findings.json, findings.csv, messages.csv, stix.json");
	put_line("reports", &line);
}

/* Subjects of strong findings that got no answer. Those of leads are many in any large log. */
static uint64_t
count_unanswered(const struct mm_hunt_view *view)
{
	size_t count = mm_story_answers(view->story);

	if (count < MM_STORY_STRONG_MAX ||
	    mm_story_answer(view->story, MM_STORY_STRONG_MAX - 1)->class < MM_FINDING_STRONG)
		return 0;
	return mm_story_answers_dropped(view->story);
}

/* Whoever writes logs may fill every room, so that what he did finds none. */
static void
put_no_room(const struct mm_hunt_view *view)
{
	uint64_t names = mm_logs_reading_tally(view->reading)->troubles[MM_LOGS_TROUBLE_NAMES_FULL];
	uint64_t findings = count_unanswered(view);
	struct line line = { .len = 0 };

	for (size_t i = 0; i < mm_detections_count; i++)
		findings += mm_detect_dropped(mm_story_source(view->story)->detect, mm_detections[i]);
	if (findings + names == 0)
		return;
	if (findings > 0)
		add(&line, "%" PRIu64 " times for what was found, or was to be judged", findings);
	if (names > 0)
		add(&line, "%s%" PRIu64 " times for a name of the logs", findings > 0 ? ", " : "", names);
	add(&line, ": what matters may be among it. Ask for less at a time, by --tenant, or by fewer files");
	put_title("NO ROOM", MM_STYLE_BAD);
	mm_terminal_put_wrapped(stdout, mm_slice(line.bytes, line.len), TEXT_COLUMN);
}

void
mm_hunt_print(const struct mm_hunt_view *view)
{
	put_verdict(view);
	put_not_whole(view);
	put_no_room(view);
	put_answers(view);
	put_changes(view);
	put_leads(view);
	put_gaps(view);
	put_inputs(view);
	put_reports(view);
	put_next(view);
}
