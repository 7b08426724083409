/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Strict JSON (RFC 8259), scanned once and viewed in place.
 *
 * A scan accepts one object and nothing after it: valid UTF-8, at most MM_JSON_DEPTH_MAX levels, no
 * member name twice in one object, compared after unescaping, exactly and ignoring case; no U+0000 and
 * no lone surrogate in names or strings. It makes an index of the top object's members; values are
 * borrowed text. Arrays and nested objects of scanned text are then walked with the view functions,
 * which trust that the scan was made.
 *
 * "Ignoring case" folds A-Z, U+017F to s and U+212A to k: the code points whose simple case folding is
 * an ASCII letter. No name that is looked up here has others.
 */
#ifndef MM_CODEC_JSON_H
#define MM_CODEC_JSON_H

#include "lib/base/limits.h"
#include "lib/base/scratch.h"

#include <mintmark/reason.h>
#include <mintmark/slice.h>

#include <stdbool.h>
#include <stdint.h>

enum mm_json_type {
	MM_JSON_ABSENT, /* no such member */
	MM_JSON_NULL,
	MM_JSON_BOOLEAN,
	MM_JSON_NUMBER,
	MM_JSON_STRING,
	MM_JSON_ARRAY,
	MM_JSON_OBJECT,
};

/* A value: its text, a string's without the quotes. */
struct mm_json_value {
	struct mm_slice text;
	enum mm_json_type type;
	bool escaped; /* a string that holds a backslash */
};

/* A member's name as it stands, without the quotes, and a fingerprint of its unescaped, case-folded characters. */
struct mm_json_name {
	struct mm_slice text;
	uint32_t fingerprint;
};

/* The same of a literal, which is not empty and lower-case ASCII: for tables of names that are looked up. */
#define MM_JSON_NAME(literal)                                               \
	{                                                                   \
		{ (literal), sizeof(literal) - 1 },                         \
		(uint32_t)(sizeof(literal) - 1) |                           \
		    (uint32_t)(literal)[0] << 8 |                           \
		    (uint32_t)(literal)[(sizeof(literal) - 1) / 2] << 16 |  \
		    (uint32_t)(literal)[sizeof(literal) - 2] << 24          \
	}

/* Names of the objects that are open during a scan; the owner provides it, its content is the scan's. */
struct mm_json_names {
	struct mm_json_name entries[MM_JSON_NAMES_MAX];
};

struct mm_json_member {
	struct mm_json_name name;
	bool name_escaped;
	struct mm_json_value value;
};

/* Members of one object, in their order. The owner provides the room. */
struct mm_json_index {
	struct mm_json_member *members;
	size_t count;
	size_t max;
};

/* Where and why a scan stopped; the text is a constant sentence. */
struct mm_json_fault {
	size_t offset;
	const char *text;
};

/*
 * Scan text as one object and index its members.
 *
 * Fails with MM_CLAIM_DUPLICATE where a name stands twice, else with MM_TOKEN_MALFORMED; also where the
 * object has more than index->max members or more than MM_JSON_NAMES_MAX names are open at once. *fault
 * (may be NULL) is set on failure only. Not checked here: what the members mean.
 */
MM_MUST_USE enum mm_reason
mm_json_scan(struct mm_slice text, struct mm_json_names *names, struct mm_json_index *index,
    struct mm_json_fault *fault);

/*
 * The value of the member called name (exactly, after unescaping), or one of type MM_JSON_ABSENT. Names that are looked
 * up are ASCII; another is not found.
 */
struct mm_json_value mm_json_find(const struct mm_json_index *index, const char *name);
struct mm_json_value mm_json_find_slice(const struct mm_json_index *index, struct mm_slice name);
struct mm_json_value mm_json_find_name(const struct mm_json_index *index, const struct mm_json_name *name);

/* Append a member to an index that was not made by a scan; name is ASCII and as it is when unescaped. */
void mm_json_index_add(struct mm_json_index *index, struct mm_slice name, struct mm_json_value value);

/*
 * View an object of scanned text: index its members as mm_json_scan() does, without checking again.
 * Returns false where value is no object or has more than index->max members.
 */
MM_MUST_USE bool mm_json_view_object(struct mm_json_value value, struct mm_json_index *index);

/*
 * Walk an array of scanned text: *position starts at 0; each call gives the next element and returns
 * true, or returns false at the end, and at once where value is no array.
 */
MM_MUST_USE bool mm_json_next(struct mm_json_value array, size_t *position, struct mm_json_value *element);

/*
 * The content of a string, unescaped: the text itself where it holds no escape, else a copy in scratch.
 * Returns false where value is no string or scratch is full; *content is set only on success.
 */
MM_MUST_USE bool
mm_json_string(struct mm_json_value value, struct mm_scratch *scratch, struct mm_slice *content);

/* Whether value is a string whose unescaped content equals text. */
MM_MUST_USE bool mm_json_string_is(struct mm_json_value value, const char *text);

/*
 * A whole number from 0 to 2^53 - 1, written in plain digits (no sign, fraction or exponent).
 * Returns false for anything else; *number is set only on success.
 */
MM_MUST_USE bool mm_json_integer(struct mm_json_value value, int64_t *number);

#endif
