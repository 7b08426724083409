/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Making the sentences of hints.
 */
#include "cli/hint_text.h"

#include "cli/when.h"

/* Longest part of a stranger's text that is quoted: enough to recognise it. */
#define QUOTED_LEN_MAX 200

/* Items of a list that are named before "and N more". */
#define LISTED_MAX 8

/* An empty line to fill; where there are too many, the last gives way. */
struct mm_buf *
mm_hint_begin(struct mm_hints *hints)
{
	if (hints->count == MM_HINTS_MAX)
		mm_buf_clear(&hints->lines[--hints->count]);
	return &hints->lines[hints->count++];
}

/* A value in quotes, its own quotes marked: what a stranger wrote must not read as our sentence. */
void
mm_hint_add_quoted(struct mm_buf *line, struct mm_slice value)
{
	mm_buf_add_str(line, "\"");
	for (size_t i = 0; i < value.len && i < QUOTED_LEN_MAX; i++) {
		if (value.ptr[i] == '"')
			mm_buf_add_str(line, "\\");
		mm_buf_add(line, &value.ptr[i], 1);
	}
	mm_buf_add_str(line, value.len > QUOTED_LEN_MAX ? "...\"" : "\"");
}

/* Whether the next item is still to be named; writes the comma before it. */
bool
mm_hint_next_item(struct mm_hint_listing *listing)
{
	if (listing->count++ >= LISTED_MAX)
		return false;
	if (listing->count > 1)
		mm_buf_add_str(listing->line, ", ");
	return true;
}

void
mm_hint_end_listing(struct mm_hint_listing *listing, const char *if_empty)
{
	if (listing->count == 0)
		mm_buf_add_str(listing->line, if_empty);
	else if (listing->count > LISTED_MAX)
		mm_buf_addf(listing->line, " and %zu more", listing->count - LISTED_MAX);
}

void
mm_hint_add_texts(struct mm_buf *line, struct mm_texts texts, const char *if_empty)
{
	struct mm_hint_listing listing = { line, 0 };

	for (size_t i = 0; i < texts.count; i++) {
		if (mm_hint_next_item(&listing))
			mm_hint_add_quoted(line, texts.items[i]);
	}
	mm_hint_end_listing(&listing, if_empty);
}

void
mm_hint_add_time(struct mm_buf *line, int64_t time_s, int64_t now_s)
{
	char when[MM_WHEN_MAX], relative[MM_WHEN_MAX];

	mm_when_format(time_s, when);
	mm_when_format_relative(time_s, now_s, relative);
	mm_buf_addf(line, "%s (%s)", when, relative);
}

void
mm_hint_add_duration(struct mm_buf *line, int64_t duration_s)
{
	char duration[MM_WHEN_MAX];

	mm_when_format_duration(duration_s, duration);
	mm_buf_add_str(line, duration);
}

void
mm_hint_add_bound(struct mm_buf *line, const char *word, int64_t time_s, int64_t now_s)
{
	if (time_s == INT64_MIN || time_s == INT64_MAX)
		return;
	mm_buf_addf(line, "%s ", word);
	mm_hint_add_time(line, time_s, now_s);
}
