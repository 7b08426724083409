/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Marks of keys in the canonical form.
 */
#include "lib/jose/keyset_marks.h"

/* The canonical form has at most fifteen members. */
#define MEMBERS_MAX 64

static bool
read_time(const struct mm_json_index *index, const char *name, int64_t absent, int64_t *time_s)
{
	struct mm_json_value value = mm_json_find(index, name);

	*time_s = absent;
	return value.type == MM_JSON_ABSENT || mm_json_integer(value, time_s);
}

bool
mm_keyset_read_marks(struct mm_json_value key, struct mm_keyset_marks *marks)
{
	struct mm_json_member members[MEMBERS_MAX];
	struct mm_json_index index = { members, 0, MEMBERS_MAX };

	return mm_json_view_object(key, &index) && read_time(&index, MM_KEYSET_SEEN, INT64_MIN, &marks->seen_s) &&
	    read_time(&index, MM_KEYSET_GONE, INT64_MAX, &marks->gone_s) &&
	    read_time(&index, MM_KEYSET_NOT_AFTER, INT64_MAX, &marks->not_after_s);
}
