/* SPDX-License-Identifier: Apache-2.0 */
/*
 * report.html: the verdict, the answers, pictures, gaps, findings, inputs: in the order in which a responder asks.
 *
 * Long lists are cut, and say so: findings.json and the CSV files have all of them.
 */
#include "engine/detect/detection.h"
#include "engine/logs/moment.h"
#include "engine/logs/shape.h"
#include "engine/story/html_parts.h"
#include "engine/story/picture.h"
#include "engine/story/report.h"
#include "engine/story/report_text.h"
#include "lib/base/array.h"
#include "lib/codec/hex.h"

#include <errno.h>
#include <inttypes.h>

/* Rows of lists, and answers that have a section of their own. */
#define ANSWERS_MAX 40
#define ROWS_MAX 500
#define MAILBOXES_MAX 1000
#define ORGANISATIONS_MAX 500
#define FINDINGS_MAX 2000
#define INPUTS_MAX 2000

struct report {
	struct mm_html html;
	struct mm_story *story;
	const struct mm_story_source *source;
	const struct mm_names *names;
	const struct mm_report_question *question;
};

/* ---- small parts ---- */

static void
add(struct report *report, const char *markup)
{
	mm_html_add(&report->html, markup);
}

static void
put_name(struct report *report, uint32_t name, const char *absent)
{
	struct mm_slice text = mm_names_text(report->names, name);

	mm_html_text(&report->html, text.len > 0 ? text : mm_slice_str(absent));
}

static void
put_subject(struct report *report, const struct mm_subject *subject)
{
	char room[MM_SUBJECT_TEXT_MAX];
	struct mm_slice text = mm_subject_text(subject, report->names, room);

	mm_html_text(&report->html, text.len > 0 ? text : mm_slice_str("(not told)"));
}

static void
put_class(struct report *report, enum mm_finding_class class)
{
	mm_html_addf(&report->html, "<span class=\"mark %s\">%s</span>", mm_finding_class_name(class),
	    mm_finding_class_name(class));
}

/* "at least 503", "at least 3, at most 12 on record". */
static void
put_count(struct report *report, struct mm_story_count count)
{
	add(report, "at least ");
	mm_html_number(&report->html, count.at_least);
	if (count.on_record > count.at_least) {
		add(report, ", up to ");
		mm_html_number(&report->html, count.on_record);
		add(report, " on record");
	}
}

static void
put_count_cell(struct report *report, struct mm_story_count count)
{
	mm_html_addf(&report->html, "<td class=\"n\" data-v=\"%" PRIu64 "\">", count.at_least);
	mm_html_number(&report->html, count.at_least);
	if (count.on_record > count.at_least) {
		add(report, " <span class=\"note\">(");
		mm_html_number(&report->html, count.on_record);
		add(report, ")</span>");
	}
	add(report, "</td>");
}

static void
put_moment(struct report *report, int64_t time_us)
{
	char text[MM_MOMENT_TEXT_MAX];

	if (mm_moment_text(time_us, text)[0] == '\0')
		add(report, "no time told");
	else
		mm_html_addf(&report->html, "%.19sZ", text);
}

/* The beginning of a table: its caption is ours, its heads too, those of numbers with a '#' before them. */
static void
begin_table(struct report *report, const char *caption, const char *const *heads, size_t count)
{
	mm_html_addf(&report->html, "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"%s\">\n"
	    "<table class=\"sort\"><caption>%s</caption>\n<thead><tr>", caption, caption);
	for (size_t i = 0; i < count; i++)
		mm_html_addf(&report->html, heads[i][0] == '#' ? "<th scope=\"col\" class=\"n\">%s</th>" :
		    "<th scope=\"col\">%s</th>", heads[i][0] == '#' ? heads[i] + 1 : heads[i]);
	add(report, "</tr></thead>\n<tbody>\n");
}

/* Its end; what was left out is said. */
static void
end_table(struct report *report, size_t shown, size_t all, const char *where)
{
	add(report, "</tbody></table></div>\n");
	if (shown >= all)
		return;
	add(report, "<p class=\"note\">");
	mm_html_number(&report->html, all - shown);
	mm_html_addf(&report->html, " more are in %s.</p>\n", where);
}

#define BEGIN_TABLE(report, caption, ...) \
	begin_table(report, caption, (const char *const[]){ __VA_ARGS__ }, \
	    MM_COUNT_OF(((const char *const[]){ __VA_ARGS__ })))

/* ---- head ---- */

static void
put_verdict(struct report *report)
{
	enum mm_finding_class class;
	static const char *const words[] = {
		"Nothing was found that speaks for forged tokens or stolen mail. What the logs cannot tell is below.",
		"There are leads, each with an everyday explanation, and nothing strong; and gaps, told below.",
		"There is strong evidence: something was found that has hardly another explanation.",
		"There is proof: something was found that has no other explanation.",
	};

	_Static_assert(MM_COUNT_OF(words) == MM_FINDING_CLASSES, "words for each");
	if (!mm_story_class(report->story, &class))
		class = MM_FINDING_GAP;
	mm_html_addf(&report->html, "<p class=\"verdict %s\">%s</p>\n", mm_finding_class_name(class), words[class]);
}

/* Silence about what was not looked at is no good news. */
static void
put_not_whole(struct report *report)
{
	struct mm_logs_reading *reading = report->source->reading;
	size_t inputs = mm_logs_reading_inputs(reading);
	size_t in_part = mm_logs_reading_count_extent(reading, MM_LOGS_READ_IN_PART);
	size_t no_log = mm_logs_reading_count_extent(reading, MM_LOGS_READ_NO_LOG);
	uint64_t dropped = 0;

	for (size_t i = 0; i < mm_detections_count; i++)
		dropped += mm_detect_dropped(report->source->detect, mm_detections[i]);
	if (in_part > 0)
		mm_html_addf(&report->html,
		    "<p class=\"verdict lead\">Not everything was read: %zu of %zu files could "
		    "<a href=\"#inputs\">not be read wholly</a>, so there may be more.</p>\n", in_part, inputs);
	if (no_log > 0)
		mm_html_addf(&report->html,
		    "<p class=\"verdict gap\">No log: %zu of %zu files hold "
		    "<a href=\"#inputs\">nothing that is known as one</a>.</p>\n", no_log, inputs);
	if (dropped > 0)
		mm_html_addf(&report->html,
		    "<p class=\"verdict lead\">There was no room for all that was found, or was to be judged, "
		    "%" PRIu64 " times: ask for less at a time.</p>\n", dropped);
}

static void
put_question(struct report *report)
{
	add(report, "<dl class=\"facts\">\n<dt>Command</dt><dd>mintmark hunt");
	for (const char *const *argument = report->question->arguments; *argument != NULL; argument++) {
		add(report, " ");
		mm_html_str(&report->html, *argument);
	}
	add(report, "</dd>\n<dt>Version</dt><dd>mintmark ");
	mm_html_str(&report->html, report->question->version);
	add(report, "</dd>\n<dt>Zone</dt><dd>UTC, all times</dd>\n<dt>From</dt><dd>");
	if (report->source->since_us == INT64_MIN)
		add(report, "the beginning of the logs");
	else
		put_moment(report, report->source->since_us);
	add(report, "</dd>\n<dt>Until</dt><dd>");
	if (report->source->until_us == INT64_MAX)
		add(report, "the end of the logs");
	else
		put_moment(report, report->source->until_us);
	add(report, "</dd>\n<dt>Organisation</dt><dd>");
	put_name(report, report->source->tenant, "all");
	if (report->source->pivot.given) {
		mm_html_addf(&report->html, "</dd>\n<dt>Thread</dt><dd>%s ",
		    mm_subject_kind_name((enum mm_subject_kind)report->source->pivot.subject.kind));
		put_subject(report, &report->source->pivot.subject);
	}
	add(report, "</dd>\n</dl>\n");
}

static void
put_head(struct report *report)
{
	add(report, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	    "<meta http-equiv=\"Content-Security-Policy\" content=\"");
	add(report, mm_html_policy);
	add(report, "\">\n<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
	    "<meta name=\"referrer\" content=\"no-referrer\">\n<title>Mintmark hunt</title>\n<style>");
	add(report, mm_html_style);
	add(report, "</style>\n</head>\n<body>\n<main>\n<h1>Who read which mail, and with what</h1>\n");
	put_verdict(report);
	put_not_whole(report);
	add(report, "<nav aria-label=\"Parts of this report\"><p><a href=\"#answers\">Answers</a> &middot; "
	    "<a href=\"#pictures\">Pictures</a> &middot; <a href=\"#each\">Each answer</a> &middot; "
	    "<a href=\"#gaps\">What the logs cannot tell</a> &middot; "
	    "<a href=\"#findings\">Findings</a> &middot; <a href=\"#inputs\">What was read</a> &middot; "
	    "<a href=\"#words\">Words</a></p></nav>\n");
	put_question(report);
}

/* ---- answers ---- */

#define ANSWER_HEADS \
	"How sure", "What", "Which", "#Organisations", "#Mailboxes", "#Messages", "First", "Last"

/* Of a token, session or address that one application alone used its answer says more. */
static bool
has_section(const struct mm_answer *answer, size_t number)
{
	return answer->within == NULL && number < ANSWERS_MAX;
}

static void
put_answer_row(struct report *report, const struct mm_answer *answer, size_t number)
{
	mm_html_addf(&report->html, "<tr><td data-v=\"%d\">", MM_FINDING_CLASSES - (int)answer->class);
	put_class(report, answer->class);
	mm_html_addf(&report->html, "</td><td>%s</td><th scope=\"row\">",
	    mm_subject_kind_name((enum mm_subject_kind)answer->subject.kind));
	if (has_section(answer, number))
		mm_html_addf(&report->html, "<a href=\"#answer-%zu\">", number + 1);
	put_subject(report, &answer->subject);
	add(report, has_section(answer, number) ? "</a>" : "");
	if (answer->name != 0) {
		add(report, "<br>");
		put_name(report, answer->name, "");
	}
	add(report, "</th>");
	put_count_cell(report, answer->organisations);
	put_count_cell(report, answer->mailboxes);
	put_count_cell(report, answer->messages);
	mm_html_time_cell(&report->html, answer->first_us);
	mm_html_time_cell(&report->html, answer->last_us);
	add(report, "</tr>\n");
}

static void
put_reason(struct report *report, uint64_t count, const char *reason)
{
	if (count == 0)
		return;
	add(report, "<li>");
	mm_html_number(&report->html, count);
	mm_html_addf(&report->html, " %s</li>", reason);
}

static void
put_missing(struct report *report, const struct mm_answer *answer)
{
	struct mm_report_missing missing;

	mm_report_missing(answer, &missing);
	add(report, "<dt>May be more</dt><dd>");
	if (mm_report_complete(&missing) && mm_report_messages_complete(&missing)) {
		add(report, "nothing in these logs speaks for it; that an export is whole, no log can show</dd>\n");
		return;
	}
	add(report, "yes:<ul class=\"plain\">");
	put_reason(report, missing.throttled_mailboxes, "mailboxes whose logs were throttled for up to 24 hours");
	put_reason(report, missing.whole_folders,
	    "records of a synchronisation: all that was in the folder counts as read, and is not named");
	put_reason(report, missing.lost, "records whose messages the export lost");
	put_reason(report, missing.gaps, "<a href=\"#gaps\">gaps</a> in the logs of these organisations and mailboxes");
	if (missing.no_room)
		add(report, "<li>there was no room to tell all of them apart</li>");
	add(report, "</ul></dd>\n");
}

static void
put_organisations(struct report *report, const struct mm_answer *answer)
{
	size_t all = answer->organisations_listed, count = all < ORGANISATIONS_MAX ? all : ORGANISATIONS_MAX;

	BEGIN_TABLE(report, "Organisations", "Organisation", "Id", "#Mailboxes", "#Messages", "First", "Last");
	for (size_t i = 0; i < count; i++) {
		const struct mm_story_organisation *row = &answer->organisations_list[i];

		add(report, "<tr><th scope=\"row\">");
		put_name(report, row->name, "(no name told)");
		add(report, "</th><td>");
		put_name(report, row->tenant, "(not told)");
		add(report, "</td>");
		put_count_cell(report, row->mailboxes);
		put_count_cell(report, row->messages);
		mm_html_time_cell(&report->html, row->first_us);
		mm_html_time_cell(&report->html, row->last_us);
		add(report, "</tr>\n");
	}
	end_table(report, count, all, "findings.json");
}

static void
put_mailboxes(struct report *report, const struct mm_answer *answer)
{
	size_t count = answer->mailboxes_listed < MAILBOXES_MAX ? answer->mailboxes_listed : MAILBOXES_MAX;

	BEGIN_TABLE(report, "Mailboxes", "Mailbox", "How sure", "#Messages", "#Folders", "#Records", "First", "Last",
	    "Remarks");
	for (size_t i = 0; i < count; i++) {
		const struct mm_story_mailbox *row = &answer->mailboxes_list[i];

		add(report, "<tr><th scope=\"row\">");
		put_name(report, row->mailbox, "(not told)");
		mm_html_addf(&report->html, "</th><td>%s</td>", row->certain ? "strong" : "possible");
		put_count_cell(report, row->messages);
		put_count_cell(report, row->folders);
		put_count_cell(report, row->records);
		mm_html_time_cell(&report->html, row->first_us);
		mm_html_time_cell(&report->html, row->last_us);
		mm_html_addf(&report->html, "<td>%s%s%s</td></tr>\n", row->whole_folders ? "a whole folder" : "",
		    row->whole_folders && row->throttled ? "; " : "", row->throttled ? "log throttled" : "");
	}
	end_table(report, count, answer->mailboxes_listed, "findings.json");
}

/* One finding in each organisation: a line for all of a kind. */
static void
put_reasons(struct report *report, const struct mm_answer *answer)
{
	for (size_t i = 0; i < answer->findings_count; i++) {
		const struct mm_detection *detection = answer->findings[i]->detection;

		if (i > 0 && detection == answer->findings[i - 1]->detection)
			continue;
		mm_html_addf(&report->html, "<li><a href=\"#word-%s\">%s</a></li>", detection->name, detection->title);
	}
}

static void
put_answer(struct report *report, const struct mm_answer *answer, size_t number)
{
	mm_html_addf(&report->html, "<h3 id=\"answer-%zu\">%s ", number + 1,
	    mm_subject_kind_name((enum mm_subject_kind)answer->subject.kind));
	put_subject(report, &answer->subject);
	add(report, " ");
	put_class(report, answer->class);
	add(report, "</h3>\n<dl class=\"facts\">\n<dt>Organisations</dt><dd>");
	put_count(report, answer->organisations);
	add(report, "</dd>\n<dt>Mailboxes</dt><dd>");
	put_count(report, answer->mailboxes);
	add(report, "</dd>\n<dt>Messages</dt><dd>");
	put_count(report, answer->messages);
	add(report, "</dd>\n<dt>Tokens, sessions, networks</dt><dd>");
	put_count(report, answer->tokens);
	add(report, "; ");
	put_count(report, answer->sessions);
	add(report, "; ");
	put_count(report, answer->networks);
	add(report, "</dd>\n<dt>First and last</dt><dd>");
	put_moment(report, answer->first_us);
	add(report, " to ");
	put_moment(report, answer->last_us);
	add(report, "</dd>\n<dt>Because</dt><dd><ul class=\"plain\">");
	put_reasons(report, answer);
	add(report, "</ul></dd>\n");
	put_missing(report, answer);
	add(report, "</dl>\n");
	if (answer->organisations_listed > 0)
		put_organisations(report, answer);
	if (answer->mailboxes_listed > 0)
		put_mailboxes(report, answer);
}

/* Those that are, or are not, within another's; the number of rows that there are. */
static size_t
put_answer_rows(struct report *report, bool within)
{
	size_t all = 0;

	for (size_t i = 0; i < mm_story_answers(report->story); i++) {
		const struct mm_answer *answer = mm_story_answer(report->story, i);

		if ((answer->within != NULL) == within && all++ < ROWS_MAX)
			put_answer_row(report, answer, i);
	}
	return all;
}

static size_t
count_within(const struct mm_story *story)
{
	size_t count = 0;

	for (size_t i = 0; i < mm_story_answers(story); i++)
		count += mm_story_answer(story, i)->within != NULL;
	return count;
}

static void
put_within(struct report *report)
{
	size_t all = count_within(report->story);

	if (all == 0)
		return;
	add(report, "<details><summary>");
	mm_html_number(&report->html, all);
	add(report, " tokens, sessions and addresses that one of these applications alone used</summary>\n");
	BEGIN_TABLE(report, "Tokens, sessions and addresses of one application", ANSWER_HEADS);
	(void)put_answer_rows(report, true);
	end_table(report, all < ROWS_MAX ? all : ROWS_MAX, all, "findings.json");
	add(report, "</details>\n");
}

static void
put_answers(struct report *report)
{
	size_t count = mm_story_answers(report->story), rows;
	uint64_t dropped = mm_story_answers_dropped(report->story);

	add(report, "<h2 id=\"answers\">Answers</h2>\n");
	if (count == 0) {
		add(report, "<p>No application, token, session or address stands out.</p>\n");
		return;
	}
	add(report, "<p>Numbers are lower bounds, of what strong findings are about; in brackets, with what leads on "
	    "the same subject are about besides.</p>\n");
	BEGIN_TABLE(report, "Suspicious subjects", ANSWER_HEADS);
	rows = put_answer_rows(report, false);
	end_table(report, rows < ROWS_MAX ? rows : ROWS_MAX, rows, "findings.json");
	if (dropped > 0) {
		add(report, "<p class=\"note\">For ");
		mm_html_number(&report->html, dropped);
		add(report, " more there was no room; their findings are in findings.json.</p>\n");
	}
	put_within(report);
}

static void
put_answer_sections(struct report *report)
{
	size_t without = 0;

	if (mm_story_answers(report->story) == 0)
		return;
	add(report, "<h2 id=\"each\">Each answer</h2>\n");
	for (size_t i = 0; i < mm_story_answers(report->story); i++) {
		const struct mm_answer *answer = mm_story_answer(report->story, i);

		if (has_section(answer, i))
			put_answer(report, answer, i);
		else
			without += answer->within == NULL;
	}
	if (without == 0)
		return;
	add(report, "<p class=\"note\">Of ");
	mm_html_number(&report->html, without);
	add(report, " more there is the row above; findings.json has all of them.</p>\n");
}

/* ---- pictures ---- */

static void
put_picture_table(struct report *report)
{
	const struct mm_story_picture *picture = mm_story_picture(report->story);

	add(report, "<details><summary>The same as a table</summary>\n");
	BEGIN_TABLE(report, "Mail accesses by application", "Application", "How sure", "#Accesses", "First");
	for (size_t i = 0; i < picture->applications_count; i++) {
		const struct mm_story_application *application = &picture->applications[i];

		add(report, "<tr><th scope=\"row\">");
		mm_picture_application(&report->html, report->story, application, SIZE_MAX);
		add(report, "</th><td>");
		if (application->class > MM_FINDING_GAP)
			put_class(report, application->class);
		add(report, "</td>");
		mm_html_number_cell(&report->html, application->records);
		mm_html_time_cell(&report->html, application->first_us);
		add(report, "</tr>\n");
	}
	end_table(report, 0, 0, "");
	add(report, "</details>\n");
}

static void
put_pictures(struct report *report)
{
	const struct mm_story_picture *picture = mm_story_picture(report->story);

	add(report, "<h2 id=\"pictures\">Pictures</h2>\n");
	if (picture->applications_count == 0) {
		add(report, "<p>There is no mail access in these logs.</p>\n");
		return;
	}
	if (picture->slice_us > 0) {
		add(report, "<h3>Access by application in the course of time</h3>\n<p class=\"note\">A triangle stands "
		    "where an application was first seen; hatching, where the logs say nothing or not all.</p>\n"
		    "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"Timeline\">\n");
		mm_picture_timeline(&report->html, report->story);
		add(report, "</div>\n");
		put_picture_table(report);
	}
	if (picture->mailboxes_count > 0) {
		add(report, "<h3>Mailboxes and applications</h3>\n<p class=\"note\">");
		mm_html_number(&report->html, picture->mailboxes_count);
		add(report, picture->mailboxes_more ? " of more than " : " of ");
		mm_html_number(&report->html, picture->mailboxes_all);
		add(report, " mailboxes: those of the answers first, then those with the most accesses.</p>\n"
		    "<div class=\"scroll\" role=\"region\" tabindex=\"0\" "
		    "aria-label=\"Mailboxes and applications\">\n");
		mm_picture_mailboxes(&report->html, report->story);
		add(report, "</div>\n");
	}
}

/* ---- findings and gaps ---- */

static void
put_facts(struct report *report, const struct mm_finding *finding)
{
	struct mm_buf text;

	for (unsigned i = 0; i < finding->facts_count; i++) {
		const char *name = finding->facts[i].name;

		add(report, i > 0 ? "; " : "");
		for (const char *at = name; *at != '\0'; at++)
			mm_html_addf(&report->html, "%c", *at == '_' ? ' ' : *at);
		add(report, ": ");
		mm_buf_init(&text, MM_NAMES_TEXT_MAX + MM_SUBJECT_TEXT_MAX);
		mm_report_add_fact(&text, &finding->facts[i], report->names);
		if (text.len > 0)
			mm_html_text(&report->html, mm_slice(text.data, text.len));
		mm_buf_clear(&text);
		if (finding->facts[i].kind == MM_FACT_SECONDS)
			add(report, " s");
	}
}

static void
put_finding(struct report *report, const struct mm_finding *finding)
{
	mm_html_addf(&report->html, "<tr><td data-v=\"%d\">", MM_FINDING_CLASSES - (int)finding->class);
	put_class(report, finding->class);
	mm_html_addf(&report->html, "</td><td class=\"w\">%s<a href=\"#word-%s\">%s</a></td><td class=\"w\">%s ",
	    mm_detection_could_not_judge(finding) ? MM_COULD_NOT_JUDGE : "", finding->detection->name,
	    finding->detection->title,
	    mm_subject_kind_name((enum mm_subject_kind)finding->subject.kind));
	put_subject(report, &finding->subject);
	add(report, "</td><td>");
	put_name(report, finding->tenant, "(not told)");
	add(report, "</td>");
	mm_html_number_cell(&report->html, finding->records);
	mm_html_time_cell(&report->html, finding->first_us);
	mm_html_time_cell(&report->html, finding->last_us);
	add(report, "<td class=\"w\">");
	put_facts(report, finding);
	add(report, "</td></tr>\n");
}

/* Findings that are gaps, or those that are not. */
static void
put_findings(struct report *report, const char *caption, bool gaps)
{
	size_t shown = 0, all = 0;

	for (size_t i = 0; i < mm_story_findings(report->story); i++) {
		const struct mm_finding *finding = mm_story_finding(report->story, i);

		if ((finding->class == MM_FINDING_GAP) != gaps)
			continue;
		if (all++ == 0)
			BEGIN_TABLE(report, caption, "How sure", "Finding", "Of", "Organisation", "#Records", "First",
			    "Last", "Details");
		if (shown < FINDINGS_MAX) {
			put_finding(report, finding);
			shown++;
		}
	}
	if (all == 0)
		add(report, "<p>None.</p>\n");
	else
		end_table(report, shown, all, "findings.json");
}

/* ---- inputs ---- */

static void
put_digest(struct report *report, const uint8_t digest[MM_DIGEST_LEN])
{
	char text[MM_HEX_SIZE(MM_DIGEST_LEN)];

	add(report, mm_hex_encode(digest, MM_DIGEST_LEN, text));
}

static void
put_input(struct report *report, size_t number)
{
	const struct mm_logs_input_report *input = mm_logs_reading_input(report->source->reading, number);
	static const char *const extents[] = { "wholly", "in part", "no log" };

	_Static_assert(MM_COUNT_OF(extents) == MM_LOGS_READ_NO_LOG + 1, "words for each");
	add(report, "<tr><th scope=\"row\">");
	mm_html_str(&report->html, input->path);
	mm_html_addf(&report->html, "</th><td>%s, %s, %s</td>", mm_logs_form_name(input->form),
	    mm_logs_encoding_name(input->facts.encoding), mm_logs_compression_name(input->facts.compression));
	mm_html_addf(&report->html, "<td>%s</td><td>%s</td>", mm_logs_end_name(input->facts.ended),
	    extents[mm_logs_reading_extent(report->source->reading, number)]);
	mm_html_number_cell(&report->html, input->facts.file_size > 0 ? (uint64_t)input->facts.file_size : 0);
	mm_html_number_cell(&report->html, input->records);
	mm_html_number_cell(&report->html, input->duplicates);
	mm_html_number_cell(&report->html, mm_logs_tally_troubles(&input->tally));
	mm_html_time_cell(&report->html, input->first_us);
	mm_html_time_cell(&report->html, input->last_us);
	add(report, "<td class=\"h\">");
	if (mm_logs_input_has_digest(&input->facts))
		put_digest(report, input->facts.digest);
	add(report, "</td></tr>\n");
}

static void
put_steps(struct report *report)
{
	const struct mm_logs_tally *tally = mm_logs_reading_tally(report->source->reading);

	BEGIN_TABLE(report, "What was done to make the records one kind", "#Times", "What");
	for (size_t i = 0; i < MM_LOGS_STEPS; i++) {
		if (tally->steps[i] == 0)
			continue;
		add(report, "<tr>");
		mm_html_number_cell(&report->html, tally->steps[i]);
		mm_html_addf(&report->html, "<td>%s</td></tr>\n", mm_logs_step_text((enum mm_logs_step)i));
	}
	end_table(report, 0, 0, "");
	if (mm_logs_tally_troubles(tally) == 0) {
		add(report, "<p>Nothing was unreadable.</p>\n");
		return;
	}
	BEGIN_TABLE(report, "What could not be read", "#Times", "What");
	for (size_t i = 0; i < MM_LOGS_TROUBLES; i++) {
		if (tally->troubles[i] == 0)
			continue;
		add(report, "<tr>");
		mm_html_number_cell(&report->html, tally->troubles[i]);
		mm_html_addf(&report->html, "<td>%s</td></tr>\n", mm_logs_trouble_text((enum mm_logs_trouble_kind)i));
	}
	end_table(report, 0, 0, "");
}

static void
put_inputs(struct report *report)
{
	size_t count = mm_logs_reading_inputs(report->source->reading), shown = count < INPUTS_MAX ? count : INPUTS_MAX;

	add(report, "<h2 id=\"inputs\">What was read</h2>\n");
	BEGIN_TABLE(report, "Inputs", "File", "Form", "Ended", "Read", "#Bytes", "#Records", "#Repeated", "#Unreadable",
	    "First", "Last", "SHA-256");
	for (size_t i = 0; i < shown; i++)
		put_input(report, i);
	end_table(report, shown, count, "findings.json");
	put_steps(report);
}

/* ---- words ---- */

static void
put_paragraph(struct report *report, const char *term, const char *text)
{
	mm_html_addf(&report->html, "<dt>%s</dt><dd>", term);
	mm_html_str(&report->html, text);
	add(report, "</dd>\n");
}

static bool
was_found(const struct report *report, const struct mm_detection *detection)
{
	for (size_t i = 0; i < mm_story_findings(report->story); i++)
		if (mm_story_finding(report->story, i)->detection == detection)
			return true;
	return false;
}

static void
put_words(struct report *report)
{
	add(report, "<h2 id=\"words\">Words</h2>\n<dl class=\"facts\">\n");
	put_paragraph(report, "proof", "has no other explanation");
	put_paragraph(report, "strong", "has hardly another explanation; the detection names it");
	put_paragraph(report, "lead", "worth a look; everyday work does it too");
	put_paragraph(report, "gap", "something that these logs cannot tell");
	add(report, "</dl>\n");
	for (size_t i = 0; i < mm_detections_count; i++) {
		const struct mm_detection *detection = mm_detections[i];

		if (!was_found(report, detection))
			continue;
		mm_html_addf(&report->html, "<h3 id=\"word-%s\">%s</h3>\n<dl class=\"facts\">\n<dt>Name</dt><dd>%s ",
		    detection->name, detection->title, detection->name);
		put_class(report, detection->class);
		add(report, "</dd>\n");
		put_paragraph(report, "Looks at", detection->inputs);
		put_paragraph(report, "Means", detection->meaning);
		put_paragraph(report, "Do", detection->advice);
		put_paragraph(report, "See", detection->reference);
		add(report, "</dl>\n");
	}
}

int
mm_report_html(FILE *out, struct mm_story *story, const struct mm_report_question *question)
{
	struct report report = { .story = story, .source = mm_story_source(story), .question = question };

	report.names = mm_logs_reading_names(report.source->reading);
	mm_html_begin(&report.html, out);
	put_head(&report);
	put_answers(&report);
	put_pictures(&report);
	put_answer_sections(&report);
	add(&report, "<h2 id=\"gaps\">What the logs cannot tell</h2>\n");
	put_findings(&report, "Gaps", true);
	add(&report, "<h2 id=\"findings\">Findings</h2>\n");
	put_findings(&report, "Findings", false);
	put_inputs(&report);
	put_words(&report);
	add(&report, "</main>\n<script>");
	add(&report, mm_html_script);
	add(&report, "</script>\n</body>\n</html>\n");
	return mm_html_end(&report.html);
}
