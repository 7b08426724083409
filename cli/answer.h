/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looking into the JSON objects that a control socket answers with. What is absent, or of another type, is taken for
 * what the caller says.
 */
#ifndef MM_CLI_ANSWER_H
#define MM_CLI_ANSWER_H

#include "lib/codec/json.h"

#include <mintmark/slice.h>

#include <stdbool.h>
#include <stdint.h>

/* Members of one object, with room for those of a later version. */
#define MM_ANSWER_MEMBERS_MAX 64

struct mm_answer_object {
	struct mm_json_member members[MM_ANSWER_MEMBERS_MAX];
	struct mm_json_index index;
};

/* Read a line as one object, which borrows from it. False where it is none. */
MM_MUST_USE bool mm_answer_read(struct mm_slice line, struct mm_answer_object *object);

/* The object that a member, or an element of an array, is; false, and an object without members, where it is none. */
bool mm_answer_object(const struct mm_answer_object *outer, const char *name, struct mm_answer_object *object);
bool mm_answer_element(struct mm_json_value value, struct mm_answer_object *object);

/* A member that is an array, for mm_json_next(). */
struct mm_json_value mm_answer_array(const struct mm_answer_object *object, const char *name);

int64_t mm_answer_number(const struct mm_answer_object *object, const char *name, int64_t otherwise);
bool mm_answer_flag(const struct mm_answer_object *object, const char *name, bool otherwise);
bool mm_answer_is(const struct mm_answer_object *object, const char *name, const char *text);

/* A text, borrowed until the next call of these two; absent where there is none. */
struct mm_slice mm_answer_text(const struct mm_answer_object *object, const char *name);
struct mm_slice mm_answer_text_of(struct mm_json_value value);

#endif
