/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records of a journal for programs.
 */
#ifndef MM_ENGINE_JOURNAL_JSON_H
#define MM_ENGINE_JOURNAL_JSON_H

#include "engine/journal.h"
#include "lib/base/buf.h"

#include <mintmark/version.h>

/* The largest record as a line: each byte of it as \u00XX. */
#define MM_JOURNAL_JSON_MAX (256 * 1024)

/* Add a record as one JSON object on one line, ended by '\n'. */
void mm_journal_json_add(struct mm_buf *buf, const struct mm_journal_record *record,
    const struct mm_journal_place *where);

/* A record that was read from such a line. */
struct mm_journal_line {
	struct mm_journal_record record; /* borrows from room */
	struct mm_journal_place where;
	char *room;
};

/*
 * Read a line, without its newline, that mm_journal_json_add() wrote. False where it is none, or memory is short.
 * Clear it in either case. Members that are not known are passed over; of the latency only microseconds come back.
 */
MM_MUST_USE bool mm_journal_json_parse(struct mm_slice line, struct mm_journal_line *parsed);
void mm_journal_line_clear(struct mm_journal_line *parsed);

#endif
