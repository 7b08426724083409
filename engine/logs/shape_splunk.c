/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The record in _raw is read as whatever it is. Without _raw the fields may stand for themselves: a search that lists
 * those of the record (table *) gives them their own names.
 */
#include "engine/logs/shape_splunk.h"

#include "engine/logs/normalise.h"
#include "engine/logs/shape_directory.h"
#include "engine/logs/shape_dovecot.h"
#include "engine/logs/shape_m365.h"
#include "engine/logs/shape_sign_in.h"
#include "lib/base/array.h"

enum { RAW, RAW_TIME };

static const struct mm_logs_member members[] = {
	[RAW] = { "_raw", MM_ROLE_OWN, false },
	[RAW_TIME] = { "_time", MM_ROLE_TIME, false },
};

/* What _raw may hold, in the order in which the table of shapes has them. */
static const struct mm_logs_shape *const kinds[] = {
	&mm_logs_shape_m365,
	&mm_logs_shape_monitor,
	&mm_logs_shape_sign_in,
	&mm_logs_shape_directory,
	&mm_logs_shape_dovecot_event,
};

static enum mm_logs_outcome
read_object(struct mm_logs_reader *reader, struct mm_json_value object, struct mm_logs_event *event)
{
	for (size_t i = 0; i < MM_COUNT_OF(kinds); i++) {
		enum mm_logs_outcome outcome;

		event->place.family = (uint8_t)kinds[i]->family;
		outcome = mm_logs_shape_unwrap(reader, kinds[i], object, event);
		if (outcome != MM_LOGS_UNKNOWN)
			return outcome;
	}
	return MM_LOGS_UNKNOWN;
}

static enum mm_logs_outcome
read_text(struct mm_logs_reader *reader, struct mm_slice text, struct mm_logs_event *event)
{
	if (!mm_slice_present(text))
		return MM_LOGS_EMPTY;
	event->place.family = (uint8_t)mm_logs_shape_dovecot.family;
	return mm_logs_shape_dovecot.read_line(reader, text, event);
}

/* A record without a time of its own has that which Splunk gave it. */
static enum mm_logs_outcome
read_raw(struct mm_logs_reader *reader, const struct mm_json_value *values, struct mm_logs_event *event)
{
	struct mm_json_value object;
	enum mm_walk_end end = mm_logs_nested(reader, values[RAW], &object);
	enum mm_logs_outcome outcome;

	if (end != MM_WALK_WHOLE)
		return end == MM_WALK_DEEP ? MM_LOGS_TOO_DEEP : MM_LOGS_BROKEN;
	if (object.type == MM_JSON_OBJECT)
		outcome = read_object(reader, object, event);
	else
		outcome = read_text(reader, mm_logs_text(reader, values[RAW]), event);
	if (outcome == MM_LOGS_EVENT && event->time_us == MM_LOGS_NO_TIME)
		mm_logs_set(reader, MM_ROLE_TIME, mm_logs_text(reader, values[RAW_TIME]), event);
	return outcome;
}

/* Only the audit log's records have items. */
static void
raw_items(struct mm_logs_reader *reader, const struct mm_json_value *values, struct mm_logs_item_list *list)
{
	mm_logs_shape_unwrap_items(reader, &mm_logs_shape_m365, values[RAW], list);
}

const struct mm_logs_shape mm_logs_shape_splunk = {
	.name = "splunk",
	.title = "Splunk, records with _raw",
	.family = MM_LOGS_M365_AUDIT,
	.members = members,
	.members_count = MM_COUNT_OF(members),
	.required = 1,
	.read = read_raw,
	.items = raw_items,
};

/* ---- the wrapper ---- */

enum { RESULT };

static const struct mm_logs_member result_members[] = {
	[RESULT] = { "result", MM_ROLE_OWN, false },
};

static enum mm_logs_outcome
read_result(struct mm_logs_reader *reader, const struct mm_json_value *values, struct mm_logs_event *event)
{
	enum mm_logs_outcome outcome = mm_logs_shape_unwrap(reader, &mm_logs_shape_splunk, values[RESULT], event);

	return outcome == MM_LOGS_UNKNOWN ? read_object(reader, values[RESULT], event) : outcome;
}

static void
result_items(struct mm_logs_reader *reader, const struct mm_json_value *values, struct mm_logs_item_list *list)
{
	mm_logs_shape_unwrap_items(reader, &mm_logs_shape_splunk, values[RESULT], list);
	if (list->folders_count == 0 && list->messages_count == 0)
		mm_logs_shape_unwrap_items(reader, &mm_logs_shape_m365, values[RESULT], list);
}

const struct mm_logs_shape mm_logs_shape_splunk_result = {
	.name = "splunk-result",
	.title = "Splunk, results of a search as JSON",
	.family = MM_LOGS_M365_AUDIT,
	.members = result_members,
	.members_count = MM_COUNT_OF(result_members),
	.required = 1,
	.wraps = true,
	.read = read_result,
	.items = result_items,
};
