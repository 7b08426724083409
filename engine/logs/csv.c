/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A row whose one field is a JSON object has a doubled quote every ten bytes. So quotes are not looked at one by one:
 * where the processor has SSE2, those of 64 bytes become bits of one number, and a field's closing quote is the last of
 * the first run of them whose length is odd.
 */
#include "engine/logs/csv.h"

#ifdef __SSE2__
#include <emmintrin.h>

static inline unsigned
quotes_of_16(const char *at)
{
	__m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)at);

	return (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')));
}

static inline uint64_t
quotes_of_64(const char *at)
{
	return quotes_of_16(at) | (uint64_t)quotes_of_16(at + 16) << 16 | (uint64_t)quotes_of_16(at + 32) << 32 |
	    (uint64_t)quotes_of_16(at + 48) << 48;
}

/*
 * A bit behind each run of odd length. To add the first bit of a run to it makes a carry run through it and stop
 * behind; a run that begins at an even place and stops before an odd one is odd, and the other way round.
 */
static inline uint64_t
behind_odd_runs(uint64_t quotes)
{
	const uint64_t even = UINT64_C(0x5555555555555555);
	uint64_t begins = quotes & ~(quotes << 1);
	uint64_t behind_even = (quotes + (begins & even)) & ~quotes;
	uint64_t behind_odd = (quotes + (begins & ~even)) & ~quotes;

	return (behind_even & ~even) | (behind_odd & even);
}
#endif

/* From behind an opening quote to its closing one, or end where there is none. */
static inline const char *
find_closing(const char *at, const char *end, bool *doubled)
{
#ifdef __SSE2__
	while (end - at >= 64) {
		uint64_t quotes = quotes_of_64(at), odd;
		unsigned whole = 64;

		/* A run that may go on behind these bytes is left to the next ones. */
		if (quotes >> 63 != 0) {
			whole = ~quotes == 0 ? 0 : 64 - (unsigned)__builtin_clzll(~quotes);
			if (whole == 0)
				break;
			quotes &= ~UINT64_C(0) >> (64 - whole);
		}
		odd = behind_odd_runs(quotes);
		if (odd != 0) {
			unsigned closing = (unsigned)__builtin_ctzll(odd) - 1;

			*doubled = *doubled || (quotes & ((UINT64_C(1) << closing) - 1)) != 0;
			return at + closing;
		}
		*doubled = *doubled || quotes != 0;
		at += whole;
	}
#endif
	for (; at < end; at++) {
		if (*at != '"')
			continue;
		if (end - at < 2 || at[1] != '"')
			return at;
		*doubled = true;
		at++;
	}
	return end;
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

/* Bytes are moved sixteen at a time, whether they are wanted or not: what comes next goes over those that are not. */
size_t
mm_csv_undouble(struct mm_slice text, char *out)
{
	const char *at = text.ptr, *end = text.ptr + text.len;
	char *begin = out;

#ifdef __SSE2__
	while (end - at >= 17) {
		unsigned quotes = quotes_of_16(at);
		unsigned len = quotes == 0 ? 16 : (unsigned)__builtin_ctz(quotes) + 1;

		memcpy(out, at, 16);
		out += len;
		at += len;
		if (quotes != 0 && *at == '"')
			at++;
	}
#endif
	while (at < end) {
		bool is_quote = *at == '"';

		*out++ = *at++;
		if (is_quote && at < end && *at == '"')
			at++;
	}
	return (size_t)(out - begin);
}
