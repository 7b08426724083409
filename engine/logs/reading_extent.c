/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How much of each input was read, by what went wrong in it.
 */
#include "engine/logs/reading_state.h"

#include "engine/logs/shape.h"
#include "lib/base/array.h"

#include <string.h>

const struct mm_logs_trouble *
mm_logs_reading_input_troubles(const struct mm_logs_reading *reading, size_t number, size_t *count)
{
	*count = reading->inputs[number].troubles_count;
	return reading->inputs[number].troubles;
}

const struct mm_logs_trouble *
mm_logs_reading_first_trouble(const struct mm_logs_reading *reading, size_t number, enum mm_logs_trouble_kind kind)
{
	size_t count;
	const struct mm_logs_trouble *troubles = mm_logs_reading_input_troubles(reading, number, &count);

	for (size_t i = 0; i < count; i++)
		if (troubles[i].kind == kind)
			return &troubles[i];
	return NULL;
}

uint64_t
mm_logs_input_known(const struct mm_logs_input_report *report)
{
	uint64_t known = 0;

	for (size_t i = 0; i < mm_logs_shapes_count; i++)
		known += report->shapes[i];
	return known;
}

/* Text that stands at the beginning of a file that people wrote; what was packed, encrypted or damaged has others. */
static bool
is_plain(struct mm_slice text)
{
	for (size_t i = 0; i < text.len; i++)
		if ((unsigned char)text.ptr[i] < ' ' && memchr("\t\n\f\r", text.ptr[i], 4) == NULL)
			return false;
	return text.len > 0;
}

enum mm_logs_extent
mm_logs_reading_extent(const struct mm_logs_reading *reading, size_t number)
{
	const struct mm_logs_input_report *report = mm_logs_reading_input(reading, number);
	const uint64_t *troubles = report->tally.troubles;
	uint64_t all = mm_logs_tally_troubles(&report->tally);
	const struct mm_logs_trouble *no_form;

	if (all == 0)
		return report->facts.text_size > 0 ? MM_LOGS_READ_WHOLE : MM_LOGS_READ_NO_LOG;
	if (mm_logs_input_known(report) > 0 ||
	    all > troubles[MM_LOGS_TROUBLE_NO_FORM] + troubles[MM_LOGS_TROUBLE_UNKNOWN_SHAPE])
		return MM_LOGS_READ_IN_PART;
	no_form = mm_logs_reading_first_trouble(reading, number, MM_LOGS_TROUBLE_NO_FORM);
	if (troubles[MM_LOGS_TROUBLE_NO_FORM] > 0 && (no_form == NULL || !is_plain(no_form->text)))
		return MM_LOGS_READ_IN_PART;
	return MM_LOGS_READ_NO_LOG;
}

size_t
mm_logs_reading_count_extent(const struct mm_logs_reading *reading, enum mm_logs_extent extent)
{
	size_t count = 0;

	for (size_t i = 0; i < mm_logs_reading_inputs(reading); i++)
		count += mm_logs_reading_extent(reading, i) == extent;
	return count;
}

const char *
mm_logs_extent_name(enum mm_logs_extent extent)
{
	static const char *const names[] = { "whole", "in-part", "no-log" };

	_Static_assert(MM_COUNT_OF(names) == MM_LOGS_READ_NO_LOG + 1, "a name for each");
	return names[extent];
}
