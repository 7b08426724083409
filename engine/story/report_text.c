/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hostile texts made harmless, and what may be missing.
 */
#include "engine/story/report_text.h"

#include "engine/detect/detection.h"
#include "engine/logs/moment.h"
#include "engine/printable.h"
#include "lib/base/array.h"
#include "lib/codec/utf8.h"

#include <inttypes.h>

/* How many characters at the beginning of text are printable ASCII. */
static size_t
plain_len(struct mm_slice text)
{
	size_t len = 0;

	while (len < text.len && text.ptr[len] >= 0x20 && text.ptr[len] < 0x7f)
		len++;
	return len;
}

void
mm_report_add_shown(struct mm_buf *buf, struct mm_slice text)
{
	size_t at = 0;

	while (at < text.len) {
		size_t len = plain_len(mm_slice(text.ptr + at, text.len - at));
		uint32_t code_point;

		mm_buf_add(buf, text.ptr + at, len);
		at += len;
		if (at == text.len)
			break;
		len = mm_utf8_decode(text.ptr + at, text.len - at, &code_point);
		if (len == 0) {
			mm_buf_add_str(buf, "\xef\xbf\xbd"); /* U+FFFD */
			len = 1;
		} else if (mm_printable(code_point)) {
			mm_buf_add(buf, text.ptr + at, len);
		} else {
			mm_buf_addf(buf, "U+%04" PRIX32, code_point);
		}
		at += len;
	}
}

/* What spreadsheets take for the beginning of a formula (OWASP, CSV injection); in East Asia, wide signs as well. */
static bool
begins_formula(struct mm_slice text)
{
	static const char *const wide[] = { "\xef\xbc\x9d", "\xef\xbc\x8b", "\xef\xbc\x8d", "\xef\xbc\xa0" };

	/* Blanks before it, and quotes that are doubled, may be taken away. */
	while (text.len > 0 && (text.ptr[0] == ' ' || text.ptr[0] == '"'))
		text = mm_slice(text.ptr + 1, text.len - 1);
	for (size_t i = 0; i < MM_COUNT_OF(wide); i++)
		if (text.len >= 3 && memcmp(text.ptr, wide[i], 3) == 0)
			return true;
	return text.len > 0 && memchr("=+-@\t\r", text.ptr[0], 6) != NULL;
}

static bool
needs_quotes(struct mm_slice text)
{
	for (size_t i = 0; i < text.len; i++)
		if (memchr("\",;", text.ptr[i], 3) != NULL)
			return true;
	return text.len > 0 && (text.ptr[0] == ' ' || text.ptr[text.len - 1] == ' ');
}

/* Quotes are doubled. Where rows are cut at semicolons a formula may begin behind each, quotes or not. */
static void
add_quoted(struct mm_buf *buf, struct mm_slice text)
{
	size_t begin = 0;

	for (size_t i = 0; i < text.len; i++) {
		struct mm_slice rest = mm_slice(text.ptr + i + 1, text.len - i - 1);
		bool is_quote = text.ptr[i] == '"';

		if (!is_quote && (text.ptr[i] != ';' || !begins_formula(rest)))
			continue;
		mm_report_add_shown(buf, mm_slice(text.ptr + begin, i - begin));
		mm_buf_add_str(buf, is_quote ? "\"\"" : ";'");
		begin = i + 1;
	}
	mm_report_add_shown(buf, mm_slice(text.ptr + begin, text.len - begin));
}

void
mm_report_add_cell(struct mm_buf *buf, struct mm_slice text)
{
	bool quotes;

	if (text.len == 0)
		return;
	quotes = needs_quotes(text);
	if (quotes)
		mm_buf_add_str(buf, "\"");
	if (begins_formula(text))
		mm_buf_add_str(buf, "'");
	add_quoted(buf, text);
	if (quotes)
		mm_buf_add_str(buf, "\"");
}

void
mm_report_add_fact(struct mm_buf *buf, const struct mm_finding_fact *fact, const struct mm_names *names)
{
	char room[MM_SUBJECT_TEXT_MAX], moment[MM_MOMENT_TEXT_MAX];
	struct mm_subject subject;

	switch (fact->kind) {
	case MM_FACT_NUMBER:
	case MM_FACT_SECONDS:
		mm_buf_addf(buf, "%" PRId64, fact->number);
		break;
	case MM_FACT_TIME:
		mm_buf_add_str(buf, mm_moment_text(fact->number, moment));
		break;
	case MM_FACT_NAME:
		mm_buf_add_slice(buf, mm_names_text(names, (uint32_t)fact->number));
		break;
	case MM_FACT_ID:
		subject = mm_subject_of_id(MM_SUBJECT_TOKEN, &fact->id);
		mm_buf_add_slice(buf, mm_subject_text(&subject, names, room));
		break;
	case MM_FACT_ADDRESS:
		mm_buf_add_str(buf, mm_logs_address_text(&fact->address, room));
		break;
	case MM_FACT_NETWORK:
		mm_buf_add_str(buf, mm_logs_network_text(&fact->address, room));
		break;
	case MM_FACT_WORD:
		mm_buf_add_str(buf, fact->word);
		break;
	}
}

void
mm_report_add_title(struct mm_buf *buf, const struct mm_finding *finding)
{
	mm_buf_addf(buf, "%s%s", mm_detection_could_not_judge(finding) ? MM_COULD_NOT_JUDGE : "",
	    finding->detection->title);
}

void
mm_report_missing(const struct mm_answer *answer, struct mm_report_missing *missing)
{
	*missing = (struct mm_report_missing){
		.whole_folders = answer->syncs,
		.lost = answer->lost,
		.gaps = answer->gaps_count + answer->gaps_dropped,
		.no_room = answer->full,
	};
	for (size_t i = 0; i < answer->mailboxes_listed; i++)
		missing->throttled_mailboxes += answer->mailboxes_list[i].throttled;
}

bool
mm_report_complete(const struct mm_report_missing *missing)
{
	return missing->throttled_mailboxes == 0 && missing->gaps == 0 && !missing->no_room;
}

bool
mm_report_messages_complete(const struct mm_report_missing *missing)
{
	return mm_report_complete(missing) && missing->whole_folders == 0 && missing->lost == 0;
}
