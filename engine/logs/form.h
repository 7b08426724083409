/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Form: how records stand in a text.
 *
 * The form is recognised from the beginning of an input. With it a text that is read block by block is cut behind a
 * whole record, so that blocks can be taken apart by different threads; and a block is taken apart into spans, records
 * most of them. What is no record is given too, so that whoever counts misses nothing: all bytes of a text but blanks,
 * commas, brackets and byte order marks between records, and what a wrapper holds beside them, are in one span.
 */
#ifndef MM_ENGINE_LOGS_FORM_H
#define MM_ENGINE_LOGS_FORM_H

#include <mintmark/slice.h>
#include <mintmark/version.h>

#include <stdbool.h>
#include <stdint.h>

/* A longer record is passed over and told; those on record have at most 9 kB, a mailbox sync at most some MB. */
#define MM_LOGS_RECORD_MAX (16 * 1024 * 1024)

/* How much of a text's beginning is asked for to recognise it. */
#define MM_LOGS_BEGINNING (1024 * 1024)

enum mm_logs_form {
	MM_LOGS_NO_FORM,    /* nothing that is known */
	MM_LOGS_JSON_LINES, /* a JSON object a line */
	MM_LOGS_JSON_TEXT,  /* objects one after another, on any lines, alone or in arrays */
	MM_LOGS_CSV,        /* RFC 4180, with a header; comma, semicolon or tab */
	MM_LOGS_LINES,      /* lines of text that begin with a time */
};

/* How a text is laid out. Not changed by cutting or taking apart; shared by threads. */
struct mm_logs_layout {
	enum mm_logs_form form;
	bool wrapped;           /* of JSON text: the arrays are members of objects, {"value":[…]}, a page each */
	char delimiter;         /* of a CSV */
	struct mm_slice header; /* of a CSV: the row of column names; borrowed from the text */
	size_t body;            /* offset of what stands behind the header */
};

/*
 * Recognise the form of a text from its first bytes, MM_LOGS_BEGINNING or all that there are. Returns false, and
 * MM_LOGS_NO_FORM, where it is none: binary, empty, or begins like nothing that is known.
 */
bool mm_logs_form_recognise(struct mm_slice text, struct mm_logs_layout *layout);

/* Where between records a text stands. All zeroes at layout->body. */
struct mm_logs_stand {
	bool in_wrapper;  /* JSON text: within a wrapper, outside of its array */
	uint32_t arrays;  /* JSON text: arrays open */
	uint32_t resumed; /* JSON text: records without an end so far, in this block */
	bool skipping;    /* within a record that is too long */
	uint32_t depth;   /* of that: brackets open */
	bool in_string;
	bool escaped;
};

/*
 * How many bytes at the beginning of text are whole records and what stands between; *stand, where text begins, becomes
 * where that ends. 0: no record ends in it; all of it where last is set. Once text has MM_LOGS_RECORD_MAX bytes and
 * this is 0, mm_logs_form_skip() goes on.
 */
size_t mm_logs_form_cut(const struct mm_logs_layout *layout, struct mm_logs_stand *stand, struct mm_slice text,
    bool last);

/*
 * Pass over the record that text begins with, or goes on within: returns how many bytes of it text holds; more follow
 * where stand->skipping is set.
 */
size_t mm_logs_form_skip(const struct mm_logs_layout *layout, struct mm_logs_stand *stand, struct mm_slice text);

/* Whether a text that ends at stand ends within an array or wrapper: it was cut, although between records. */
bool mm_logs_form_open(const struct mm_logs_stand *stand);

/* What a span of a block is. */
enum mm_logs_span {
	MM_LOGS_RECORD,
	MM_LOGS_SPAN_CUT,   /* a record without an end */
	MM_LOGS_SPAN_NOISE, /* no JSON, where JSON should be */
};

/*
 * The next span of a block that was cut as above and begins at *stand: sets *kind, *span (borrowed from block) and
 * *position behind it; *position is 0 at the block's beginning. Returns false at its end.
 *
 * A record without an end takes with it what stands up to the next line that begins as its own did, if there is one.
 * Not checked here: what is in a record; of JSON lines, where the object ends in its line.
 */
MM_MUST_USE bool mm_logs_form_next(const struct mm_logs_layout *layout, struct mm_logs_stand *stand,
    struct mm_slice block, size_t *position, enum mm_logs_span *kind, struct mm_slice *span);

/* The words for these in reports and JSON. */
const char *mm_logs_form_name(enum mm_logs_form form);

#endif
