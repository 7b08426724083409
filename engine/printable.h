/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which characters may be shown to a person as they stand.
 */
#ifndef MM_ENGINE_PRINTABLE_H
#define MM_ENGINE_PRINTABLE_H

#include <mintmark/slice.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Whether a character neither moves the cursor, nor turns the direction of writing, nor hides: false for all controls,
 * on any terminal and in any locale.
 * Not checked here: whether this terminal has a glyph for it; letters that look alike.
 */
bool mm_printable(uint32_t code_point);

/* What mm_escape() writes for so many bytes at the most. */
#define MM_ESCAPED_LEN(len) (4 * (len))

/*
 * Write bytes for a log or a message: printable ASCII stands, every other byte and those of also become \xNN. out holds
 * MM_ESCAPED_LEN(bytes.len); no NUL is written. Returns how many bytes were.
 */
size_t mm_escape(struct mm_slice bytes, const char *also, char *out);

#endif
