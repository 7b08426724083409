/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The characters that mean something in HTML are ASCII, so what is shown is escaped byte by byte.
 */
#include "engine/story/html.h"

#include "engine/logs/moment.h"
#include "engine/story/report_text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>

/* What is written at once, and the most that one text may add to it. */
#define PIECE 65536
#define PIECE_MAX ((size_t)64 * 1024 * 1024)

void
mm_html_begin(struct mm_html *html, FILE *out)
{
	html->out = out;
	html->failure = 0;
	mm_buf_init(&html->buf, PIECE_MAX);
}

static void
write_out(struct mm_html *html)
{
	if (!mm_buf_ok(&html->buf) && html->failure == 0)
		html->failure = ENOMEM;
	errno = EIO;
	if (html->failure == 0 && html->buf.len > 0 &&
	    fwrite(html->buf.data, 1, html->buf.len, html->out) != html->buf.len)
		html->failure = errno;
	html->buf.len = 0;
}

int
mm_html_end(struct mm_html *html)
{
	write_out(html);
	mm_buf_clear(&html->buf);
	errno = html->failure;
	return html->failure == 0 ? 0 : -1;
}

void
mm_html_add(struct mm_html *html, const char *markup)
{
	mm_buf_add_str(&html->buf, markup);
	if (html->buf.len >= PIECE)
		write_out(html);
}

void
mm_html_addf(struct mm_html *html, const char *markup, ...)
{
	char text[512];
	va_list arguments;
	int len;

	va_start(arguments, markup);
	len = vsnprintf(text, sizeof(text), markup, arguments);
	va_end(arguments);
	/* Markup that is cut would open a tag, or a quote, that nothing closes. */
	if (len < 0 || (size_t)len >= sizeof(text))
		html->failure = EOVERFLOW;
	else
		mm_html_add(html, text);
}

static void
add_escaped(struct mm_html *html, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		switch (text[i]) {
		case '&':
			mm_buf_add_str(&html->buf, "&amp;");
			break;
		case '<':
			mm_buf_add_str(&html->buf, "&lt;");
			break;
		case '>':
			mm_buf_add_str(&html->buf, "&gt;");
			break;
		case '"':
			mm_buf_add_str(&html->buf, "&quot;");
			break;
		case '\'':
			mm_buf_add_str(&html->buf, "&#39;");
			break;
		default:
			mm_buf_add(&html->buf, &text[i], 1);
		}
}

/* How many bytes the first columns characters take; all of them are valid. */
static size_t
cut_after(const char *text, size_t len, size_t columns)
{
	size_t at = 0;

	while (at < len && columns > 0) {
		at++;
		while (at < len && ((unsigned char)text[at] & 0xc0) == 0x80)
			at++;
		columns--;
	}
	return at;
}

void
mm_html_text_cut(struct mm_html *html, struct mm_slice text, size_t columns)
{
	struct mm_buf shown;
	size_t len;

	mm_buf_init(&shown, PIECE_MAX);
	mm_report_add_shown(&shown, text);
	if (!mm_buf_ok(&shown)) {
		html->failure = ENOMEM;
	} else if (shown.len > 0) {
		len = cut_after((const char *)shown.data, shown.len, columns);
		add_escaped(html, (const char *)shown.data, len);
		if (len < shown.len)
			mm_buf_add_str(&html->buf, "\xe2\x80\xa6"); /* U+2026 */
	}
	mm_buf_clear(&shown);
}

void
mm_html_text(struct mm_html *html, struct mm_slice text)
{
	mm_html_text_cut(html, text, SIZE_MAX);
}

void
mm_html_str(struct mm_html *html, const char *text)
{
	mm_html_text(html, mm_slice_str(text));
}

void
mm_html_number(struct mm_html *html, uint64_t number)
{
	char digits[24];
	size_t len = (size_t)snprintf(digits, sizeof(digits), "%" PRIu64, number);

	for (size_t i = 0; i < len; i++) {
		if (i > 0 && (len - i) % 3 == 0)
			mm_buf_add_str(&html->buf, ",");
		mm_buf_add(&html->buf, &digits[i], 1);
	}
}

void
mm_html_number_cell(struct mm_html *html, uint64_t number)
{
	mm_html_addf(html, "<td class=\"n\" data-v=\"%" PRIu64 "\">", number);
	mm_html_number(html, number);
	mm_html_add(html, "</td>");
}

void
mm_html_time_cell(struct mm_html *html, int64_t time_us)
{
	char text[MM_MOMENT_TEXT_MAX];

	if (mm_moment_text(time_us, text)[0] == '\0')
		mm_html_add(html, "<td class=\"t\" data-v=\"-1\">none</td>");
	else
		mm_html_addf(html, "<td class=\"t\" data-v=\"%" PRId64 "\"><time>%.19sZ</time></td>", time_us, text);
}
