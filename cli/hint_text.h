/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Making the sentences of hints. They are kept as bytes, and may hold any: printing escapes them.
 */
#ifndef MM_CLI_HINT_TEXT_H
#define MM_CLI_HINT_TEXT_H

#include "cli/hint.h"

/* An empty line to fill; where there are too many, the last gives way. */
struct mm_buf *mm_hint_begin(struct mm_hints *hints);

/* A value in quotes, its own quotes marked: what a stranger wrote must not read as our sentence. Long ones are cut. */
void mm_hint_add_quoted(struct mm_buf *line, struct mm_slice value);

/* Quoted names with commas between them. */
void mm_hint_add_texts(struct mm_buf *line, struct mm_texts texts, const char *if_empty);

/* "2023-05-15 10:00:00 UTC (3 min ago)" */
void mm_hint_add_time(struct mm_buf *line, int64_t time_s, int64_t now_s);

void mm_hint_add_duration(struct mm_buf *line, int64_t duration_s);

/* word, a blank and the time; nothing where it is open (an end of int64_t). */
void mm_hint_add_bound(struct mm_buf *line, const char *word, int64_t time_s, int64_t now_s);

/* A list whose items the caller writes, with commas between them; a long one ends with "and N more". */
struct mm_hint_listing {
	struct mm_buf *line;
	size_t count;
};

/* Whether the next item is still to be written. */
bool mm_hint_next_item(struct mm_hint_listing *listing);
void mm_hint_end_listing(struct mm_hint_listing *listing, const char *if_empty);

#endif
