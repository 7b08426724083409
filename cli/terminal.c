/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What strangers wrote, put where people read it.
 */
#include "cli/terminal.h"

#include "engine/printable.h"
#include "lib/codec/utf8.h"

#include <langinfo.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

/* Longest escaped character: \UHHHHHHHH. */
#define ESCAPED_MAX 12

/* Where nobody knows the terminal's width, text is wrapped for this one. */
#define COLUMNS_USUAL 80

/* One character of a text as it is shown. */
struct glyph {
	char bytes[ESCAPED_MAX];
	size_t len;
	size_t columns;
	size_t consumed; /* bytes of the text */
};

/* An 8-bit terminal takes the bytes 80 to 9F of UTF-8 for control characters. */
static bool
locale_is_utf8(void)
{
	return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

/* Columns that a code point takes; 0 where it must be escaped. */
static size_t
shown_columns(uint32_t code_point)
{
	int columns;

	if (!mm_printable(code_point))
		return 0;
	if (code_point < 0x80)
		return 1;
	if (!locale_is_utf8())
		return 0;
	columns = wcwidth((wchar_t)code_point);
	return columns > 0 ? (size_t)columns : 0;
}

bool
mm_terminal_shows(uint32_t code_point)
{
	return shown_columns(code_point) > 0;
}

static void
escape(struct glyph *glyph, const char *format, uint32_t value)
{
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	int len = snprintf(glyph->bytes, sizeof(glyph->bytes), format, value);
#pragma GCC diagnostic pop

	glyph->len = len > 0 ? (size_t)len : 0;
	glyph->columns = glyph->len;
}

static struct glyph
next_glyph(struct mm_slice text)
{
	struct glyph glyph = { .len = 0 };
	uint32_t code_point = 0;

	glyph.consumed = mm_utf8_decode(text.ptr, text.len, &code_point);
	if (glyph.consumed == 0) {
		glyph.consumed = 1;
		escape(&glyph, "\\x%02x", (unsigned char)text.ptr[0]);
		return glyph;
	}
	glyph.columns = shown_columns(code_point);
	if (glyph.columns == 0) {
		escape(&glyph, code_point > 0xFFFF ? "\\U%08x" : "\\u%04x", code_point);
		return glyph;
	}
	memcpy(glyph.bytes, text.ptr, glyph.consumed);
	glyph.len = glyph.consumed;
	return glyph;
}

static struct mm_slice
behind(struct mm_slice text, size_t len)
{
	return mm_slice(text.ptr + len, text.len - len);
}

size_t
mm_terminal_width(struct mm_slice text)
{
	size_t columns = 0;

	while (text.len > 0) {
		struct glyph glyph = next_glyph(text);

		columns += glyph.columns;
		text = behind(text, glyph.consumed);
	}
	return columns;
}

size_t
mm_terminal_put(FILE *stream, struct mm_slice text, size_t max_columns)
{
	bool cut = max_columns != SIZE_MAX && mm_terminal_width(text) > max_columns;
	size_t room = cut && max_columns > 0 ? max_columns - 1 : max_columns;
	size_t columns = 0;

	while (text.len > 0) {
		struct glyph glyph = next_glyph(text);

		if (glyph.columns > room - columns)
			break;
		fwrite(glyph.bytes, 1, glyph.len, stream);
		columns += glyph.columns;
		text = behind(text, glyph.consumed);
	}
	if (cut && max_columns > 0) {
		fputs(locale_is_utf8() ? "\u2026" : "~", stream);
		columns++;
	}
	return columns;
}

size_t
mm_terminal_put_str(FILE *stream, const char *text)
{
	return mm_terminal_put(stream, mm_slice_str(text), SIZE_MAX);
}

void
mm_terminal_put_padded(FILE *stream, struct mm_slice text, size_t columns)
{
	size_t written = mm_terminal_put(stream, text, SIZE_MAX);

	do {
		fputc(' ', stream);
	} while (++written < columns);
}

/* The next word of text, with the blanks before it. */
static struct mm_slice
next_word(struct mm_slice text)
{
	size_t len = 0;

	while (len < text.len && text.ptr[len] == ' ')
		len++;
	while (len < text.len && text.ptr[len] != ' ')
		len++;
	return mm_slice(text.ptr, len);
}

void
mm_terminal_put_wrapped(FILE *stream, struct mm_slice text, size_t indent)
{
	size_t width = mm_terminal_columns(stream), column = indent;

	if (width == 0)
		width = COLUMNS_USUAL;
	while (text.len > 0) {
		struct mm_slice word = next_word(text);
		size_t columns = mm_terminal_width(word);

		text = behind(text, word.len);
		if (column + columns > width && column > indent) {
			fprintf(stream, "\n%*s", (int)indent, "");
			column = indent;
			while (word.len > 0 && word.ptr[0] == ' ')
				word = behind(word, 1);
		}
		column += mm_terminal_put(stream, word, SIZE_MAX);
	}
	fputc('\n', stream);
}

size_t
mm_terminal_columns(FILE *stream)
{
	struct winsize size;

	if (ioctl(fileno(stream), TIOCGWINSZ, &size) == -1)
		return 0;
	return size.ws_col;
}

static bool
has_colours(FILE *stream)
{
	const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");

	if (no_color != NULL && no_color[0] != '\0')
		return false;
	if (term == NULL || strcmp(term, "dumb") == 0)
		return false;
	return isatty(fileno(stream)) == 1;
}

void
mm_terminal_begin(FILE *stream, enum mm_terminal_style style)
{
	/* ECMA-48 section 8.3.117, Select Graphic Rendition. */
	static const char *const sequences[MM_STYLE_COUNT] = {
		[MM_STYLE_PLAIN] = "\033[0m",
		[MM_STYLE_GOOD] = "\033[1;32m",
		[MM_STYLE_BAD] = "\033[1;31m",
		[MM_STYLE_STRONG] = "\033[1m",
		[MM_STYLE_FAINT] = "\033[2m",
	};

	if (has_colours(stream))
		fputs(sequences[style], stream);
}

void
mm_terminal_end(FILE *stream)
{
	mm_terminal_begin(stream, MM_STYLE_PLAIN);
}
