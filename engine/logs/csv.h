/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows of CSV (RFC 4180): quoted fields hold delimiters, lines and doubled quotes; rows end with LF or CR LF.
 *
 * A quote counts where a field begins, and nowhere else in a field without quotes. What stands between a closing quote
 * and the next delimiter belongs to the field, and is a fault.
 */
#ifndef MM_ENGINE_LOGS_CSV_H
#define MM_ENGINE_LOGS_CSV_H

#include <mintmark/slice.h>

#include <stdbool.h>
#include <stdint.h>

/* A field as it stands: without its quotes, but with the quotes in it still doubled. */
struct mm_csv_field {
	struct mm_slice text;
	bool doubled; /* there are doubled quotes in it */
};

/*
 * The bytes of the row that text begins with, its line's end included. 0 where the row has no end in it: it ends within
 * quotes, or, unless last is set, without a line's end.
 */
size_t mm_csv_row(struct mm_slice text, char delimiter, bool last);

/*
 * Split a row, with or without its line's end, into fields; at most max of them are set. Returns how many there are,
 * which may be more. *fault (may be NULL) becomes a constant sentence that says what is wrong with the quotes, or NULL.
 */
size_t mm_csv_split(struct mm_slice row, char delimiter, struct mm_csv_field *fields, size_t max, const char **fault);

/* Write a field's text to out, which has room for text.len bytes, doubled quotes made single; returns its length. */
size_t mm_csv_undouble(struct mm_slice text, char *out);

#endif
