/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Columns: which shape the rows of a CSV are of, and which member of it each column is.
 */
#ifndef MM_ENGINE_LOGS_COLUMNS_H
#define MM_ENGINE_LOGS_COLUMNS_H

#include "engine/logs/shape.h"

/* Columns beyond these are counted and passed over; the widest of real exports have some hundred. */
#define MM_LOGS_COLUMNS_MAX 16384

/* Read-only once made; shared by threads. */
struct mm_logs_columns {
	struct mm_logs_columns *next; /* for whoever keeps several */
	uint64_t from;                /* offset in the text from which on they count */
	char delimiter;
	size_t count;                 /* of columns in the header */
	size_t shape;                 /* number of the shape */
	bool known;                   /* a shape fits */
	size_t used;                  /* columns that are looked at: those behind are of no member */
	int16_t members[];            /* of each of these the member's number, or -1 */
};

/*
 * Make them from a header. Names are compared without blanks around them; of two columns of one name the first counts.
 * NULL where memory is short.
 */
struct mm_logs_columns *mm_logs_columns_new(struct mm_slice header, char delimiter);

/*
 * Find the values of a row's members, by their shape's numbers: fields as strings, without doubled quotes, which are
 * undoubled into the reader's scratch. Faults and other numbers of fields are counted; *fault tells of quotes.
 * Returns false where scratch is full.
 */
bool mm_logs_columns_values(const struct mm_logs_columns *columns, struct mm_logs_reader *reader,
    struct mm_slice row, struct mm_json_value *values, const char **fault);

/* Whether a row's values could be another header: what must be there is the name of a member, of whichever shape. */
bool mm_logs_columns_doubt(const struct mm_logs_columns *columns, const struct mm_json_value *values);

#endif
