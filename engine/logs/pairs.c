/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One walk over each element finds whichever names it has.
 */
#include "engine/logs/pairs.h"

#include "engine/logs/normalise.h"
#include "lib/base/array.h"

enum part { PART_NAME, PART_VALUE, PART_OLD };

static const struct {
	const char *name;
	enum part part;
} parts[] = {
	{ "Name", PART_NAME },
	{ "Value", PART_VALUE },
	{ "NewValue", PART_VALUE },
	{ "OldValue", PART_OLD },
	{ "displayName", PART_NAME },
	{ "DisplayName", PART_NAME },
	{ "newValue", PART_VALUE },
	{ "oldValue", PART_OLD },
	{ "key", PART_NAME },
	{ "value", PART_VALUE },
	{ "Key", PART_NAME },
};

void
mm_logs_pairs_begin(struct mm_logs_pairs *pairs, struct mm_logs_reader *reader, struct mm_json_value value)
{
	pairs->reader = reader;
	pairs->position = 0;
	if (mm_logs_nested(reader, value, &pairs->list) != MM_WALK_WHOLE) {
		pairs->list = (struct mm_json_value){ .type = MM_JSON_ABSENT };
		reader->tally->troubles[MM_LOGS_TROUBLE_NESTED_BROKEN]++;
	}
}

static void
set_part(struct mm_logs_reader *reader, enum part part, struct mm_json_value value, struct mm_logs_pair *pair)
{
	switch (part) {
	case PART_NAME: pair->name = mm_logs_text(reader, value); break;
	case PART_VALUE: pair->value = value; break;
	case PART_OLD: pair->old = value; break;
	}
}

static void
read_object(struct mm_logs_reader *reader, struct mm_json_value element, struct mm_logs_pair *pair)
{
	struct mm_json_value value;
	struct mm_slice name;
	size_t position = 0;

	while (mm_walk_next_member(element, &position, &name, &value))
		for (size_t i = 0; i < MM_COUNT_OF(parts); i++)
			if (mm_logs_is_called(name, parts[i].name)) {
				set_part(reader, parts[i].part, value, pair);
				break;
			}
}

/* The value of one setting in "@{Value=Bind; Name=MailAccessType}"; absent where it is not there. */
struct mm_slice
mm_logs_powershell_setting(struct mm_slice text, const char *name)
{
	size_t len = strlen(name);
	const char *at = text.ptr + 1, *end = text.ptr + text.len - 1;

	while (at < end) {
		const char *stop;

		for (at++; at < end && *at == ' '; at++)
			;
		for (stop = at; stop < end && *stop != ';'; stop++)
			;
		if ((size_t)(stop - at) > len && memcmp(at, name, len) == 0 && at[len] == '=')
			return mm_slice(at + len + 1, (size_t)(stop - at) - len - 1);
		at = stop;
	}
	return MM_SLICE_ABSENT;
}

bool
mm_logs_is_powershell(struct mm_slice text)
{
	return text.len >= 3 && text.ptr[0] == '@' && text.ptr[1] == '{' && text.ptr[text.len - 1] == '}';
}

static void
read_powershell(struct mm_logs_reader *reader, struct mm_json_value element, struct mm_logs_pair *pair)
{
	struct mm_slice text = mm_logs_text(reader, element);

	if (!mm_logs_is_powershell(text))
		return;
	mm_logs_count(reader, MM_LOGS_STEP_POWERSHELL);
	pair->name = mm_logs_powershell_setting(text, "Name");
	pair->value.text = mm_logs_powershell_setting(text, "Value");
	pair->value.type = MM_JSON_STRING;
	if (!mm_slice_present(pair->value.text))
		pair->value.type = MM_JSON_ABSENT;
}

bool
mm_logs_pairs_next(struct mm_logs_pairs *pairs, struct mm_logs_pair *pair)
{
	struct mm_json_value element;

	memset(pair, 0, sizeof(*pair));
	if (pairs->list.type == MM_JSON_OBJECT)
		return mm_walk_next_member(pairs->list, &pairs->position, &pair->name, &pair->value);
	if (!mm_walk_next(pairs->list, &pairs->position, &element))
		return false;
	if (element.type == MM_JSON_OBJECT)
		read_object(pairs->reader, element, pair);
	else if (element.type == MM_JSON_STRING)
		read_powershell(pairs->reader, element, pair);
	return true;
}

struct mm_slice
mm_logs_pairs_find(struct mm_logs_reader *reader, struct mm_json_value list, const char *name)
{
	struct mm_logs_pairs pairs;
	struct mm_logs_pair pair;

	mm_logs_pairs_begin(&pairs, reader, list);
	while (mm_logs_pairs_next(&pairs, &pair))
		if (mm_slice_equal(pair.name, mm_slice_str(name)))
			return mm_logs_text(reader, pair.value);
	return MM_SLICE_ABSENT;
}
