/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records of a journal for people: one line each, in columns that fit the terminal.
 *
 * What the token only claims ends with '?'. Everything that strangers wrote is escaped.
 */
#ifndef MM_CLI_DECISION_TABLE_H
#define MM_CLI_DECISION_TABLE_H

#include "engine/journal.h"

#include <stdio.h>

#define MM_DECISION_COLUMNS_MAX 9

struct mm_decision_table {
	FILE *stream;
	size_t columns;                         /* of the terminal; 0: it is none, and nothing is cut */
	size_t width[MM_DECISION_COLUMNS_MAX];  /* 0: left out */
	bool headed;
};

/* A table for this stream, with no line written. columns 0: the stream's own. */
void mm_decision_table_init(struct mm_decision_table *table, FILE *stream, size_t columns);

/* Write a record; before the first one the titles. */
void mm_decision_table_put(struct mm_decision_table *table, const struct mm_journal_record *record);

#endif
