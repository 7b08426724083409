/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reports: a story as files that others read. Each is written whole to a stream, and its bytes follow from the inputs
 * and the question alone: no time of its making, no machine's name, no random number.
 *
 * Everything that the logs brought is hostile: JSON escapes it (engine/json_writer.h), HTML has it as text, a cell of a
 * CSV file that a spreadsheet would take for a formula begins with an apostrophe, controls and marks of direction are
 * shown as U+XXXX.
 */
#ifndef MM_ENGINE_STORY_REPORT_H
#define MM_ENGINE_STORY_REPORT_H

#include "engine/story/story.h"

#include <stdio.h>

/* What was asked, for the reports' heads. */
struct mm_report_question {
	const char *version;          /* of mintmark */
	const char *const *arguments; /* the command's; NULL behind the last */
};

/*
 * Each returns 0, or -1 with errno where the stream fails or memory is short.
 *
 * findings.json: question, inputs with their SHA-256 and what was read of them, steps of normalising, findings,
 * answers.
 * doc/hunt.md has its members.
 */
MM_MUST_USE int mm_report_json(FILE *out, struct mm_story *story, const struct mm_report_question *question);

/*
 * findings.csv: a row a finding. messages.csv: a row a message. RFC 4180, with a head row. The second may fail with
 * ESTALE: an input is not the file any more that it was; all but its messages is written.
 */
MM_MUST_USE int mm_report_findings_csv(FILE *out, struct mm_story *story);
MM_MUST_USE int mm_report_messages_csv(FILE *out, struct mm_story *story);

/*
 * report.html: one file, with nothing from elsewhere. Its one script sorts tables and is allowed by its digest in the
 * file's policy; without it everything can be read.
 */
MM_MUST_USE int mm_report_html(FILE *out, struct mm_story *story, const struct mm_report_question *question);

/* stix.json: a STIX 2.1 bundle; ids are UUIDs of version 5, made of what they name. */
MM_MUST_USE int mm_report_stix(FILE *out, struct mm_story *story, const struct mm_report_question *question);

#endif
