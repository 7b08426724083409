/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Can any bytes hurt the walk over foreign JSON? What it takes is walked to its end; what the strict scanner takes, it
 * must take too, with the same members.
 */
#include "engine/logs/walk.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MEMBERS_MAX 64

static bool
is_same(struct mm_json_value a, struct mm_json_value b)
{
	return a.type == b.type && a.text.ptr == b.text.ptr && a.text.len == b.text.len;
}

/* Members that are found on the way through an array are those that a walk of their own finds. */
static void
walk_objects(struct mm_json_value array)
{
	static const char *const names[1] = { "a" };
	struct mm_json_value element, same, member, found;
	struct mm_walk_table table;
	struct mm_slice name;
	size_t position = 0, same_position = 0;

	if (!mm_walk_table_init(&table, names, 1))
		abort();
	while (mm_walk_next(array, &position, &element)) {
		struct mm_json_value expected = { .type = MM_JSON_ABSENT };
		size_t at = 0;

		while (mm_walk_next_member(element, &at, &name, &member))
			if (mm_slice_equal(name, mm_slice_str(names[0])))
				expected = member;
		if (!mm_walk_next_object(array, &same_position, &table, &found, &same) ||
		    same_position != position || !is_same(same, element) || !is_same(found, expected))
			abort();
	}
	if (mm_walk_next_object(array, &same_position, &table, &found, &same))
		abort();
}

/* Read every value with every reader; containers to their ends. */
static void
walk(struct mm_json_value value, struct mm_scratch *scratch)
{
	struct mm_json_value element;
	struct mm_slice content, name;
	size_t position = 0;
	int64_t number;
	bool truth;

	scratch->used = 0;
	if (mm_walk_string(value, scratch, &content) && content.len > value.text.len)
		abort();
	if (mm_walk_integer(value, &number) && value.type != MM_JSON_NUMBER && value.type != MM_JSON_STRING)
		abort();
	if (mm_walk_truth(value, &truth) && value.text.len > 18)
		abort();
	walk_objects(value);
	while (mm_walk_next(value, &position, &element))
		walk(element, scratch);
	position = 0;
	while (mm_walk_next_member(value, &position, &name, &element))
		walk(element, scratch);
}

/* Each member of a scanned object is found at its name, with the same text. */
static void
compare(struct mm_slice text, const struct mm_json_index *index)
{
	for (size_t i = 0; i < index->count; i++) {
		const struct mm_json_member *member = &index->members[i];
		struct mm_walk_table table;
		struct mm_json_value value;
		char name[256];
		const char *names[1] = { name };

		if (member->name.text.len == 0 || member->name.text.len >= sizeof(name))
			continue;
		memcpy(name, member->name.text.ptr, member->name.text.len);
		name[member->name.text.len] = '\0';
		if (!mm_walk_table_init(&table, names, 1) ||
		    mm_walk_object(text, &table, &value, NULL, NULL) != MM_WALK_WHOLE ||
		    value.type != member->value.type || !mm_slice_equal(value.text, member->value.text))
			abort();
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct mm_json_names names;
	struct mm_json_member members[MEMBERS_MAX];
	struct mm_json_index index = { members, 0, MEMBERS_MAX };
	struct mm_slice text = mm_slice(data, size);
	struct mm_json_value value;
	struct mm_scratch scratch;
	size_t length = 0;
	char *room = malloc(size + 1);

	if (room == NULL)
		abort();
	mm_scratch_init(&scratch, room, size);
	if (mm_walk_value(text, &value, &length) == MM_WALK_WHOLE)
		walk(value, &scratch);
	if (length > size)
		abort();
	if (mm_json_scan(text, &names, &index, NULL) == MM_OK)
		compare(text, &index);
	free(room);
	return 0;
}
