/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Can any bytes hurt the taking apart of a text into records? Spans lie in their block, one behind the other; lines and
 * rows are the same however the text is cut; of JSON that is not wrapped, nothing but what may stand between records is
 * in no span.
 */
#include "engine/logs/csv.h"
#include "engine/logs/form.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What was seen of the spans: how many, and a sum over their bytes. */
struct seen {
	size_t spans;
	uint64_t sum;
};

static void
check_between(const struct mm_logs_layout *layout, const char *at, const char *end)
{
	if (layout->wrapped)
		return;
	for (; at < end; at++)
		if (memchr(" \t\r\n,[]\xEF\xBB\xBF", *at, 10) == NULL)
			abort();
}

static void
look_at(const struct mm_logs_layout *layout, struct mm_slice span, struct seen *seen)
{
	struct mm_csv_field fields[8];
	char room[256];
	size_t count;

	seen->spans++;
	for (size_t i = 0; i < span.len; i++)
		seen->sum = seen->sum * 31 + (uint8_t)span.ptr[i];
	if (layout->form != MM_LOGS_CSV)
		return;
	count = mm_csv_split(span, layout->delimiter, fields, 8, NULL);
	for (size_t i = 0; i < count && i < 8; i++) {
		struct mm_slice text = fields[i].text;

		if (text.ptr < span.ptr || text.ptr + text.len > span.ptr + span.len)
			abort();
		if (text.len <= sizeof(room) && mm_csv_undouble(text, room) > text.len)
			abort();
	}
}

static void
take_block(const struct mm_logs_layout *layout, struct mm_logs_stand stand, struct mm_slice block, struct seen *seen)
{
	const char *behind = block.ptr;
	enum mm_logs_span kind;
	struct mm_slice span;
	size_t position = 0;

	while (mm_logs_form_next(layout, &stand, block, &position, &kind, &span)) {
		if (span.ptr < behind || span.ptr + span.len > block.ptr + block.len || span.len == 0)
			abort();
		check_between(layout, behind, span.ptr);
		behind = span.ptr + span.len;
		if (position > block.len || block.ptr + position < behind)
			abort();
		look_at(layout, span, seen);
	}
	check_between(layout, behind, block.ptr + block.len);
}

static struct seen
take_apart(const struct mm_logs_layout *layout, struct mm_slice text, size_t room)
{
	struct mm_logs_stand stand = { .in_wrapper = false };
	struct seen seen = { 0, 0 };
	size_t begin = 0, end = 0;

	while (begin < text.len) {
		struct mm_logs_stand before = stand;
		size_t cut;

		end = end + room < text.len ? end + room : text.len;
		cut = mm_logs_form_cut(layout, &stand, mm_slice(text.ptr + begin, end - begin), end == text.len);
		if (cut > end - begin || (end == text.len && cut != end - begin))
			abort();
		take_block(layout, before, mm_slice(text.ptr + begin, cut), &seen);
		begin += cut;
	}
	return seen;
}

/* Passing over goes on and ends. */
static void
pass_over(const struct mm_logs_layout *layout, struct mm_slice text)
{
	struct mm_logs_stand stand = { .in_wrapper = layout->wrapped };

	while (text.len > 0) {
		size_t some = text.len < 7 ? text.len : 7;
		size_t len = mm_logs_form_skip(layout, &stand, mm_slice(text.ptr, some));

		if (len > some || (stand.skipping && len != some))
			abort();
		if (!stand.skipping)
			break;
		text.ptr += len;
		text.len -= len;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mm_logs_layout layout;
	struct mm_slice text = mm_slice(data, size);
	struct seen whole, pieces;

	if (!mm_logs_form_recognise(text, &layout))
		return 0;
	if (layout.body > size)
		abort();
	text.ptr += layout.body;
	text.len -= layout.body;
	whole = take_apart(&layout, text, text.len + 1);
	pieces = take_apart(&layout, text, 1 + size % 61);
	if (layout.form != MM_LOGS_JSON_TEXT && (whole.spans != pieces.spans || whole.sum != pieces.sum))
		abort();
	pass_over(&layout, text);
	return 0;
}
