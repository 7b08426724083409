/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing scanned JSON text anew: its white space replaced, characters that are not safe to look at as \u escapes.
 * It says the same as before, and is JSON.
 */
#ifndef MM_CLI_JSON_TEXT_H
#define MM_CLI_JSON_TEXT_H

#include "lib/base/buf.h"

#include <mintmark/slice.h>

enum mm_json_layout {
	MM_JSON_COMPACT,  /* on one line, for programs */
	MM_JSON_INDENTED, /* for this terminal */
};

/*
 * Append text, which a scan has accepted, to buf; lines behind the first begin with indent blanks.
 * Not checked here: that it is JSON.
 */
void mm_json_text_write(struct mm_buf *buf, struct mm_slice text, enum mm_json_layout layout, unsigned indent);

#endif
