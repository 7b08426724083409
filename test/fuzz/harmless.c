/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Small readers that know nothing but what reports should have.
 */
#include "test/fuzz/harmless.h"

#include "engine/story/html_parts.h"
#include "lib/base/array.h"
#include "lib/codec/utf8.h"

#include <sqlite3.h>

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Tags within one another. */
#define TAGS_OPEN_MAX 32

static void
must(bool good)
{
	if (!good)
		abort();
}

/* ---- lines ---- */

/* Controls of both sets; marks, embeddings, overrides and isolates of direction (Unicode, annex 9); nothing at all. */
static bool
is_harmful(uint32_t code_point)
{
	return code_point < 0x20 || (code_point >= 0x7f && code_point < 0xa0) || code_point == 0x61c ||
	    (code_point >= 0x200b && code_point <= 0x200f) || (code_point >= 0x2028 && code_point <= 0x202e) ||
	    (code_point >= 0x2060 && code_point <= 0x206f) || code_point == 0xfeff;
}

void
harmless_lines(struct mm_slice text)
{
	for (size_t at = 0; at < text.len;) {
		uint32_t code_point = 0;
		size_t len = mm_utf8_decode(text.ptr + at, text.len - at, &code_point);

		must(len > 0);
		must(code_point == '\n' || !is_harmful(code_point));
		at += len;
	}
}

/* ---- JSON ---- */

static sqlite3_stmt *
json_question(void)
{
	static sqlite3_stmt *question;
	sqlite3 *database;

	if (question == NULL)
		must(sqlite3_open(":memory:", &database) == SQLITE_OK &&
		    sqlite3_prepare_v2(database, "SELECT json_valid(?)", -1, &question, NULL) == SQLITE_OK);
	return question;
}

void
harmless_json(struct mm_slice text)
{
	sqlite3_stmt *question = json_question();

	must(text.len <= INT_MAX);
	must(sqlite3_bind_text(question, 1, text.ptr, (int)text.len, SQLITE_STATIC) == SQLITE_OK);
	must(sqlite3_step(question) == SQLITE_ROW && sqlite3_column_int(question, 0) == 1);
	must(sqlite3_reset(question) == SQLITE_OK);
	for (size_t i = 0; i < text.len; i++)
		must((unsigned char)text.ptr[i] >= 0x20 || text.ptr[i] == '\n');
}

/* ---- CSV ---- */

/* A text, and how much of it was read. */
struct text {
	const char *at, *end;
};

static bool
has(const struct text *text, const char *word)
{
	size_t len = strlen(word);

	return (size_t)(text->end - text->at) >= len && memcmp(text->at, word, len) == 0;
}

static bool
skip(struct text *text, const char *word)
{
	if (!has(text, word))
		return false;
	text->at += strlen(word);
	return true;
}

/* Spreadsheets may take blanks and quotes away before they look; those of East Asia know wide signs as well. */
static void
check_begin(struct text text)
{
	static const char *const signs[] = { "=", "+", "-", "@", "\t", "\xef\xbc\x9d", "\xef\xbc\x8b",
		"\xef\xbc\x8d", "\xef\xbc\xa0" };

	while (skip(&text, " ") || skip(&text, "\""))
		;
	for (size_t i = 0; i < MM_COUNT_OF(signs); i++)
		must(!has(&text, signs[i]));
}

/* To the quote that ends a cell: two of them are one within it. Some cut rows at semicolons, quotes or not. */
static void
skip_quoted(struct text *text)
{
	for (;;) {
		if (skip(text, "\"\""))
			continue;
		if (skip(text, "\""))
			return;
		must(text->at < text->end && (unsigned char)*text->at >= 0x20);
		if (*text->at++ == ';')
			check_begin(*text);
	}
}

static void
check_cell(struct text *text)
{
	check_begin(*text);
	if (skip(text, "\""))
		skip_quoted(text);
	else
		while (text->at < text->end && memchr(",;\"\r\n", *text->at, 5) == NULL)
			text->at++;
}

static size_t
check_row(struct text *row)
{
	size_t cells = 0;

	do {
		check_cell(row);
		cells++;
	} while (skip(row, ","));
	must(skip(row, "\r\n"));
	return cells;
}

void
harmless_csv(struct mm_slice text)
{
	struct text rows = { text.ptr, text.ptr + text.len };
	size_t cells = 0;

	do {
		const char *row = rows.at;
		size_t count = check_row(&rows);

		must(cells == 0 || count == cells);
		cells = count;
		harmless_lines(mm_slice(row, (size_t)(rows.at - row) - strlen("\r\n")));
	} while (rows.at < rows.end);
}

/* ---- HTML ---- */

static const char *const tags[] = {
	"a", "body", "br", "caption", "dd", "defs", "desc", "details", "div", "dl", "dt", "h1", "h2", "h3",
	"head", "html", "li", "line", "main", "meta", "nav", "p", "path", "pattern", "rect", "script", "span",
	"style", "summary", "svg", "table", "tbody", "td", "text", "th", "thead", "time", "title", "tr", "ul",
};

static const char *const attributes[] = {
	"aria-label", "aria-labelledby", "charset", "class", "content", "d", "data-v", "height", "href",
	"http-equiv", "id", "lang", "name", "patternTransform", "patternUnits", "role", "scope", "tabindex",
	"text-anchor", "transform", "viewBox", "width", "x", "x1", "x2", "y", "y1", "y2",
};

static const char *const entities[] = { "amp;", "lt;", "gt;", "quot;", "#39;", "middot;" };

/* Tags that have no end. */
static const char *const lone_tags[] = { "br", "meta" };

struct page {
	struct text text;
	const char *open[TAGS_OPEN_MAX];
	size_t open_count, scripts;
};

static bool
is_one_of(const char *word, const char *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(word, list[i]) == 0)
			return true;
	return false;
}

/* The word of a list that stands here alone, and is passed. */
static const char *
skip_known(struct text *text, const char *const *list, size_t count)
{
	size_t len = 0;

	while (text->at + len < text->end && strchr(" \"'<>=/\n", text->at[len]) == NULL)
		len++;
	for (size_t i = 0; i < count; i++) {
		if (strlen(list[i]) != len || memcmp(text->at, list[i], len) != 0)
			continue;
		text->at += len;
		return list[i];
	}
	abort();
}

static void
skip_entity(struct text *text)
{
	bool known = false;

	text->at++;
	for (size_t i = 0; i < MM_COUNT_OF(entities) && !known; i++)
		known = skip(text, entities[i]);
	must(known);
}

static void
skip_attribute(struct text *text)
{
	const char *name = skip_known(text, attributes, MM_COUNT_OF(attributes));

	must(skip(text, "=\""));
	must(strcmp(name, "href") != 0 || has(text, "#"));
	while (text->at < text->end && *text->at != '"') {
		must(*text->at != '<');
		if (*text->at == '&')
			skip_entity(text);
		else
			text->at++;
	}
	must(skip(text, "\""));
}

/* What stands in it is no HTML, and ours. */
static void
check_content(struct page *page, const char *tag)
{
	if (strcmp(tag, "style") == 0)
		must(skip(&page->text, mm_html_style) && has(&page->text, "</style>"));
	if (strcmp(tag, "script") == 0) {
		must(skip(&page->text, mm_html_script) && has(&page->text, "</script>"));
		page->scripts++;
	}
}

static void
check_tag(struct page *page)
{
	struct text *text = &page->text;
	bool ends = skip(text, "</");
	const char *tag;

	must(ends || skip(text, "<"));
	tag = skip_known(text, tags, MM_COUNT_OF(tags));
	if (ends) {
		must(page->open_count > 0 && strcmp(page->open[--page->open_count], tag) == 0 && skip(text, ">"));
		return;
	}
	while (skip(text, " "))
		skip_attribute(text);
	if (skip(text, "/>"))
		return;
	must(skip(text, ">"));
	if (is_one_of(tag, lone_tags, MM_COUNT_OF(lone_tags)))
		return;
	must(page->open_count < TAGS_OPEN_MAX);
	page->open[page->open_count++] = tag;
	check_content(page, tag);
}

void
harmless_html(struct mm_slice text)
{
	struct page page = { .text = { text.ptr, text.ptr + text.len } };

	must(skip(&page.text, "<!DOCTYPE html>\n"));
	while (page.text.at < page.text.end) {
		if (*page.text.at == '<')
			check_tag(&page);
		else if (*page.text.at == '&')
			skip_entity(&page.text);
		else
			page.text.at++;
	}
	must(page.open_count == 0 && page.scripts == 1);
	harmless_lines(text);
}
