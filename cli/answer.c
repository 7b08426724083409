/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looking into the JSON objects that a control socket answers with.
 */
#include "cli/answer.h"

#include "lib/base/array.h"

bool
mm_answer_read(struct mm_slice line, struct mm_answer_object *object)
{
	static struct mm_json_names names;

	object->index = (struct mm_json_index){ .members = object->members, .max = MM_COUNT_OF(object->members) };
	if (mm_json_scan(line, &names, &object->index, NULL) == MM_OK)
		return true;
	object->index.count = 0;
	return false;
}

bool
mm_answer_element(struct mm_json_value value, struct mm_answer_object *object)
{
	object->index = (struct mm_json_index){ .members = object->members, .max = MM_COUNT_OF(object->members) };
	if (mm_json_view_object(value, &object->index))
		return true;
	object->index.count = 0;
	return false;
}

bool
mm_answer_object(const struct mm_answer_object *outer, const char *name, struct mm_answer_object *object)
{
	return mm_answer_element(mm_json_find(&outer->index, name), object);
}

struct mm_json_value
mm_answer_array(const struct mm_answer_object *object, const char *name)
{
	return mm_json_find(&object->index, name);
}

int64_t
mm_answer_number(const struct mm_answer_object *object, const char *name, int64_t otherwise)
{
	int64_t number;

	return mm_json_integer(mm_json_find(&object->index, name), &number) ? number : otherwise;
}

bool
mm_answer_flag(const struct mm_answer_object *object, const char *name, bool otherwise)
{
	struct mm_json_value value = mm_json_find(&object->index, name);

	return value.type == MM_JSON_BOOLEAN ? value.text.ptr[0] == 't' : otherwise;
}

bool
mm_answer_is(const struct mm_answer_object *object, const char *name, const char *text)
{
	return mm_json_string_is(mm_json_find(&object->index, name), text);
}

struct mm_slice
mm_answer_text_of(struct mm_json_value value)
{
	/* Longer texts are shown as they stand in the answer. */
	static char room[256 * 1024];
	struct mm_scratch scratch;
	struct mm_slice text;

	mm_scratch_init(&scratch, room, sizeof(room));
	if (mm_json_string(value, &scratch, &text))
		return text;
	return value.type == MM_JSON_STRING ? value.text : MM_SLICE_ABSENT;
}

struct mm_slice
mm_answer_text(const struct mm_answer_object *object, const char *name)
{
	return mm_answer_text_of(mm_json_find(&object->index, name));
}
