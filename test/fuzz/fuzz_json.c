/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Can any bytes hurt the JSON scanner? What it takes its views must walk to the end, and take again.
 */
#include "lib/codec/json.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MEMBERS_MAX 64

/* Read every value with every reader; objects and arrays to their ends. */
static void
walk(struct mm_json_value value, struct mm_scratch *scratch)
{
	struct mm_json_member members[MEMBERS_MAX];
	struct mm_json_index index = { members, 0, MEMBERS_MAX };
	struct mm_json_value element;
	struct mm_slice content;
	size_t position = 0;
	int64_t number = 0;

	scratch->used = 0;
	if (mm_json_string(value, scratch, &content) && memchr(content.ptr, 0, content.len) != NULL)
		abort();
	if (mm_json_integer(value, &number) && (number < 0 || number > MM_TIME_MAX_S))
		abort();
	while (mm_json_next(value, &position, &element))
		walk(element, scratch);
	if (mm_json_view_object(value, &index)) {
		for (size_t i = 0; i < index.count; i++)
			walk(index.members[i].value, scratch);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct mm_json_names names;
	struct mm_json_member members[MEMBERS_MAX];
	struct mm_json_index index = { members, 0, MEMBERS_MAX };
	struct mm_json_fault fault = { 0, NULL };
	struct mm_scratch scratch;
	char *room = malloc(size + 1);

	if (room == NULL)
		abort();
	mm_scratch_init(&scratch, room, size);
	if (mm_json_scan(mm_slice(data, size), &names, &index, &fault) != MM_OK) {
		if (fault.text == NULL || fault.offset > size)
			abort();
	} else {
		for (size_t i = 0; i < index.count; i++) {
			walk(index.members[i].value, &scratch);
			for (size_t j = 0; j < i; j++)
				if (mm_slice_equal(index.members[i].name.text, index.members[j].name.text))
					abort();
		}
	}
	free(room);
	return 0;
}
