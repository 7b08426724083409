/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What strangers wrote, put where people read it: what the command prints of untrusted bytes goes through here.
 *
 * Bytes that are no UTF-8 are shown as \xHH, characters that are not printable (engine/printable.h) as \uHHHH
 * (\UHHHHHHHH above U+FFFF). Where the locale is not UTF-8, everything outside ASCII is. Call setlocale() before.
 * Not checked here: letters that look alike.
 */
#ifndef MM_CLI_TERMINAL_H
#define MM_CLI_TERMINAL_H

#include <mintmark/slice.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum mm_terminal_style {
	MM_STYLE_PLAIN,
	MM_STYLE_GOOD,
	MM_STYLE_BAD,
	MM_STYLE_STRONG,
	MM_STYLE_FAINT,
	MM_STYLE_COUNT
};

/* Whether this terminal shows the character as it stands. */
bool mm_terminal_shows(uint32_t code_point);

/* Columns that text takes when put. */
size_t mm_terminal_width(struct mm_slice text);

/*
 * Write text to stream; where it takes more than max_columns (SIZE_MAX: any number), cut it and end it with a mark.
 * Returns the columns written. An absent slice writes nothing.
 */
size_t mm_terminal_put(FILE *stream, struct mm_slice text, size_t max_columns);
size_t mm_terminal_put_str(FILE *stream, const char *text);

/* Write text, then blanks up to columns; always at least one. */
void mm_terminal_put_padded(FILE *stream, struct mm_slice text, size_t columns);

/* Write text within columns from the column indent on, broken at blanks; the cursor stands at indent. Ends the line. */
void mm_terminal_put_wrapped(FILE *stream, struct mm_slice text, size_t indent);

/* Columns of the terminal behind stream; 0 where it is none. */
size_t mm_terminal_columns(FILE *stream);

/*
 * Begin a style, and go back to plain. They write nothing where stream is no terminal, where NO_COLOR is set
 * to anything but nothing (no-color.org), or where TERM is "dumb".
 */
void mm_terminal_begin(FILE *stream, enum mm_terminal_style style);
void mm_terminal_end(FILE *stream);

#endif
