/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records of a journal for programs: one JSON object a line, with everything that the record holds.
 */
#ifndef MM_CLI_DECISION_JSON_H
#define MM_CLI_DECISION_JSON_H

#include "engine/journal.h"

#include <stdio.h>

/* Write a record and where it stands. Returns false where memory is short; nothing is written then. */
bool mm_decision_json_put(FILE *stream, const struct mm_journal_record *record, const struct mm_journal_place *where);

#endif
