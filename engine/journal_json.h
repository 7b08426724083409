/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records of a journal for programs.
 */
#ifndef MM_ENGINE_JOURNAL_JSON_H
#define MM_ENGINE_JOURNAL_JSON_H

#include "engine/journal.h"
#include "lib/base/buf.h"

/* The largest record as a line: each byte of it as \u00XX. */
#define MM_JOURNAL_JSON_MAX (256 * 1024)

/* Add a record as one JSON object on one line, ended by '\n'. */
void mm_journal_json_add(struct mm_buf *buf, const struct mm_journal_record *record,
    const struct mm_journal_place *where);

#endif
