/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was made of hostile texts, held against what opens it: each ends the process where the text could do harm there
 * or is not what it should be. None of them looks at it with what made it.
 */
#ifndef TEST_FUZZ_HARMLESS_H
#define TEST_FUZZ_HARMLESS_H

#include <mintmark/slice.h>

/* For a terminal: UTF-8 lines without anything that moves the cursor, turns the direction of writing, or hides. */
void harmless_lines(struct mm_slice text);

/* JSON to SQLite, without raw controls. */
void harmless_json(struct mm_slice text);

/* RFC 4180 with as many cells in each row as in the first; lines as above; no cell that begins a formula. */
void harmless_csv(struct mm_slice text);

/*
 * HTML of balanced tags, all of which, with their attributes, are such as reports have: no handler of an event, no link
 * but within, style and script nothing but ours; lines as above.
 */
void harmless_html(struct mm_slice text);

#endif
