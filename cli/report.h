/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Telling an answer: its verdict and facts, for people and for programs.
 */
#ifndef MM_CLI_REPORT_H
#define MM_CLI_REPORT_H

#include "cli/question.h"
#include "engine/json_writer.h"

/* Room for the JSON of one answer: texts of at most MM_CLAIM_LEN_MAX bytes, escaped, and the hints. */
#define MM_REPORT_LEN_MAX (1024 * 1024)

/* The verdict line: "denied: KEY_RETIRED: the key's time is over". */
void mm_report_print_verdict(const struct mm_answer *answer);

/* The facts, a line each, under a line that says whether the signature held. */
void mm_report_print_facts(const struct mm_question *question, const struct mm_answer *answer);

/* What to change, and the hints; nothing where it was allowed. */
void mm_report_print_mend(const struct mm_answer *answer);

/* The members of an answer, into an object that is open. The hints stand there for a denial. */
void mm_report_write(struct mm_json_writer *writer, const struct mm_question *question, const struct mm_answer *answer);

/* Print what was written, with a line end, and clear it; false where memory was short. */
bool mm_report_print_json(struct mm_buf *buf);

#endif
