/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Form: how records stand in a text.
 *
 * The form is recognised from the beginning of an input. With it a text that is read block by block is cut behind a
 * whole record, so that blocks can be taken apart by different threads; and a block is taken apart into records.
 *
 * What is no record is given too, with what is wrong with it, so that whoever counts misses nothing: all bytes of a
 * block but blanks, commas and brackets between records are in one span or another.
 */
#ifndef MM_ENGINE_LOGS_FORM_H
#define MM_ENGINE_LOGS_FORM_H

#include <mintmark/slice.h>
#include <mintmark/version.h>

#include <stdbool.h>
#include <stdint.h>

/* A longer record is passed over and told; those on record have at most 9 kB, a mailbox sync at most some MB. */
#define MM_LOGS_RECORD_MAX (16 * 1024 * 1024)

/* Columns of a CSV; a header with more is read up to here, the rest is counted. */
#define MM_LOGS_COLUMNS_MAX 16384

enum mm_logs_form {
	MM_LOGS_NO_FORM,    /* nothing that is known */
	MM_LOGS_JSON_LINES, /* a JSON object a line */
	MM_LOGS_JSON_TEXT,  /* objects one after another, on any lines, alone or in arrays, or in an array that is the
	                       "value", "records" or the like of one object */
	MM_LOGS_CSV,        /* RFC 4180, with a header; comma, semicolon or tab */
	MM_LOGS_LINES,      /* lines of text */
};

/* How a text is laid out. Not changed by cutting or taking apart; shared by threads. */
struct mm_logs_layout {
	enum mm_logs_form form;
	char delimiter;        /* of a CSV */
	struct mm_slice header; /* of a CSV: its line, which belongs to whoever recognised it */
	uint64_t body;         /* offset of the first record: behind the header, or the opening of the array */
};

/*
 * Recognise the form of a text from its first bytes; whole tells that there are no more. layout->header borrows from
 * text. Returns false, and MM_LOGS_NO_FORM, where it is none: binary, empty, or begins like nothing that is known.
 */
bool mm_logs_form_recognise(struct mm_slice text, bool whole, struct mm_logs_layout *layout);

/* What a cutter keeps between blocks: where in the nesting the text stands. All zeroes at layout->body. */
struct mm_logs_cutter {
	uint32_t depth;    /* of JSON text: brackets and braces open */
	uint32_t base;     /* how many of them are not part of a record */
	bool in_string;
	bool escaped;
};

/*
 * How many bytes at the beginning of text, of which the first known ones were seen by the last call and found without
 * an end, are whole records and what stands between: 0 where no record ends in it, all of it where last is set.
 * The text begins where the last call cut. Each byte is looked at once, so that a long record costs no more.
 */
size_t mm_logs_form_cut(const struct mm_logs_layout *layout, struct mm_logs_cutter *cutter, struct mm_slice text,
    size_t known, bool last);

/* What a span of a block is. */
enum mm_logs_span {
	MM_LOGS_RECORD,
	MM_LOGS_HEADER,     /* a line of column names, the header's or another's */
	MM_LOGS_SPAN_CUT,   /* a record that the text ends in */
	MM_LOGS_SPAN_NOISE, /* no JSON, where JSON should be */
};

/*
 * The next span of a block that was cut as above: sets *span (borrowed from block) and *position behind it; *position
 * is 0 at the block's beginning. Returns false at its end.
 * Not checked here: what is in a record; of JSON, that it is whole and right inside.
 */
MM_MUST_USE bool mm_logs_form_next(const struct mm_logs_layout *layout, struct mm_slice block, size_t *position,
    enum mm_logs_span *kind, struct mm_slice *span);

/* A field of a CSV record as it stands: without its quotes, but with quotes in it still doubled. */
struct mm_logs_field {
	struct mm_slice text;
	bool doubled; /* there are doubled quotes in it */
};

/*
 * The fields of a CSV record; at most max of them are set. Returns how many there are, which may be more.
 * *fault (may be NULL) is set to what is wrong with the quotes, a constant sentence, or NULL.
 */
size_t mm_logs_csv_split(struct mm_slice record, char delimiter, struct mm_logs_field *fields, size_t max,
    const char **fault);

/* Write a field's text to out, of at least text.len bytes, doubled quotes made single; returns its length. */
size_t mm_logs_csv_undouble(struct mm_slice text, char *out);

/* The words for these in reports and JSON. */
const char *mm_logs_form_name(enum mm_logs_form form);

#endif
