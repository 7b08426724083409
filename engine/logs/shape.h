/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shapes: what a record is, and how it becomes an event.
 *
 * A row of the table mm_logs_shapes[], and a file engine/logs/shape_NAME.c for each kind of log. A row lists the names
 * that its records have at the top, members of a JSON object or columns of a CSV alike, those first without which it is
 * no such record; and a function that makes an event of their values. Shapes of lines of text have one for the line.
 *
 * A shape may hand on what it unwraps: the row of an export hands its AuditData to the audit log's shape.
 */
#ifndef MM_ENGINE_LOGS_SHAPE_H
#define MM_ENGINE_LOGS_SHAPE_H

#include "engine/logs/event.h"
#include "engine/logs/items.h"
#include "engine/logs/names.h"
#include "engine/logs/role.h"
#include "engine/logs/tally.h"
#include "engine/logs/walk.h"

/* What a shape works with: one a thread. */
struct mm_logs_reader {
	struct mm_names *names;      /* where texts become numbers */
	struct mm_scratch scratch;   /* for unescaping: four times the record; taken back after each */
	struct mm_logs_tally *tally; /* what is counted */
	int64_t now_us;              /* the clock of the one who reads: what is the future */
	int64_t file_us;             /* when the file was last changed: the year of lines that name none */
	bool keep_other;             /* all fields of events of kind MM_LOGS_OTHER too; else time, id and tenant */
	struct mm_slice record_id;   /* set by the shape: the record's id as it stands; absent: it has none */
};

/* What a shape says of a record. */
enum mm_logs_outcome {
	MM_LOGS_EVENT,    /* *event is set */
	MM_LOGS_EMPTY,    /* a record with nothing in it, counted as such */
	MM_LOGS_UNKNOWN,  /* it is not of this shape after all */
	MM_LOGS_BROKEN,   /* what it wraps is no JSON */
	MM_LOGS_TOO_DEEP, /* what it wraps nests too deep */
	MM_LOGS_IGNORED,  /* a line that says nothing of what is asked: no event */
};

struct mm_logs_shape {
	const char *name;  /* "m365-audit" */
	const char *title; /* "Microsoft 365 unified audit log" */
	enum mm_logs_family family;
	const struct mm_logs_member *members; /* members or columns */
	size_t members_count;
	size_t required; /* the first so many of them must be there */
	bool wraps;      /* and the first be an object: other logs have something else at that name */
	enum mm_logs_outcome (*read)(struct mm_logs_reader *reader, const struct mm_json_value *values,
	    struct mm_logs_event *event);
	enum mm_logs_outcome (*read_line)(struct mm_logs_reader *reader, struct mm_slice line,
	    struct mm_logs_event *event);
	/* Folders and messages, for mm_logs_again(); NULL: it has none. */
	void (*items)(struct mm_logs_reader *reader, const struct mm_json_value *values,
	    struct mm_logs_item_list *list);
};

/* All shapes; the number of one is its place, and of a record it is in mm_logs_place. */
#define MM_LOGS_SHAPES_MAX 24
extern const struct mm_logs_shape *const mm_logs_shapes[];
extern const size_t mm_logs_shapes_count;

/* Whether values, found by the shape's own names, are of such a record. */
bool mm_logs_shape_fits(const struct mm_logs_shape *shape, const struct mm_json_value *values);

/*
 * Read a value, an object or a string that holds one, as of another shape: MM_LOGS_EMPTY where it is missing or empty,
 * MM_LOGS_UNKNOWN where it does not fit that shape.
 */
enum mm_logs_outcome mm_logs_shape_unwrap(struct mm_logs_reader *reader, const struct mm_logs_shape *shape,
    struct mm_json_value value, struct mm_logs_event *event);

/* The items of such a value; none where it is not of that shape. */
void mm_logs_shape_unwrap_items(struct mm_logs_reader *reader, const struct mm_logs_shape *shape,
    struct mm_json_value value, struct mm_logs_item_list *list);

#endif
