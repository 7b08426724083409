/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which characters may be shown to a person as they stand.
 */
#ifndef MM_ENGINE_PRINTABLE_H
#define MM_ENGINE_PRINTABLE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Whether a character neither moves the cursor, nor turns the direction of writing, nor hides: false for all controls,
 * on any terminal and in any locale.
 * Not checked here: whether this terminal has a glyph for it; letters that look alike.
 */
bool mm_printable(uint32_t code_point);

#endif
