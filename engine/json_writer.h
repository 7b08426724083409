/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing JSON for answers, --json output and reports, into a struct mm_buf.
 *
 * Commas and nesting are the writer's business. Strings are escaped so that the result is always valid
 * JSON and safe on a terminal: control characters, DEL, '"' and '\' are escaped, and bytes that are not
 * valid UTF-8 become U+FFFD.
 */
#ifndef MM_ENGINE_JSON_WRITER_H
#define MM_ENGINE_JSON_WRITER_H

#include "lib/base/buf.h"

#include <mintmark/slice.h>

#include <stdbool.h>
#include <stdint.h>

struct mm_json_writer {
	struct mm_buf *buf;
	bool need_comma;
};

void mm_json_writer_init(struct mm_json_writer *writer, struct mm_buf *buf);

/* name NULL inside arrays and for the outermost value. */
void mm_json_begin_object(struct mm_json_writer *writer, const char *name);
void mm_json_end_object(struct mm_json_writer *writer);
void mm_json_begin_array(struct mm_json_writer *writer, const char *name);
void mm_json_end_array(struct mm_json_writer *writer);
/* An absent slice or NULL writes nothing at all, not null. */
void mm_json_add_slice(struct mm_json_writer *writer, const char *name, struct mm_slice value);
void mm_json_add_str(struct mm_json_writer *writer, const char *name, const char *value);
void mm_json_add_int(struct mm_json_writer *writer, const char *name, int64_t value);
void mm_json_add_bool(struct mm_json_writer *writer, const char *name, bool value);
/* A value that is JSON text already. Not checked here: that it is. */
void mm_json_add_json(struct mm_json_writer *writer, const char *name, struct mm_slice json);

#endif
