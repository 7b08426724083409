/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Can any bytes hurt the walk over foreign JSON? What it takes is walked to its end; what the strict scanner takes, it
 * must take too, with the same members.
 */
#include "engine/logs/walk.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MEMBERS_MAX 64

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
