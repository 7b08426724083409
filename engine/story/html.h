/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing HTML: what is ours as it stands, what the logs brought as text that is nothing else.
 */
#ifndef MM_ENGINE_STORY_HTML_H
#define MM_ENGINE_STORY_HTML_H

#include "lib/base/buf.h"

#include <mintmark/slice.h>

#include <stdint.h>
#include <stdio.h>

struct mm_html {
	FILE *out;
	struct mm_buf buf;
	int failure; /* errno of the first failure, or 0; nothing is written after it */
};

void mm_html_begin(struct mm_html *html, FILE *out);

/* Write what is left and free. Returns 0, or -1 with errno where anything failed. */
int mm_html_end(struct mm_html *html);

/* Markup of ours; nothing of it is escaped. One of more than 511 bytes fails (EOVERFLOW) where it is formatted. */
void mm_html_add(struct mm_html *html, const char *markup);
void mm_html_addf(struct mm_html *html, const char *markup, ...) __attribute__((format(printf, 2, 3)));

/*
 * Text of anybody's, for between tags and for values of attributes in double quotes: characters that mean something are
 * escaped, those that are not printable shown as U+XXXX.
 */
void mm_html_text(struct mm_html *html, struct mm_slice text);
void mm_html_str(struct mm_html *html, const char *text);

/* The same, cut behind columns characters, with a mark. */
void mm_html_text_cut(struct mm_html *html, struct mm_slice text, size_t columns);

/* A number with a comma before every three digits. */
void mm_html_number(struct mm_html *html, uint64_t number);

/* A cell of a table with a number, by which its column is sorted; with a moment, "none" where it is none. */
void mm_html_number_cell(struct mm_html *html, uint64_t number);
void mm_html_time_cell(struct mm_html *html, int64_t time_us);

#endif
