/* SPDX-License-Identifier: Apache-2.0 */
/*
 * findings.json. doc/hunt.md has its members. It is written in pieces, so that memory does not grow with it.
 */
#include "engine/detect/detection.h"
#include "engine/detect/map.h"
#include "engine/json_writer.h"
#include "engine/logs/moment.h"
#include "engine/logs/shape.h"
#include "engine/story/report.h"
#include "engine/story/report_text.h"
#include "lib/base/array.h"
#include "lib/codec/hex.h"

#include <errno.h>

/* What is written at once, and the most that one member may add to it. */
#define PIECE 65536
#define PIECE_MAX ((size_t)64 * 1024 * 1024)

struct report {
	FILE *out;
	struct mm_story *story;
	const struct mm_names *names;
	struct mm_buf buf;
	struct mm_json_writer json;
	struct mm_map *numbers; /* const struct mm_finding *: uint32_t */
	int failure;
};

/* ---- values ---- */

static void
write_out(struct report *report)
{
	if (!mm_buf_ok(&report->buf) && report->failure == 0)
		report->failure = ENOMEM;
	errno = EIO;
	if (report->failure == 0 && report->buf.len > 0 &&
	    fwrite(report->buf.data, 1, report->buf.len, report->out) != report->buf.len)
		report->failure = errno;
	report->buf.len = 0;
}

/* An element of a long list begins its own line. */
static void
begin_element(struct report *report)
{
	if (report->buf.len >= PIECE)
		write_out(report);
	mm_buf_add_str(&report->buf, "\n");
	mm_json_begin_object(&report->json, NULL);
}

static void
add_number(struct report *report, const char *name, uint64_t number)
{
	mm_json_add_int(&report->json, name, (int64_t)number);
}

static void
add_name(struct report *report, const char *member, uint32_t name)
{
	mm_json_add_slice(&report->json, member, mm_names_text(report->names, name));
}

static void
add_time(struct report *report, const char *name, int64_t time_us)
{
	char text[MM_MOMENT_TEXT_MAX];

	if (mm_moment_text(time_us, text)[0] != '\0')
		mm_json_add_str(&report->json, name, text);
}

static void
add_digest(struct report *report, const char *name, const uint8_t digest[MM_DIGEST_LEN])
{
	char text[MM_HEX_SIZE(MM_DIGEST_LEN)];

	mm_json_add_str(&report->json, name, mm_hex_encode(digest, MM_DIGEST_LEN, text));
}

static void
add_subject(struct report *report, const char *name, const struct mm_subject *subject)
{
	static const char *const levels[] = { "client", "application", "family", "unknown" };
	char room[MM_SUBJECT_TEXT_MAX], base64[MM_LOGS_ID_TEXT_MAX];

	mm_json_begin_object(&report->json, name);
	mm_json_add_str(&report->json, "kind", mm_subject_kind_name((enum mm_subject_kind)subject->kind));
	if (subject->kind == MM_SUBJECT_APPLICATION && subject->level < MM_COUNT_OF(levels))
		mm_json_add_str(&report->json, "known_by", levels[subject->level]);
	mm_json_add_slice(&report->json, "id", mm_subject_text(subject, report->names, room));
	if (subject->kind == MM_SUBJECT_TOKEN && mm_logs_id_base64(&subject->id, base64)[0] != '\0')
		mm_json_add_str(&report->json, "unique_token_id", base64);
	mm_json_end_object(&report->json);
}

static void
add_place(struct report *report, const struct mm_logs_place *place)
{
	mm_json_begin_object(&report->json, NULL);
	add_number(report, "input", place->input);
	add_number(report, "offset", place->offset);
	add_number(report, "length", place->length);
	mm_json_end_object(&report->json);
}

/* ---- the question ---- */

static void
add_question(struct report *report, const struct mm_report_question *question)
{
	const struct mm_story_source *source = mm_story_source(report->story);

	mm_json_begin_object(&report->json, "question");
	mm_json_add_str(&report->json, "version", question->version);
	mm_json_begin_array(&report->json, "arguments");
	for (size_t i = 0; question->arguments != NULL && question->arguments[i] != NULL; i++)
		mm_json_add_str(&report->json, NULL, question->arguments[i]);
	mm_json_end_array(&report->json);
	if (source->since_us != INT64_MIN)
		add_time(report, "since", source->since_us);
	if (source->until_us != INT64_MAX)
		add_time(report, "until", source->until_us);
	add_name(report, "tenant", source->tenant);
	if (source->pivot.given)
		add_subject(report, "pivot", &source->pivot.subject);
	mm_json_add_str(&report->json, "zone", "UTC");
	mm_json_end_object(&report->json);
}

/* ---- inputs ---- */

static void
add_steps(struct report *report, const char *name, const struct mm_logs_tally *tally)
{
	mm_json_begin_object(&report->json, name);
	for (enum mm_logs_step step = 0; step < MM_LOGS_STEPS; step++)
		if (tally->steps[step] > 0)
			add_number(report, mm_logs_step_name(step), tally->steps[step]);
	mm_json_end_object(&report->json);
}

static void
add_troubles(struct report *report, const char *name, const struct mm_logs_tally *tally)
{
	mm_json_begin_object(&report->json, name);
	for (enum mm_logs_trouble_kind kind = 0; kind < MM_LOGS_TROUBLES; kind++)
		if (tally->troubles[kind] > 0)
			add_number(report, mm_logs_trouble_name(kind), tally->troubles[kind]);
	mm_json_end_object(&report->json);
}

static void
add_trouble(struct report *report, const struct mm_logs_trouble *trouble)
{
	mm_json_begin_object(&report->json, NULL);
	mm_json_add_str(&report->json, "trouble", mm_logs_trouble_name(trouble->kind));
	add_number(report, "offset", trouble->offset);
	if (trouble->line > 0)
		add_number(report, "line", trouble->line);
	if (trouble->record > 0)
		add_number(report, "record", trouble->record);
	mm_json_add_slice(&report->json, "text", trouble->text);
	if (trouble->failure != 0)
		mm_json_add_str(&report->json, "error", strerrorname_np(trouble->failure));
	mm_json_end_object(&report->json);
}

static void
add_trouble_places(struct report *report, size_t input)
{
	size_t count;
	const struct mm_logs_trouble *troubles =
	    mm_logs_reading_input_troubles(mm_story_source(report->story)->reading, input, &count);

	mm_json_begin_array(&report->json, "trouble_places");
	for (size_t i = 0; i < count; i++)
		add_trouble(report, &troubles[i]);
	mm_json_end_array(&report->json);
}

static void
add_input_facts(struct report *report, const struct mm_logs_input_facts *facts)
{
	if (mm_logs_input_has_digest(facts))
		add_digest(report, "sha256", facts->digest);
	mm_json_add_int(&report->json, "size", facts->file_size);
	mm_json_add_str(&report->json, "compression", mm_logs_compression_name(facts->compression));
	mm_json_add_str(&report->json, "encoding", mm_logs_encoding_name(facts->encoding));
	mm_json_add_str(&report->json, "ended", mm_logs_end_name(facts->ended));
	add_number(report, "bytes_read", facts->raw_size);
	add_number(report, "text_bytes", facts->text_size);
}

static void
add_input(struct report *report, size_t number)
{
	const struct mm_logs_input_report *input =
	    mm_logs_reading_input(mm_story_source(report->story)->reading, number);

	begin_element(report);
	mm_json_add_str(&report->json, "path", input->path);
	add_input_facts(report, &input->facts);
	mm_json_add_str(&report->json, "read",
	    mm_logs_extent_name(mm_logs_reading_extent(mm_story_source(report->story)->reading, number)));
	mm_json_add_str(&report->json, "form", mm_logs_form_name(input->form));
	add_number(report, "lines", input->lines);
	add_number(report, "records", input->records);
	add_number(report, "events", input->events);
	add_number(report, "duplicates", input->duplicates);
	add_time(report, "first", input->first_us);
	add_time(report, "last", input->last_us);
	mm_json_begin_object(&report->json, "shapes");
	for (size_t i = 0; i < mm_logs_shapes_count; i++)
		if (input->shapes[i] > 0)
			add_number(report, mm_logs_shapes[i]->name, input->shapes[i]);
	mm_json_end_object(&report->json);
	add_steps(report, "normalising", &input->tally);
	add_troubles(report, "troubles", &input->tally);
	add_trouble_places(report, number);
	mm_json_end_object(&report->json);
}

static void
add_inputs(struct report *report)
{
	struct mm_logs_reading *reading = mm_story_source(report->story)->reading;

	mm_json_begin_array(&report->json, "inputs");
	for (size_t i = 0; i < mm_logs_reading_inputs(reading); i++)
		add_input(report, i);
	mm_json_end_array(&report->json);
	add_steps(report, "normalising", mm_logs_reading_tally(reading));
	add_troubles(report, "troubles", mm_logs_reading_tally(reading));
}

/* ---- findings ---- */

static void
add_detections(struct report *report)
{
	const struct mm_detect *detect = mm_story_source(report->story)->detect;

	mm_json_begin_array(&report->json, "detections");
	for (size_t i = 0; i < mm_detections_count; i++) {
		begin_element(report);
		mm_json_add_str(&report->json, "name", mm_detections[i]->name);
		mm_json_add_str(&report->json, "class", mm_finding_class_name(mm_detections[i]->class));
		mm_json_add_str(&report->json, "title", mm_detections[i]->title);
		mm_json_add_str(&report->json, "meaning", mm_detections[i]->meaning);
		mm_json_add_str(&report->json, "advice", mm_detections[i]->advice);
		mm_json_add_str(&report->json, "reference", mm_detections[i]->reference);
		add_number(report, "dropped", mm_detect_dropped(detect, mm_detections[i]));
		mm_json_end_object(&report->json);
	}
	mm_json_end_array(&report->json);
}

static void
add_fact(struct report *report, const struct mm_finding_fact *fact)
{
	struct mm_buf text;

	if (fact->kind == MM_FACT_NUMBER || fact->kind == MM_FACT_SECONDS) {
		mm_json_add_int(&report->json, fact->name, fact->number);
		return;
	}
	mm_buf_init(&text, PIECE);
	mm_report_add_fact(&text, fact, report->names);
	if (!mm_buf_ok(&text))
		report->failure = ENOMEM;
	else if (text.len > 0)
		mm_json_add_slice(&report->json, fact->name, mm_slice(text.data, text.len));
	mm_buf_clear(&text);
}

static void
add_title(struct report *report, const struct mm_finding *finding)
{
	struct mm_buf title;

	mm_buf_init(&title, PIECE);
	mm_report_add_title(&title, finding);
	if (!mm_buf_ok(&title))
		report->failure = ENOMEM;
	else
		mm_json_add_slice(&report->json, "title", mm_slice(title.data, title.len));
	mm_buf_clear(&title);
}

static void
add_finding(struct report *report, const struct mm_finding *finding)
{
	begin_element(report);
	mm_json_add_str(&report->json, "detection", finding->detection->name);
	mm_json_add_str(&report->json, "class", mm_finding_class_name(finding->class));
	add_title(report, finding);
	add_subject(report, "subject", &finding->subject);
	add_name(report, "tenant", finding->tenant);
	add_name(report, "mailbox", finding->mailbox);
	mm_json_add_bool(&report->json, "several_mailboxes", finding->several_mailboxes);
	add_time(report, "first", finding->first_us);
	add_time(report, "last", finding->last_us);
	add_number(report, "records", finding->records);
	mm_json_begin_object(&report->json, "facts");
	for (unsigned i = 0; i < finding->facts_count; i++)
		add_fact(report, &finding->facts[i]);
	mm_json_end_object(&report->json);
	mm_json_begin_array(&report->json, "places");
	for (unsigned i = 0; i < finding->places_count; i++)
		add_place(report, &finding->places[i]);
	mm_json_end_array(&report->json);
	mm_json_end_object(&report->json);
}

static void
add_findings(struct report *report)
{
	enum mm_finding_class class;

	if (mm_story_class(report->story, &class))
		mm_json_add_str(&report->json, "class", mm_finding_class_name(class));
	mm_json_begin_array(&report->json, "findings");
	for (size_t i = 0; i < mm_story_findings(report->story); i++)
		add_finding(report, mm_story_finding(report->story, i));
	mm_json_end_array(&report->json);
}

/* ---- answers ---- */

static void
add_count(struct report *report, const char *name, const struct mm_story_count *count, bool complete)
{
	mm_json_begin_object(&report->json, name);
	add_number(report, "at_least", count->at_least);
	add_number(report, "on_record", count->on_record);
	mm_json_add_bool(&report->json, "complete", complete);
	mm_json_end_object(&report->json);
}

static void
add_missing(struct report *report, const struct mm_report_missing *missing)
{
	mm_json_begin_object(&report->json, "missing");
	add_number(report, "throttled_mailboxes", missing->throttled_mailboxes);
	add_number(report, "whole_folders", missing->whole_folders);
	add_number(report, "records_without_their_messages", missing->lost);
	add_number(report, "gaps", missing->gaps);
	mm_json_add_bool(&report->json, "no_room", missing->no_room);
	mm_json_end_object(&report->json);
}

static void
add_organisations(struct report *report, const struct mm_answer *answer, const struct mm_report_missing *missing)
{
	bool complete = mm_report_complete(missing);

	mm_json_begin_array(&report->json, "organisations_list");
	for (size_t i = 0; i < answer->organisations_listed; i++) {
		const struct mm_story_organisation *organisation = &answer->organisations_list[i];

		begin_element(report);
		add_name(report, "tenant", organisation->tenant);
		add_name(report, "name", organisation->name);
		add_count(report, "mailboxes", &organisation->mailboxes, complete);
		add_count(report, "messages", &organisation->messages, mm_report_messages_complete(missing));
		add_count(report, "records", &organisation->records, complete);
		add_time(report, "first", organisation->first_us);
		add_time(report, "last", organisation->last_us);
		mm_json_end_object(&report->json);
	}
	mm_json_end_array(&report->json);
}

static void
add_mailboxes(struct report *report, const struct mm_answer *answer)
{
	mm_json_begin_array(&report->json, "mailboxes_list");
	for (size_t i = 0; i < answer->mailboxes_listed; i++) {
		const struct mm_story_mailbox *mailbox = &answer->mailboxes_list[i];
		bool complete = !mailbox->throttled && answer->gaps_count == 0 && !answer->full;
		bool all_messages = complete && !mailbox->whole_folders && answer->lost == 0;

		begin_element(report);
		add_name(report, "tenant", mailbox->tenant);
		add_name(report, "mailbox", mailbox->mailbox);
		mm_json_add_bool(&report->json, "certain", mailbox->certain);
		mm_json_add_bool(&report->json, "whole_folders", mailbox->whole_folders);
		mm_json_add_bool(&report->json, "throttled", mailbox->throttled);
		add_count(report, "records", &mailbox->records, complete);
		add_count(report, "messages", &mailbox->messages, all_messages);
		add_count(report, "folders", &mailbox->folders, complete);
		add_time(report, "first", mailbox->first_us);
		add_time(report, "last", mailbox->last_us);
		mm_json_end_object(&report->json);
	}
	mm_json_end_array(&report->json);
}

/* Where each finding stands in the list of all. */
static void
number_findings(struct report *report)
{
	for (uint32_t i = 0; report->numbers != NULL && i < mm_story_findings(report->story); i++) {
		const struct mm_finding *finding = mm_story_finding(report->story, i);
		uint32_t *number = mm_map_get(report->numbers, &finding);

		if (number == NULL) {
			mm_map_free(&report->numbers);
			return;
		}
		*number = i;
	}
}

static void
add_finding_numbers(struct report *report, const char *name, const struct mm_finding *const *findings, size_t count)
{
	mm_json_begin_array(&report->json, name);
	for (size_t i = 0; i < count; i++) {
		const uint32_t *number = mm_map_find(report->numbers, &findings[i]);

		/* Each of an answer's is in the list of all. */
		if (number != NULL)
			add_number(report, NULL, *number);
	}
	mm_json_end_array(&report->json);
}

static void
add_answer(struct report *report, const struct mm_answer *answer)
{
	struct mm_report_missing missing;
	bool complete;

	mm_report_missing(answer, &missing);
	complete = mm_report_complete(&missing);
	begin_element(report);
	add_subject(report, "subject", &answer->subject);
	add_name(report, "name", answer->name);
	mm_json_add_str(&report->json, "class", mm_finding_class_name(answer->class));
	if (answer->within != NULL)
		add_number(report, "within", (uint64_t)(answer->within - mm_story_answer(report->story, 0)));
	add_finding_numbers(report, "findings", answer->findings, answer->findings_count);
	add_count(report, "organisations", &answer->organisations, complete);
	add_count(report, "mailboxes", &answer->mailboxes, complete);
	add_count(report, "folders", &answer->folders, complete);
	add_count(report, "messages", &answer->messages, mm_report_messages_complete(&missing));
	add_count(report, "records", &answer->records, complete);
	add_count(report, "tokens", &answer->tokens, complete);
	add_count(report, "sessions", &answer->sessions, complete);
	add_count(report, "networks", &answer->networks, complete);
	add_number(report, "other_accesses", answer->besides);
	add_time(report, "first", answer->first_us);
	add_time(report, "last", answer->last_us);
	add_missing(report, &missing);
	add_finding_numbers(report, "gaps", answer->gaps, answer->gaps_count);
	add_organisations(report, answer, &missing);
	add_mailboxes(report, answer);
	mm_json_end_object(&report->json);
}

static void
add_answers(struct report *report)
{
	report->numbers = mm_map_new(sizeof(struct mm_finding *), sizeof(uint32_t));
	number_findings(report);
	if (report->numbers == NULL) {
		report->failure = ENOMEM;
		return;
	}
	mm_json_begin_array(&report->json, "answers");
	for (size_t i = 0; i < mm_story_answers(report->story); i++)
		add_answer(report, mm_story_answer(report->story, i));
	mm_json_end_array(&report->json);
	add_number(report, "answers_dropped", mm_story_answers_dropped(report->story));
	mm_map_free(&report->numbers);
}

int
mm_report_json(FILE *out, struct mm_story *story, const struct mm_report_question *question)
{
	struct report report = { .out = out, .story = story,
		.names = mm_logs_reading_names(mm_story_source(story)->reading) };

	mm_buf_init(&report.buf, PIECE_MAX);
	mm_json_writer_init(&report.json, &report.buf);
	mm_json_begin_object(&report.json, NULL);
	add_question(&report, question);
	add_inputs(&report);
	add_detections(&report);
	add_findings(&report);
	add_answers(&report);
	mm_json_end_object(&report.json);
	mm_buf_add_str(&report.buf, "\n");
	write_out(&report);
	if (report.failure == 0 && fflush(out) != 0)
		report.failure = errno;
	mm_buf_clear(&report.buf);
	errno = report.failure;
	return report.failure == 0 ? 0 : -1;
}
