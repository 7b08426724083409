/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A row whose one field is a JSON object has a doubled quote every ten bytes: what is found at once here are quotes,
 * sixteen bytes at a time where the processor has SSE2.
 */
#include "engine/logs/csv.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* The first quote from at on, or end. */
static inline const char *
find_quote(const char *at, const char *end)
{
#ifdef __SSE2__
	const __m128i quote = _mm_set1_epi8('"');

	for (; end - at >= 16; at += 16) {
		__m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)at);
		int found = _mm_movemask_epi8(_mm_cmpeq_epi8(bytes, quote));

		if (found != 0)
			return at + __builtin_ctz((unsigned)found);
	}
#endif
	while (at < end && *at != '"')
		at++;
	return at;
}

/* From behind an opening quote to its closing one, or end where there is none. */
static inline const char *
find_closing(const char *at, const char *end, bool *doubled)
{
	for (;;) {
		at = find_quote(at, end);
		if (end - at < 2 || at[1] != '"')
			return at;
		*doubled = true;
		at += 2;
	}
}

/* The delimiter or LF from at on, or end. */
static inline const char *
find_field_end(const char *at, const char *end, char delimiter)
{
	while (at < end && *at != delimiter && *at != '\n')
		at++;
	return at;
}

size_t
mm_csv_row(struct mm_slice text, char delimiter, bool last)
{
	const char *at = text.ptr, *end = text.ptr + text.len;
	bool doubled = false;

	while (at < end) {
		if (*at == '"') {
			at = find_closing(at + 1, end, &doubled);
			/* A quote at the very end may be the first of a doubled one. */
			if (at == end || (at + 1 == end && !last))
				return 0;
			at++;
		}
		at = find_field_end(at, end, delimiter);
		if (at == end)
			break;
		if (*at++ == '\n')
			return (size_t)(at - text.ptr);
	}
	return last ? text.len : 0;
}

static struct mm_slice
without_line_end(struct mm_slice row)
{
	if (row.len > 0 && row.ptr[row.len - 1] == '\n')
		row.len--;
	if (row.len > 0 && row.ptr[row.len - 1] == '\r')
		row.len--;
	return row;
}

/* Set the field that begins at at; returns where it ends, at a delimiter or end. */
static const char *
split_field(const char *at, const char *end, char delimiter, struct mm_csv_field *field, const char **fault)
{
	const char *begin = at, *closing;

	field->doubled = false;
	if (at < end && *at == '"') {
		closing = find_closing(at + 1, end, &field->doubled);
		at = find_field_end(closing == end ? end : closing + 1, end, delimiter);
		field->text = mm_slice(begin + 1, (size_t)(closing - begin - 1));
		if (closing == end)
			*fault = "a quote is not closed";
		else if (at != closing + 1)
			*fault = "something stands behind a closing quote";
		/* Nothing is lost: the field is then all that stands there. */
		if (closing != end && at != closing + 1)
			field->text = mm_slice(begin, (size_t)(at - begin));
		return at;
	}
	at = find_field_end(at, end, delimiter);
	field->text = mm_slice(begin, (size_t)(at - begin));
	return at;
}

size_t
mm_csv_split(struct mm_slice row, char delimiter, struct mm_csv_field *fields, size_t max, const char **fault)
{
	struct mm_slice line = without_line_end(row);
	const char *at = line.ptr, *end = line.ptr + line.len, *first_fault = NULL;
	size_t count = 0;

	for (;; at++) {
		struct mm_csv_field field;

		at = split_field(at, end, delimiter, &field, &first_fault);
		if (count < max)
			fields[count] = field;
		count++;
		if (at >= end)
			break;
	}
	if (fault != NULL)
		*fault = first_fault;
	return count;
}

size_t
mm_csv_undouble(struct mm_slice text, char *out)
{
	const char *at = text.ptr, *end = text.ptr + text.len;
	char *begin = out;

	while (at < end) {
		const char *quote = find_quote(at, end);
		size_t len = (size_t)(quote - at) + (quote < end);

		memcpy(out, at, len);
		out += len;
		at += len;
		if (at < end && *at == '"')
			at++;
	}
	return (size_t)(out - begin);
}
