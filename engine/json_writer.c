/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing JSON (RFC 8259) that is valid whatever bytes it is given.
 */
#include "engine/json_writer.h"

#include "lib/codec/utf8.h"

#include <inttypes.h>
#include <string.h>

void
mm_json_writer_init(struct mm_json_writer *writer, struct mm_buf *buf)
{
	writer->buf = buf;
	writer->need_comma = false;
}

/* One character of a string; RFC 8259 section 7 wants '"', '\' and U+0000 to U+001F escaped, a terminal DEL and C1. */
static void
add_character(struct mm_buf *buf, uint32_t code_point, const char *bytes, size_t len)
{
	if (code_point == '"' || code_point == '\\') {
		mm_buf_add_str(buf, "\\");
		mm_buf_add(buf, bytes, len);
	} else if (code_point < 0x20 || (code_point >= 0x7f && code_point < 0xa0)) {
		mm_buf_addf(buf, "\\u%04x", (unsigned)code_point);
	} else {
		mm_buf_add(buf, bytes, len);
	}
}

/* How many characters at the beginning of text are ASCII and stand for themselves. */
static size_t
plain_len(struct mm_slice text)
{
	size_t len = 0;

	while (len < text.len && text.ptr[len] >= 0x20 && text.ptr[len] < 0x7f && text.ptr[len] != '"' &&
	    text.ptr[len] != '\\')
		len++;
	return len;
}

static void
add_string(struct mm_buf *buf, struct mm_slice text)
{
	static const char replacement[] = "\xef\xbf\xbd"; /* U+FFFD */
	size_t at = 0;

	mm_buf_add_str(buf, "\"");
	while (at < text.len) {
		uint32_t code_point = 0;
		size_t len = plain_len(mm_slice(text.ptr + at, text.len - at));

		mm_buf_add(buf, text.ptr + at, len);
		at += len;
		if (at == text.len)
			break;
		len = mm_utf8_decode(text.ptr + at, text.len - at, &code_point);
		if (len == 0) {
			mm_buf_add_str(buf, replacement);
			len = 1;
		} else {
			add_character(buf, code_point, text.ptr + at, len);
		}
		at += len;
	}
	mm_buf_add_str(buf, "\"");
}

/* What stands before a value: the comma behind its predecessor, and its name. */
static void
begin_value(struct mm_json_writer *writer, const char *name)
{
	if (writer->need_comma)
		mm_buf_add_str(writer->buf, ",");
	writer->need_comma = true;
	if (name == NULL)
		return;
	add_string(writer->buf, mm_slice_str(name));
	mm_buf_add_str(writer->buf, ":");
}

static void
open_nest(struct mm_json_writer *writer, const char *name, const char *bracket)
{
	begin_value(writer, name);
	mm_buf_add_str(writer->buf, bracket);
	writer->need_comma = false;
}

static void
close_nest(struct mm_json_writer *writer, const char *bracket)
{
	mm_buf_add_str(writer->buf, bracket);
	writer->need_comma = true;
}

void
mm_json_begin_object(struct mm_json_writer *writer, const char *name)
{
	open_nest(writer, name, "{");
}

void
mm_json_end_object(struct mm_json_writer *writer)
{
	close_nest(writer, "}");
}

void
mm_json_begin_array(struct mm_json_writer *writer, const char *name)
{
	open_nest(writer, name, "[");
}

void
mm_json_end_array(struct mm_json_writer *writer)
{
	close_nest(writer, "]");
}

void
mm_json_add_slice(struct mm_json_writer *writer, const char *name, struct mm_slice value)
{
	if (!mm_slice_present(value))
		return;
	begin_value(writer, name);
	add_string(writer->buf, value);
}

void
mm_json_add_str(struct mm_json_writer *writer, const char *name, const char *value)
{
	mm_json_add_slice(writer, name, mm_slice_str(value));
}

void
mm_json_add_int(struct mm_json_writer *writer, const char *name, int64_t value)
{
	begin_value(writer, name);
	mm_buf_addf(writer->buf, "%" PRId64, value);
}

void
mm_json_add_bool(struct mm_json_writer *writer, const char *name, bool value)
{
	begin_value(writer, name);
	mm_buf_add_str(writer->buf, value ? "true" : "false");
}

void
mm_json_add_json(struct mm_json_writer *writer, const char *name, struct mm_slice json)
{
	begin_value(writer, name);
	mm_buf_add_slice(writer->buf, json);
}
