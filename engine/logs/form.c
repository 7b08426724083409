/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A form is a row of functions: how a text is cut, taken apart and, within a record that is too long, passed over.
 * Taking apart does both: a text is cut by taking spans off it until one has no end.
 */
#include "engine/logs/form.h"

#include "engine/logs/csv.h"
#include "engine/logs/walk.h"
#include "lib/base/array.h"

static const char mark[] = { '\xEF', '\xBB', '\xBF' };

static bool
is_blank(char c)
{
	return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static const char *
find_line_end(const char *at, const char *end)
{
	const char *newline = memchr(at, '\n', (size_t)(end - at));

	return newline == NULL ? end : newline;
}

/* Over blanks and byte order marks, which files that were put together have in their middle. */
static const char *
skip_blanks(const char *at, const char *end)
{
	for (;;) {
		if (at < end && is_blank(*at))
			at++;
		else if ((size_t)(end - at) >= sizeof(mark) && memcmp(at, mark, sizeof(mark)) == 0)
			at += sizeof(mark);
		else
			return at;
	}
}

/* ---- lines, of text or JSON ---- */

static size_t
cut_lines(const struct mm_logs_layout *layout, struct mm_logs_stand *stand, struct mm_slice text, bool last)
{
	const char *newline = memrchr(text.ptr, '\n', text.len);

	(void)layout;
	(void)stand;
	if (last)
		return text.len;
	return newline == NULL ? 0 : (size_t)(newline - text.ptr) + 1;
}

/* The next line that is not blank, without blanks around it. */
static bool
next_line(const struct mm_logs_layout *layout, struct mm_logs_stand *stand, struct mm_slice block, size_t *position,
    enum mm_logs_span *kind, struct mm_slice *span)
{
	const char *end = block.ptr + block.len, *begin = skip_blanks(block.ptr + *position, end), *line_end;

	(void)layout;
	(void)stand;
	*position = block.len;
	if (begin == end)
		return false;
	line_end = find_line_end(begin, end);
	*position = (size_t)(line_end - block.ptr);
	while (is_blank(line_end[-1]))
		line_end--;
	*kind = MM_LOGS_RECORD;
	*span = mm_slice(begin, (size_t)(line_end - begin));
	return true;
}

/* Whether a line has nothing but brackets of an array and commas, as files that were put together have. */
static bool
is_between_records(struct mm_slice line)
{
	for (size_t i = 0; i < line.len; i++)
		if (line.ptr[i] != '[' && line.ptr[i] != ']' && line.ptr[i] != ',' && !is_blank(line.ptr[i]))
			return false;
	return true;
}

/* What no JSON value can begin with is no record. */
static bool
next_json_line(const struct mm_logs_layout *layout, struct mm_logs_stand *stand, struct mm_slice block,
    size_t *position, enum mm_logs_span *kind, struct mm_slice *span)
{
	do {
		if (!next_line(layout, stand, block, position, kind, span))
			return false;
	} while (is_between_records(*span));
	if (span->ptr[0] != '{' && span->ptr[0] != '[')
		*kind = MM_LOGS_SPAN_NOISE;
	return true;
}

static size_t
skip_line(const struct mm_logs_layout *layout, struct mm_logs_stand *stand, struct mm_slice text)
{
	const char *end = text.ptr + text.len, *newline = find_line_end(text.ptr, end);

	(void)layout;
	stand->skipping = newline == end;
	return (size_t)(newline - text.ptr) + (newline < end);
}

/* ---- CSV ---- */

/* Blanks may be fields: only empty lines are passed over, and byte order marks. */
static const char *
skip_empty_lines(const char *at, const char *end)
{
	for (;;) {
		if (at < end && (*at == '\n' || *at == '\r'))
			at++;
		else if ((size_t)(end - at) >= sizeof(mark) && memcmp(at, mark, sizeof(mark)) == 0)
			at += sizeof(mark);
		else
			return at;
	}
}

/* A row without an end gives its first line as cut, so that a quote never closed does not take the rest along. */
static bool
next_row(const struct mm_logs_layout *layout, struct mm_logs_stand *stand, struct mm_slice block, size_t *position,
    enum mm_logs_span *kind, struct mm_slice *span)
{
	const char *end = block.ptr + block.len, *begin = skip_empty_lines(block.ptr + *position, end);
	struct mm_slice rest = mm_slice(begin, (size_t)(end - begin));
	size_t len;

	(void)stand;
	*position = block.len;
	if (begin == end)
		return false;
	len = mm_csv_row(rest, layout->delimiter, true);
	*kind = len > 0 ? MM_LOGS_RECORD : MM_LOGS_SPAN_CUT;
	if (len == 0)
		len = (size_t)(find_line_end(begin, end) - begin);
	*position = (size_t)(begin + len - block.ptr);
	*span = mm_slice(begin, len);
	return true;
}

static size_t
cut_rows(const struct mm_logs_layout *layout, struct mm_logs_stand *stand, struct mm_slice text, bool last)
{
	const char *end = text.ptr + text.len, *at = text.ptr;

	(void)stand;
	if (last)
		return text.len;
	for (;;) {
		const char *begin = skip_empty_lines(at, end);
		size_t len = mm_csv_row(mm_slice(begin, (size_t)(end - begin)), layout->delimiter, false);

		if (len == 0)
			return (size_t)(at - text.ptr);
		at = begin + len;
	}
}

/* ---- JSON text ---- */

/*
 * How often in one block the next record is looked for behind one without an end: each time may go to the block's end.
 * Behind the last one, all of the block is taken as cut.
 */
#define RESUMPTIONS_MAX 64

/* Members of wrappers whose array holds the records. */
static bool
is_wrapped(struct mm_slice name, struct mm_json_value value)
{
	static const char *const names[] = { "value", "records", "Records", "results", "data", "logs", "events",
		"items" };

	for (size_t i = 0; i < MM_COUNT_OF(names); i++)
		if (mm_slice_equal(name, mm_slice_str(names[i])))
			return value.text.len > 0 && value.text.ptr[0] == '[';
	return false;
}

/* A JSON text under a walk over what stands between records. */
struct between {
	struct mm_logs_stand *stand;
	bool wrapped;
	const char *at;
	const char *end;
};

/* What a step came to. */
enum step { STEP_ON, STEP_SPAN, STEP_OPEN };

/* Follow the brackets of one byte of a value. Returns whether it ended. */
static bool
pass_over(struct mm_logs_stand *stand, char c)
{
	if (stand->in_string) {
		stand->in_string = stand->escaped || c != '"';
		stand->escaped = !stand->escaped && c == '\\';
		return false;
	}
	switch (c) {
	case '"':
		stand->in_string = true;
		return false;
	case '{':
	case '[':
		stand->depth++;
		return false;
	case '}':
	case ']':
		return stand->depth > 0 && --stand->depth == 0;
	default:
		return false;
	}
}

/* The end of an object that nests too deep for a walk, or NULL. */
static const char *
find_deep_end(const char *at, const char *end)
{
	struct mm_logs_stand stand = { .in_wrapper = false };

	for (; at < end; at++)
		if (pass_over(&stand, *at))
			return at + 1;
	return NULL;
}

/*
 * Where the next record begins, behind one at begin that has no end: where its own beginning, up to its first name,
 * stands again; end where it does not.
 */
static const char *
find_resumption(const char *begin, const char *end)
{
	const char *at = skip_blanks(begin + 1, end), *found;
	struct mm_json_value name;
	size_t length;

	if (mm_walk_value(mm_slice(at, (size_t)(end - at)), &name, &length) != MM_WALK_WHOLE ||
	    name.type != MM_JSON_STRING)
		return end;
	at += length;
	found = memmem(at, (size_t)(end - at), begin, (size_t)(at - begin));
	return found == NULL ? end : found;
}

/* Noise ends where its line does, or before what may be a record. */
static const char *
find_noise_end(const char *at, const char *end)
{
	for (at++; at < end && *at != '\n' && *at != '{' && *at != '['; at++)
		;
	return at;
}

static enum step
take_noise(struct between *between, enum mm_logs_span *kind, struct mm_slice *span)
{
	const char *begin = between->at;

	between->at = find_noise_end(begin, between->end);
	*kind = MM_LOGS_SPAN_NOISE;
	*span = mm_slice(begin, (size_t)(between->at - begin));
	/* The first bytes of a byte order mark may be the last of a block. */
	if (between->at == between->end && span->len < sizeof(mark) && memcmp(begin, mark, span->len) == 0)
		return STEP_OPEN;
	return STEP_SPAN;
}

/* A record from its brace on. Of one without an end, that is taken which lies before the next one. */
static enum step
take_record(struct between *between, enum mm_logs_span *kind, struct mm_slice *span)
{
	const char *begin = between->at, *behind;
	struct mm_json_value value;
	size_t length;
	enum mm_walk_end end = mm_walk_value(mm_slice(begin, (size_t)(between->end - begin)), &value, &length);

	behind = end == MM_WALK_DEEP ? find_deep_end(begin, between->end) : begin + length;
	if (end == MM_WALK_BROKEN || end == MM_WALK_CUT || behind == NULL) {
		*kind = MM_LOGS_SPAN_CUT;
		between->at = between->end;
		if (between->stand->resumed++ < RESUMPTIONS_MAX)
			between->at = find_resumption(begin, between->end);
	} else {
		*kind = MM_LOGS_RECORD;
		between->at = behind;
	}
	*span = mm_slice(begin, (size_t)(between->at - begin));
	return end == MM_WALK_CUT || behind == NULL ? STEP_OPEN : STEP_SPAN;
}

/* A member of a wrapper: into its array of records, or over it. */
static enum step
take_wrapper_member(struct between *between, enum mm_logs_span *kind, struct mm_slice *span)
{
	struct mm_slice rest = mm_slice(between->at, (size_t)(between->end - between->at));
	struct mm_json_value name, value = { .type = MM_JSON_ABSENT };
	size_t length, more;
	enum mm_walk_end end;
	const char *at;

	*kind = MM_LOGS_SPAN_CUT;
	*span = rest;
	end = mm_walk_value(rest, &name, &length);
	if (end != MM_WALK_WHOLE || name.type != MM_JSON_STRING)
		return end == MM_WALK_CUT ? STEP_OPEN : take_noise(between, kind, span);
	at = skip_blanks(between->at + length, between->end);
	if (at < between->end && *at == ':')
		at = skip_blanks(at + 1, between->end);
	value.text = mm_slice(at, (size_t)(between->end - at));
	if (is_wrapped(name.text, value)) {
		between->stand->in_wrapper = false;
		between->stand->arrays = 1;
		between->at = at + 1;
		return STEP_ON;
	}
	end = mm_walk_value(value.text, &value, &more);
	/* More of a number may follow. */
	if (end == MM_WALK_CUT || (end == MM_WALK_WHOLE && at + more == between->end))
		return STEP_OPEN;
	if (end != MM_WALK_WHOLE)
		return take_noise(between, kind, span);
	between->at = at + more;
	return STEP_ON;
}

static enum step
take_in_wrapper(struct between *between, enum mm_logs_span *kind, struct mm_slice *span)
{
	switch (*between->at) {
	case ',':
		between->at++;
		return STEP_ON;
	case '}':
		between->at++;
		between->stand->in_wrapper = false;
		return STEP_ON;
	default:
		return take_wrapper_member(between, kind, span);
	}
}

static enum step
take_outside(struct between *between, enum mm_logs_span *kind, struct mm_slice *span)
{
	struct mm_logs_stand *stand = between->stand;

	switch (*between->at) {
	case ',':
		between->at++;
		return STEP_ON;
	case '[':
		between->at++;
		stand->arrays++;
		return STEP_ON;
	case ']':
		if (stand->arrays == 0)
			return take_noise(between, kind, span);
		between->at++;
		stand->in_wrapper = --stand->arrays == 0 && between->wrapped;
		return STEP_ON;
	case '{':
		if (!between->wrapped || stand->arrays > 0)
			return take_record(between, kind, span);
		between->at++;
		stand->in_wrapper = true;
		return STEP_ON;
	default:
		return take_noise(between, kind, span);
	}
}

/* The next span from *position on. STEP_ON: there is none; STEP_OPEN: it has no end. */
static enum step
step_to_span(const struct mm_logs_layout *layout, struct mm_logs_stand *stand, struct mm_slice text, size_t *position,
    enum mm_logs_span *kind, struct mm_slice *span)
{
	struct between between = { stand, layout->wrapped, text.ptr + *position, text.ptr + text.len };
	enum step step = STEP_ON;

	while (step == STEP_ON) {
		between.at = skip_blanks(between.at, between.end);
		if (between.at == between.end)
			break;
		step = stand->in_wrapper ? take_in_wrapper(&between, kind, span) : take_outside(&between, kind, span);
	}
	/* A member of a wrapper that has no end is all that is left. */
	*position = step == STEP_OPEN && stand->in_wrapper ? text.len : (size_t)(between.at - text.ptr);
	return step;
}

static bool
next_value(const struct mm_logs_layout *layout, struct mm_logs_stand *stand, struct mm_slice block, size_t *position,
    enum mm_logs_span *kind, struct mm_slice *span)
{
	return step_to_span(layout, stand, block, position, kind, span) != STEP_ON;
}

/* What stands before a record without an end is cut off, so that a text which is only that record begins with it. */
static size_t
cut_values(const struct mm_logs_layout *layout, struct mm_logs_stand *stand, struct mm_slice text, bool last)
{
	enum mm_logs_span kind;
	struct mm_slice span;
	size_t position = 0;

	for (;;) {
		enum step step = step_to_span(layout, stand, text, &position, &kind, &span);

		if (step == STEP_ON)
			return position;
		if (step == STEP_OPEN && !last)
			return (size_t)(span.ptr - text.ptr);
	}
}

/* A record ends with its last bracket; a member of a wrapper before what separates it from the next. */
static size_t
skip_value(const struct mm_logs_layout *layout, struct mm_logs_stand *stand, struct mm_slice text)
{
	const char *end = text.ptr + text.len, *at = text.ptr;

	(void)layout;
	for (stand->skipping = true; at < end && stand->skipping; at++) {
		if (stand->in_wrapper && stand->depth == 0 && !stand->in_string && (*at == ',' || *at == '}')) {
			stand->skipping = false;
			break;
		}
		stand->skipping = !pass_over(stand, *at) || stand->in_wrapper;
	}
	return (size_t)(at - text.ptr);
}

/* ---- recognising ---- */

/* Whether an object, whole or not, is a wrapper: an array of objects, or an empty one, stands in it at a known name. */
static bool
is_wrapper(struct mm_slice text)
{
	struct mm_logs_stand stand = { .in_wrapper = true };
	struct between between = { &stand, true, text.ptr + 1, text.ptr + text.len };
	enum mm_logs_span kind;
	struct mm_slice span;

	while (stand.in_wrapper && stand.arrays == 0) {
		between.at = skip_blanks(between.at, between.end);
		if (between.at == between.end || take_in_wrapper(&between, &kind, &span) != STEP_ON)
			return false;
	}
	between.at = skip_blanks(between.at, between.end);
	return stand.arrays == 1 && between.at < between.end && (*between.at == '{' || *between.at == ']');
}

/* Whether an object stands at the line's beginning and ends in it, with nothing behind it. */
static bool
is_json_line(const char *at, const char *end)
{
	const char *line_end = find_line_end(at, end);
	struct mm_json_value value;
	size_t length = 0;

	at = skip_blanks(at, line_end);
	return at < line_end && *at == '{' &&
	    mm_walk_value(mm_slice(at, (size_t)(line_end - at)), &value, &length) == MM_WALK_WHOLE &&
	    skip_blanks(at + length, line_end) == line_end;
}

/*
 * Lines, if the first is an object or, where a file was cut at its beginning, the second; also where the first line is
 * longer than what is seen.
 */
static bool
is_json_lines(const char *at, const char *end)
{
	const char *line_end = find_line_end(at, end);

	return line_end == end || is_json_line(at, end) || is_json_line(line_end + 1, end);
}

static bool
recognise_json(struct mm_slice text, struct mm_logs_layout *layout)
{
	const char *begin = skip_blanks(text.ptr, text.ptr + text.len), *end = text.ptr + text.len;

	if (*begin != '{' && *begin != '[') {
		layout->form = MM_LOGS_JSON_LINES;
		return find_line_end(begin, end) < end && is_json_line(find_line_end(begin, end) + 1, end);
	}
	layout->form = MM_LOGS_JSON_TEXT;
	layout->wrapped = *begin == '{' && is_wrapper(mm_slice(begin, (size_t)(end - begin)));
	if (*begin == '{' && !layout->wrapped && is_json_lines(begin, end))
		layout->form = MM_LOGS_JSON_LINES;
	return true;
}

static bool
is_month(const char *at)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

	for (size_t i = 0; i < 36; i += 3)
		if (memcmp(at, months + i, 3) == 0)
			return true;
	return false;
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* "Nov 28 19:33:01", "2026-11-28T19:33:01", "<22>Nov 28 …" of the wire. */
static bool
begins_with_time(struct mm_slice line)
{
	const char *at = line.ptr, *end = line.ptr + line.len;

	if (at < end && *at == '<')
		for (at++; at < end && (is_digit(*at) || *at == '>'); at++)
			;
	if (end - at < 12)
		return false;
	if (is_month(at))
		return at[3] == ' ' && (is_digit(at[5]) || at[5] == ' ');
	for (size_t i = 0; i < 4; i++)
		if (!is_digit(at[i]))
			return false;
	return at[4] == '-' && is_digit(at[5]);
}

/* One column alone is believed where it has the name of that of exports with the record inside. */
static bool
is_record_column(struct mm_slice row)
{
	static const char *const names[] = { "AuditData", "_raw" };

	for (size_t i = 0; i < MM_COUNT_OF(names); i++)
		if (memmem(row.ptr, row.len, names[i], strlen(names[i])) != NULL)
			return true;
	return false;
}

/* Whether a row could be one of column names: short texts, none of them empty. */
static bool
is_header(struct mm_slice row, char delimiter)
{
	struct mm_csv_field fields[16];
	const char *fault;
	size_t count = mm_csv_split(row, delimiter, fields, MM_COUNT_OF(fields), &fault);

	for (size_t i = 0; i < count && i < MM_COUNT_OF(fields); i++)
		if (fields[i].text.len == 0 || fields[i].text.len > 128 || fields[i].text.ptr[0] == '{')
			return false;
	return fault == NULL && (count >= 2 || is_record_column(row));
}

/* "sep=;" is Excel's, "#TYPE …" PowerShell's: neither is the header. */
static bool
is_preface(struct mm_slice line)
{
	return (line.len >= 4 && memcmp(line.ptr, "sep=", 4) == 0) ||
	    (line.len >= 5 && memcmp(line.ptr, "#TYPE", 5) == 0);
}

static bool
recognise_csv(struct mm_slice text, struct mm_logs_layout *layout)
{
	static const char delimiters[] = { ',', ';', '\t' };
	const char *end = text.ptr + text.len, *at = skip_blanks(text.ptr, end);
	size_t most = 0;

	if (is_preface(mm_slice(at, (size_t)(end - at))))
		at = skip_blanks(find_line_end(at, end), end);
	for (size_t i = 0; i < sizeof(delimiters); i++) {
		struct mm_slice rest = mm_slice(at, (size_t)(end - at));
		struct mm_slice row = mm_slice(at, mm_csv_row(rest, delimiters[i], true));
		size_t count = mm_csv_split(row, delimiters[i], NULL, 0, NULL);

		if (row.len == 0 || count <= most || !is_header(row, delimiters[i]))
			continue;
		most = count;
		layout->form = MM_LOGS_CSV;
		layout->delimiter = delimiters[i];
		layout->header = row;
		layout->body = (size_t)(at + row.len - text.ptr);
	}
	return most > 0;
}

bool
mm_logs_form_recognise(struct mm_slice text, struct mm_logs_layout *layout)
{
	const char *end = text.ptr + text.len, *begin = skip_blanks(text.ptr, end);

	memset(layout, 0, sizeof(*layout));
	if (begin == end || memchr(text.ptr, '\0', text.len < 4096 ? text.len : 4096) != NULL)
		return false;
	if (recognise_json(text, layout))
		return true;
	layout->form = MM_LOGS_NO_FORM;
	if (begins_with_time(mm_slice(begin, (size_t)(end - begin)))) {
		layout->form = MM_LOGS_LINES;
		return true;
	}
	return recognise_csv(text, layout);
}

/* ---- the table ---- */

struct row {
	const char *name;
	size_t (*cut)(const struct mm_logs_layout *layout, struct mm_logs_stand *stand, struct mm_slice text,
	    bool last);
	size_t (*skip)(const struct mm_logs_layout *layout, struct mm_logs_stand *stand, struct mm_slice text);
	bool (*next)(const struct mm_logs_layout *layout, struct mm_logs_stand *stand, struct mm_slice block,
	    size_t *position, enum mm_logs_span *kind, struct mm_slice *span);
};

static const struct row rows[] = {
	[MM_LOGS_NO_FORM] = { "none", cut_lines, skip_line, next_line },
	[MM_LOGS_JSON_LINES] = { "json-lines", cut_lines, skip_line, next_json_line },
	[MM_LOGS_JSON_TEXT] = { "json", cut_values, skip_value, next_value },
	[MM_LOGS_CSV] = { "csv", cut_rows, skip_line, next_row },
	[MM_LOGS_LINES] = { "lines", cut_lines, skip_line, next_line },
};

size_t
mm_logs_form_cut(const struct mm_logs_layout *layout, struct mm_logs_stand *stand, struct mm_slice text, bool last)
{
	return rows[layout->form].cut(layout, stand, text, last);
}

size_t
mm_logs_form_skip(const struct mm_logs_layout *layout, struct mm_logs_stand *stand, struct mm_slice text)
{
	return rows[layout->form].skip(layout, stand, text);
}

bool
mm_logs_form_open(const struct mm_logs_stand *stand)
{
	return stand->in_wrapper || stand->arrays > 0 || stand->skipping;
}

bool
mm_logs_form_next(const struct mm_logs_layout *layout, struct mm_logs_stand *stand, struct mm_slice block,
    size_t *position, enum mm_logs_span *kind, struct mm_slice *span)
{
	return rows[layout->form].next(layout, stand, block, position, kind, span);
}

const char *
mm_logs_form_name(enum mm_logs_form form)
{
	return rows[form].name;
}
