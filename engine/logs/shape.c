/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of shapes, and reading what one shape wraps as another.
 */
#include "engine/logs/shape.h"

#include "engine/logs/normalise.h"
#include "engine/logs/shape_directory.h"
#include "engine/logs/shape_dovecot.h"
#include "engine/logs/shape_export.h"
#include "engine/logs/shape_m365.h"
#include "engine/logs/shape_sign_in.h"
#include "engine/logs/shape_splunk.h"
#include "engine/logs/tables.h"
#include "lib/base/array.h"

/* Where the names of two fit one record, the first is taken. */
const struct mm_logs_shape *const mm_logs_shapes[] = {
	&mm_logs_shape_splunk, /* which puts other logs' columns beside _raw */
	&mm_logs_shape_export,
	&mm_logs_shape_graph_export,
	&mm_logs_shape_m365,
	&mm_logs_shape_sentinel_office,
	&mm_logs_shape_defender,
	&mm_logs_shape_monitor,
	&mm_logs_shape_sign_in,
	&mm_logs_shape_sentinel_sign_in,
	&mm_logs_shape_portal_sign_in,
	&mm_logs_shape_directory,
	&mm_logs_shape_sentinel_directory,
	&mm_logs_shape_portal_directory,
	&mm_logs_shape_powershell_directory,
	&mm_logs_shape_splunk_result,
	&mm_logs_shape_dovecot_event,
	&mm_logs_shape_dovecot,
};

const size_t mm_logs_shapes_count = MM_COUNT_OF(mm_logs_shapes);

_Static_assert(MM_COUNT_OF(mm_logs_shapes) <= MM_LOGS_SHAPES_MAX, "room for all");

bool
mm_logs_shape_fits(const struct mm_logs_shape *shape, const struct mm_json_value *values)
{
	for (size_t i = 0; i < shape->required; i++)
		if (values[i].type == MM_JSON_ABSENT)
			return false;
	return shape->read != NULL && (!shape->wraps || values[0].type == MM_JSON_OBJECT);
}

static const struct mm_walk_table *
table_of(const struct mm_logs_shape *shape)
{
	size_t number = 0;

	while (mm_logs_shapes[number] != shape)
		number++;
	return &mm_logs_tables()->shapes[number];
}

/* The values of a wrapped record by the names of its shape. */
static enum mm_logs_outcome
find_values(struct mm_logs_reader *reader, const struct mm_logs_shape *shape, struct mm_json_value value,
    struct mm_json_value *values)
{
	struct mm_json_value object;
	enum mm_walk_end end = mm_logs_nested(reader, value, &object);
	uint32_t twice = 0;

	if (end == MM_WALK_DEEP)
		return MM_LOGS_TOO_DEEP;
	if (end != MM_WALK_WHOLE)
		return MM_LOGS_BROKEN;
	if (object.type != MM_JSON_OBJECT)
		return mm_slice_present(mm_logs_text(reader, value)) ? MM_LOGS_BROKEN : MM_LOGS_EMPTY;
	if (mm_walk_object(object.text, table_of(shape), values, &twice, NULL) != MM_WALK_WHOLE)
		return MM_LOGS_BROKEN;
	reader->tally->steps[MM_LOGS_STEP_MEMBER_TWICE] += twice;
	return mm_logs_shape_fits(shape, values) ? MM_LOGS_EVENT : MM_LOGS_UNKNOWN;
}

enum mm_logs_outcome
mm_logs_shape_unwrap(struct mm_logs_reader *reader, const struct mm_logs_shape *shape, struct mm_json_value value,
    struct mm_logs_event *event)
{
	struct mm_json_value values[MM_WALK_NAMES_MAX];
	enum mm_logs_outcome outcome = find_values(reader, shape, value, values);

	return outcome == MM_LOGS_EVENT ? shape->read(reader, values, event) : outcome;
}

void
mm_logs_shape_unwrap_items(struct mm_logs_reader *reader, const struct mm_logs_shape *shape,
    struct mm_json_value value, struct mm_logs_item_list *list)
{
	struct mm_json_value values[MM_WALK_NAMES_MAX];

	if (find_values(reader, shape, value, values) == MM_LOGS_EVENT && shape->items != NULL)
		shape->items(reader, values, list);
}
