/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A walk over JSON that others wrote: fast, in one pass, and tolerant where that loses nothing.
 *
 * This is not lib/codec/json.h, which reads tokens and refuses what is not exactly right (doc/decisions/0042 has the
 * figures and why there are two). A walk never reads beyond its text, makes no tree and allocates nothing; values are
 * views of the text. It takes any bytes within strings, also invalid UTF-8 and raw control characters, and any scalar;
 * of a name that stands twice it takes the last, as jq and Python do, and counts it.
 */
#ifndef MM_ENGINE_LOGS_WALK_H
#define MM_ENGINE_LOGS_WALK_H

#include "lib/base/scratch.h"
#include "lib/codec/json.h"

#include <mintmark/slice.h>
#include <mintmark/version.h>

#include <stdbool.h>
#include <stdint.h>

/* Nesting that is followed; the deepest of real records has 9 levels. A record with more is told and passed over. */
#define MM_WALK_DEPTH_MAX 64

/* Names in one table. */
#define MM_WALK_NAMES_MAX 128

enum mm_walk_end {
	MM_WALK_WHOLE,
	MM_WALK_CUT,    /* the text ends within the value */
	MM_WALK_BROKEN, /* it is no JSON */
	MM_WALK_DEEP,   /* more than MM_WALK_DEPTH_MAX levels */
};

/* Names that are looked for in objects, made ready for finding. Read-only once made; shared by threads. */
struct mm_walk_table {
	const char *const *names;
	size_t count;
	uint8_t places[2 * MM_WALK_NAMES_MAX]; /* name's number + 1, by its mixed fingerprint */
	uint32_t fingerprints[MM_WALK_NAMES_MAX];
	uint8_t lengths[MM_WALK_NAMES_MAX];
};

/*
 * Make a table of count different, non-empty names of up to 255 bytes, which are borrowed. Returns false where there
 * are more than MM_WALK_NAMES_MAX, or one stands twice.
 */
MM_MUST_USE bool mm_walk_table_init(struct mm_walk_table *table, const char *const *names, size_t count);

/* The number of a name in the table, or -1. */
int mm_walk_table_find(const struct mm_walk_table *table, struct mm_slice name);

/*
 * Walk the one object that text begins with, after blanks. values, one for each name of the table, becomes what stands
 * at its name, or of type MM_JSON_ABSENT; *twice (may be NULL) is raised for each of those names that stands again.
 * *length (may be NULL) becomes the bytes up to the object's end, or to where it stopped.
 * Values are right inside as far as brackets and strings go. Names are compared as they stand, unescaped or not.
 */
enum mm_walk_end mm_walk_object(struct mm_slice text, const struct mm_walk_table *table, struct mm_json_value *values,
    uint32_t *twice, size_t *length);

/* Walk any one value that text begins with: sets *value, and *length as above. */
enum mm_walk_end mm_walk_value(struct mm_slice text, struct mm_json_value *value, size_t *length);

/*
 * Walk an array that was walked over as a value: *position starts at 0; each call gives the next element and returns
 * true, or returns false at the end, and at once where value is no array.
 */
MM_MUST_USE bool mm_walk_next(struct mm_json_value array, size_t *position, struct mm_json_value *element);

/*
 * The same of an array of objects, whose members are found on the way as by mm_walk_object(). Of one that is broken,
 * although its brackets match, those before the break are found; what is no object has none.
 */
MM_MUST_USE bool mm_walk_next_object(struct mm_json_value array, size_t *position, const struct mm_walk_table *table,
    struct mm_json_value *values, struct mm_json_value *element);

/* The same of an object's members, name included. */
MM_MUST_USE bool mm_walk_next_member(struct mm_json_value object, size_t *position, struct mm_slice *name,
    struct mm_json_value *value);

/*
 * The content of a string, unescaped: the text itself where it holds no escape, else a copy in scratch. A bad escape
 * stays as it stands; half of a surrogate pair becomes U+FFFD. Returns false where value is no string or scratch is
 * full; *content is set only on success.
 */
MM_MUST_USE bool mm_walk_string(struct mm_json_value value, struct mm_scratch *scratch, struct mm_slice *content);

/* A whole number, written as a number or as a string of digits, signed or not. False for anything else. */
MM_MUST_USE bool mm_walk_integer(struct mm_json_value value, int64_t *number);

/* A truth, written as true, "True", "true", 1, "1" or their opposites. False for anything else. */
MM_MUST_USE bool mm_walk_truth(struct mm_json_value value, bool *truth);

#endif
