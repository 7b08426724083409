/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing scanned JSON text anew.
 */
#include "cli/json_text.h"

#include "cli/terminal.h"
#include "engine/printable.h"
#include "lib/codec/utf8.h"

#include <stdbool.h>
#include <string.h>

#define INDENT_STEP 2

struct json_rewriter {
	struct mm_buf *buf;
	struct mm_slice rest;
	bool indented;
	unsigned indent;
	bool just_opened; /* nothing stands yet in the innermost object or array */
};

/* RFC 8259 section 7: characters above U+FFFF are escaped as their UTF-16 surrogate pair. */
static void
add_escaped(struct mm_buf *buf, uint32_t code_point)
{
	if (code_point <= 0xFFFF) {
		mm_buf_addf(buf, "\\u%04x", (unsigned)code_point);
		return;
	}
	code_point -= 0x10000;
	mm_buf_addf(buf, "\\u%04x", (unsigned)(0xD800 | code_point >> 10));
	mm_buf_addf(buf, "\\u%04x", (unsigned)(0xDC00 | (code_point & 0x3FF)));
}

static void
take_character(struct json_rewriter *rewriter)
{
	uint32_t code_point = 0xFFFD;
	size_t len = mm_utf8_decode(rewriter->rest.ptr, rewriter->rest.len, &code_point);

	if (len == 0)
		len = 1;
	if (rewriter->indented ? mm_terminal_shows(code_point) : mm_printable(code_point))
		mm_buf_add(rewriter->buf, rewriter->rest.ptr, len);
	else
		add_escaped(rewriter->buf, code_point);
	rewriter->rest = mm_slice(rewriter->rest.ptr + len, rewriter->rest.len - len);
}

/* A string from its opening quote to its closing one. */
static void
take_string(struct json_rewriter *rewriter)
{
	take_character(rewriter);
	while (rewriter->rest.len > 0 && rewriter->rest.ptr[0] != '"') {
		if (rewriter->rest.ptr[0] == '\\')
			take_character(rewriter);
		if (rewriter->rest.len > 0)
			take_character(rewriter);
	}
	if (rewriter->rest.len > 0)
		take_character(rewriter);
}

static void
new_line(struct json_rewriter *rewriter)
{
	if (rewriter->indented)
		mm_buf_addf(rewriter->buf, "\n%*s", (int)rewriter->indent, "");
}

static void
take_bracket(struct json_rewriter *rewriter, char bracket)
{
	bool opens = bracket == '{' || bracket == '[';

	if (!opens) {
		rewriter->indent -= INDENT_STEP;
		if (!rewriter->just_opened)
			new_line(rewriter);
	}
	take_character(rewriter);
	if (opens)
		rewriter->indent += INDENT_STEP;
	rewriter->just_opened = opens;
}

static void
take_token(struct json_rewriter *rewriter, char first)
{
	bool closes = first == '}' || first == ']';

	if (rewriter->just_opened && !closes)
		new_line(rewriter);
	if (closes || first == '{' || first == '[') {
		take_bracket(rewriter, first);
		return;
	}
	rewriter->just_opened = false;
	if (first == '"') {
		take_string(rewriter);
		return;
	}
	take_character(rewriter);
	if (first == ',')
		new_line(rewriter);
	else if (first == ':' && rewriter->indented)
		mm_buf_add_str(rewriter->buf, " ");
}

void
mm_json_text_write(struct mm_buf *buf, struct mm_slice text, enum mm_json_layout layout, unsigned indent)
{
	struct json_rewriter rewriter = { buf, text, layout == MM_JSON_INDENTED, indent, false };

	while (rewriter.rest.len > 0) {
		char first = rewriter.rest.ptr[0];

		if (strchr(" \t\r\n", first) != NULL)
			rewriter.rest = mm_slice(rewriter.rest.ptr + 1, rewriter.rest.len - 1);
		else
			take_token(&rewriter, first);
	}
}
