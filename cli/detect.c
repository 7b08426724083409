/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mintmark detect: what 'mintmark hunt' looks for, and what each of it means.
 */
#include "engine/detect/detection.h"

#include "cli/command.h"
#include "cli/report.h"
#include "cli/terminal.h"
#include "engine/nearest.h"

#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define ANSWER_MAX ((size_t)1024 * 1024)

/* Of an id that is none: as much as a person needs to see which one. */
#define ID_COLUMNS_MAX 64

/* Where the texts of 'explain' begin. */
#define TEXT_COLUMN 12

static void
write_detection(struct mm_json_writer *writer, const struct mm_detection *detection)
{
	mm_json_begin_object(writer, NULL);
	mm_json_add_str(writer, "id", detection->name);
	mm_json_add_str(writer, "class", mm_finding_class_name(detection->class));
	mm_json_add_str(writer, "title", detection->title);
	mm_json_add_str(writer, "inputs", detection->inputs);
	mm_json_add_str(writer, "meaning", detection->meaning);
	mm_json_add_str(writer, "advice", detection->advice);
	mm_json_add_str(writer, "reference", detection->reference);
	mm_json_end_object(writer);
}

static bool
list_as_json(void)
{
	struct mm_json_writer writer;
	struct mm_buf buf;

	mm_buf_init(&buf, ANSWER_MAX);
	mm_json_writer_init(&writer, &buf);
	mm_json_begin_array(&writer, NULL);
	for (size_t i = 0; i < mm_detections_count; i++)
		write_detection(&writer, mm_detections[i]);
	mm_json_end_array(&writer);
	return mm_report_print_json(&buf);
}

static bool
explain_as_json(const struct mm_detection *detection)
{
	struct mm_json_writer writer;
	struct mm_buf buf;

	mm_buf_init(&buf, ANSWER_MAX);
	mm_json_writer_init(&writer, &buf);
	write_detection(&writer, detection);
	return mm_report_print_json(&buf);
}

/* Columns of the longest id. */
static size_t
ids_width(void)
{
	size_t width = 0;

	for (size_t i = 0; i < mm_detections_count; i++) {
		size_t len = strlen(mm_detections[i]->name);

		if (len > width)
			width = len;
	}
	return width;
}

static void
list(void)
{
	size_t width = ids_width();

	for (size_t i = 0; i < mm_detections_count; i++) {
		const struct mm_detection *detection = mm_detections[i];

		mm_terminal_put_padded(stdout, mm_slice_str(mm_finding_class_name(detection->class)), 8);
		mm_terminal_put_padded(stdout, mm_slice_str(detection->name), width + 2);
		mm_terminal_put_wrapped(stdout, mm_slice_str(detection->title), 8 + width + 2);
	}
}

static void
put_text(const char *title, const char *text)
{
	mm_terminal_put_padded(stdout, mm_slice_str(title), TEXT_COLUMN);
	mm_terminal_put_wrapped(stdout, mm_slice_str(text), TEXT_COLUMN);
}

static const char *
class_sentence(enum mm_finding_class class)
{
	static const char *const sentences[MM_FINDING_CLASSES] = {
		[MM_FINDING_GAP] = "gap: something that the logs cannot tell, so that there may be more than is found",
		[MM_FINDING_LEAD] = "lead: worth a look; everyday work does it too",
		[MM_FINDING_STRONG] = "strong: it has hardly another explanation, and the meaning says which",
		[MM_FINDING_PROOF] = "proof: it has no other explanation",
	};

	return sentences[class];
}

static void
explain(const struct mm_detection *detection)
{
	mm_terminal_begin(stdout, MM_STYLE_STRONG);
	fputs(detection->name, stdout);
	mm_terminal_end(stdout);
	fputc('\n', stdout);
	put_text("title", detection->title);
	put_text("class", class_sentence(detection->class));
	put_text("inputs", detection->inputs);
	put_text("meaning", detection->meaning);
	put_text("advice", detection->advice);
	put_text("reference", detection->reference);
}

static int
unknown_id(const struct mm_command *command, const char *id)
{
	struct mm_nearest nearest;

	mm_nearest_init(&nearest, mm_slice_str(id));
	for (size_t i = 0; i < mm_detections_count; i++)
		mm_nearest_offer(&nearest, mm_slice_str(mm_detections[i]->name));
	/* Half of it is a slip of the finger or of memory; more is something else. */
	if (nearest.distance <= nearest.best.len / 2)
		return mm_command_usage_error(command, "there is no detection '%.*s'; do you mean '%.*s'?",
		    ID_COLUMNS_MAX, id, (int)nearest.best.len, nearest.best.ptr);
	return mm_command_usage_error(command, "there is no detection '%.*s'; 'mintmark detect list' tells them",
	    ID_COLUMNS_MAX, id);
}

static int
explain_id(const struct mm_command *command, const char *id, bool json)
{
	const struct mm_detection *detection = mm_detection_find(id);

	if (detection == NULL)
		return unknown_id(command, id);
	if (json)
		return explain_as_json(detection) ? MM_EXIT_DONE : MM_EXIT_USAGE;
	explain(detection);
	return MM_EXIT_DONE;
}

static int
list_all(bool json)
{
	if (json)
		return list_as_json() ? MM_EXIT_DONE : MM_EXIT_USAGE;
	list();
	return MM_EXIT_DONE;
}

int
mm_command_detect(const struct mm_command *command, int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' },
		{ NULL, 0, NULL, 0 },
	};
	const char *verb;
	bool json = false;
	int option, left;

	opterr = 0;
	while ((option = getopt_long(argc, argv, ":", options, NULL)) != -1) {
		if (option != 'j')
			return mm_command_option_error(command, option, argv);
		json = true;
	}
	left = argc - optind;
	if (left == 0)
		return mm_command_usage_error(command, "what of them? list, or explain ID");
	verb = argv[optind];
	if (strcmp(verb, "list") == 0 && left == 1)
		return list_all(json);
	if (strcmp(verb, "explain") == 0 && left == 2)
		return explain_id(command, argv[optind + 1], json);
	if (strcmp(verb, "explain") == 0)
		return mm_command_usage_error(command, "'explain' takes one ID; 'mintmark detect list' tells them");
	if (strcmp(verb, "list") == 0)
		return mm_command_usage_error(command, "'%.32s' is one argument too many", argv[optind + 1]);
	return mm_command_usage_error(command, "'%.32s' is neither list nor explain", verb);
}
