/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Texts of reports: what the logs brought, as it may stand in each kind of file, and what several of them say alike.
 */
#ifndef MM_ENGINE_STORY_REPORT_TEXT_H
#define MM_ENGINE_STORY_REPORT_TEXT_H

#include "engine/story/story.h"
#include "lib/base/buf.h"

/*
 * Append text with every character that is not printable (engine/printable.h) as the letters U+XXXX, and each byte that
 * is no UTF-8 as the character U+FFFD. Not done here: the escaping of HTML, CSV or JSON.
 */
void mm_report_add_shown(struct mm_buf *buf, struct mm_slice text);

/* Append one cell of a CSV (RFC 4180), shown; one that a spreadsheet would take for a formula gets an apostrophe. */
void mm_report_add_cell(struct mm_buf *buf, struct mm_slice text);

/* Append a detail of a finding as people read it: "never", "2023-06-01T10:00:00Z", "192.0.2.0/24"; not shown yet. */
void mm_report_add_fact(struct mm_buf *buf, const struct mm_finding_fact *fact, const struct mm_names *names);

/* Append what a finding says in one line: its detection's title, or that the detection could not judge. */
void mm_report_add_title(struct mm_buf *buf, const struct mm_finding *finding);

/* Why an answer may have more than is on record. */
struct mm_report_missing {
	uint64_t throttled_mailboxes; /* their logs stopped for a time */
	uint64_t whole_folders;       /* records that expose a folder, without naming its messages */
	uint64_t lost;                /* records whose messages are not there */
	uint64_t gaps;                /* findings of class gap */
	bool no_room;                 /* some found no room in memory */
};

void mm_report_missing(const struct mm_answer *answer, struct mm_report_missing *missing);

/* Whether nothing speaks for more organisations, mailboxes, tokens, …; and for more messages. */
bool mm_report_complete(const struct mm_report_missing *missing);
bool mm_report_messages_complete(const struct mm_report_missing *missing);

#endif
