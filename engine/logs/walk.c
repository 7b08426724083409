/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every function here takes a place in a text and the text's end, and gives the place behind what it walked over; it
 * looks at no byte from the end on. Whatever is wrong ends the walk with what it is.
 *
 * Time goes to strings: a record of the audit log has about ninety. They are searched sixteen bytes at a time where the
 * processor has SSE2, which every x86-64 has. Containers are walked over at each level above what is wanted of them, so
 * 64 bytes of them at a time become bits of three numbers, and only their brackets are looked at one by one.
 */
#include "engine/logs/walk.h"

#include "lib/codec/hex.h"
#include "lib/codec/utf8.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

struct walk {
	const char *at;
	const char *end;
};

/* ---- strings ---- */

/* The first quote or backslash from at on, or end. */
static inline const char *
find_quote(const char *at, const char *end)
{
#ifdef __SSE2__
	const __m128i quote = _mm_set1_epi8('"');
	const __m128i backslash = _mm_set1_epi8('\\');

	for (; end - at >= 16; at += 16) {
		__m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)at);
		__m128i equal = _mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, backslash));
		int found = _mm_movemask_epi8(equal);

		if (found != 0)
			return at + __builtin_ctz((unsigned)found);
	}
#endif
	while (at < end && *at != '"' && *at != '\\')
		at++;
	return at;
}

/* Walk over a string from behind its opening quote; text becomes its content. */
static inline bool
walk_string(struct walk *walk, struct mm_slice *text, bool *escaped)
{
	const char *begin = walk->at;
	const char *at = begin;

	*escaped = false;
	for (;;) {
		at = find_quote(at, walk->end);
		if (at == walk->end)
			return false;
		if (*at == '"')
			break;
		*escaped = true;
		if (walk->end - at < 2)
			return false;
		at += 2;
	}
	*text = mm_slice(begin, (size_t)(at - begin));
	walk->at = at + 1;
	return true;
}

/* ---- what stands between ---- */

static inline bool
is_blank(char c)
{
	return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static inline void
skip_blanks(struct walk *walk)
{
	while (walk->at < walk->end && is_blank(*walk->at))
		walk->at++;
}

/* Walk over blanks and the character c. */
static inline enum mm_walk_end
expect(struct walk *walk, char c)
{
	skip_blanks(walk);
	if (walk->at == walk->end)
		return MM_WALK_CUT;
	if (*walk->at != c)
		return MM_WALK_BROKEN;
	walk->at++;
	return MM_WALK_WHOLE;
}

static inline bool
ends_scalar(char c)
{
	return c == ',' || c == '}' || c == ']' || is_blank(c);
}

/* ---- values ---- */

/* Which of 64 bytes are what: a bit for each, the first byte's the lowest. */
struct marks {
	uint64_t quotes, backslashes, brackets;
};

#ifdef __SSE2__
static inline uint64_t
equal_16(__m128i bytes, char c)
{
	return (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(c)));
}

/* Brackets and braces differ in the bit of small letters alone. */
static inline void
mark_16(const char *at, unsigned place, struct marks *marks)
{
	__m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)at);
	__m128i low = _mm_or_si128(bytes, _mm_set1_epi8(0x20));

	marks->quotes |= equal_16(bytes, '"') << place;
	marks->backslashes |= equal_16(bytes, '\\') << place;
	marks->brackets |= (equal_16(low, '{') | equal_16(low, '}')) << place;
}

static inline struct marks
mark_64(const char *at)
{
	struct marks marks = { 0, 0, 0 };

	for (unsigned place = 0; place < 64; place += 16)
		mark_16(at + place, place, &marks);
	return marks;
}
#else
static inline struct marks
mark_64(const char *at)
{
	struct marks marks = { 0, 0, 0 };

	for (unsigned place = 0; place < 64; place++) {
		marks.quotes |= (uint64_t)(at[place] == '"') << place;
		marks.backslashes |= (uint64_t)(at[place] == '\\') << place;
		marks.brackets |= (uint64_t)((at[place] | 0x20) == '{' || (at[place] | 0x20) == '}') << place;
	}
	return marks;
}
#endif

/* Where between quotes a text stands. */
struct within {
	uint64_t string; /* all bits: within a string; else none */
	bool escaped;    /* behind a backslash in one */
};

/* The quotes that begin or end a string: backslashes count within strings only, so each is looked at in turn. */
static uint64_t
unescaped_quotes(const struct marks *marks, struct within *within)
{
	uint64_t left = marks->quotes | marks->backslashes, quotes = 0;
	bool in_string = within->string != 0;

	if (within->escaped)
		left &= ~UINT64_C(1);
	within->escaped = false;
	for (; left != 0; left &= left - 1) {
		uint64_t bit = left & -left;

		if (bit & marks->quotes) {
			quotes |= bit;
			in_string = !in_string;
		} else if (in_string) {
			within->escaped = bit >> 63 != 0;
			left &= ~(bit << 1);
		}
	}
	return quotes;
}

/* The bits between each quote and the next, those of opening quotes too. */
static inline uint64_t
fill_strings(uint64_t quotes)
{
	for (unsigned shift = 1; shift < 64; shift *= 2)
		quotes ^= quotes << shift;
	return quotes;
}

/* The brackets among 64 bytes that are not within strings. */
static inline uint64_t
outer_brackets(const char *at, struct within *within)
{
	struct marks marks = mark_64(at);
	uint64_t quotes = marks.quotes, strings;

	if (marks.backslashes != 0 || within->escaped)
		quotes = unescaped_quotes(&marks, within);
	strings = fill_strings(quotes) ^ within->string;
	within->string = strings >> 63 == 0 ? 0 : ~UINT64_C(0);
	return marks.brackets & ~strings;
}

/* Brackets that are open: a bit for each level, set for an object. Nothing more is needed, however deep. */
struct levels {
	uint64_t objects;
	unsigned depth;
};

/* Follow a bracket. Returns whether the walk ends with it, and how. */
static inline bool
follow(struct levels *levels, char bracket, enum mm_walk_end *end)
{
	_Static_assert(MM_WALK_DEPTH_MAX <= 64, "a bit for each level");
	if (bracket == '{' || bracket == '[') {
		*end = MM_WALK_DEEP;
		if (levels->depth == MM_WALK_DEPTH_MAX)
			return true;
		levels->objects = levels->objects << 1 | (bracket == '{');
		levels->depth++;
		return false;
	}
	*end = MM_WALK_BROKEN;
	if ((levels->objects & 1) != (bracket == '}'))
		return true;
	levels->objects >>= 1;
	*end = MM_WALK_WHOLE;
	return --levels->depth == 0;
}

/* Walk over an array or object from its opening on, 64 bytes at a time; the last ones are looked at in a copy. */
static enum mm_walk_end
skip_container(struct walk *walk)
{
	struct within within = { 0, false };
	struct levels levels = { 0, 0 };
	enum mm_walk_end end;
	char last[64];

	while (walk->at < walk->end) {
		size_t left = (size_t)(walk->end - walk->at);
		const char *bytes = walk->at;

		if (left < sizeof(last)) {
			memset(last, 0, sizeof(last));
			memcpy(last, walk->at, left);
			bytes = last;
		}
		for (uint64_t brackets = outer_brackets(bytes, &within); brackets != 0; brackets &= brackets - 1) {
			unsigned place = (unsigned)__builtin_ctzll(brackets);

			if (follow(&levels, bytes[place], &end)) {
				walk->at += place + 1;
				return end;
			}
		}
		walk->at += left < sizeof(last) ? left : sizeof(last);
	}
	return MM_WALK_CUT;
}

static enum mm_walk_end
walk_container(struct walk *walk, struct mm_json_value *value)
{
	const char *begin = walk->at;
	enum mm_walk_end end = skip_container(walk);

	if (end != MM_WALK_WHOLE)
		return end;
	value->type = *begin == '{' ? MM_JSON_OBJECT : MM_JSON_ARRAY;
	value->escaped = false;
	value->text = mm_slice(begin, (size_t)(walk->at - begin));
	return MM_WALK_WHOLE;
}

/* true, false, null, and everything else that is no string and no container: a number, or what was taken for one. */
static enum mm_walk_end
walk_scalar(struct walk *walk, struct mm_json_value *value)
{
	const char *begin = walk->at;

	while (walk->at < walk->end && !ends_scalar(*walk->at)) {
		if (*walk->at == '"' || *walk->at == ':' || *walk->at == '{' || *walk->at == '[')
			return MM_WALK_BROKEN;
		walk->at++;
	}
	if (walk->at == begin)
		return MM_WALK_BROKEN;
	value->text = mm_slice(begin, (size_t)(walk->at - begin));
	value->escaped = false;
	switch (*begin) {
	case 't':
	case 'f': value->type = MM_JSON_BOOLEAN; break;
	case 'n': value->type = MM_JSON_NULL; break;
	default: value->type = MM_JSON_NUMBER; break;
	}
	return MM_WALK_WHOLE;
}

static inline enum mm_walk_end
walk_value(struct walk *walk, struct mm_json_value *value)
{
	skip_blanks(walk);
	if (walk->at == walk->end)
		return MM_WALK_CUT;
	switch (*walk->at) {
	case '"':
		walk->at++;
		value->type = MM_JSON_STRING;
		return walk_string(walk, &value->text, &value->escaped) ? MM_WALK_WHOLE : MM_WALK_CUT;
	case '{':
	case '[':
		return walk_container(walk, value);
	default:
		return walk_scalar(walk, value);
	}
}

/* From behind a value, or a container's opening: whether another element follows; else the container has ended. */
static inline enum mm_walk_end
walk_separator(struct walk *walk, char closing, bool first, bool *more)
{
	skip_blanks(walk);
	if (walk->at == walk->end)
		return MM_WALK_CUT;
	*more = *walk->at != closing;
	if (*more && first)
		return MM_WALK_WHOLE;
	if (*more && *walk->at != ',')
		return MM_WALK_BROKEN;
	walk->at++;
	return MM_WALK_WHOLE;
}

static inline enum mm_walk_end
walk_member(struct walk *walk, struct mm_slice *name, struct mm_json_value *value)
{
	enum mm_walk_end end = expect(walk, '"');
	bool escaped;

	if (end != MM_WALK_WHOLE)
		return end;
	if (!walk_string(walk, name, &escaped))
		return MM_WALK_CUT;
	end = expect(walk, ':');
	return end == MM_WALK_WHOLE ? walk_value(walk, value) : end;
}

/* ---- tables of names ---- */

static inline uint32_t
fingerprint_of(struct mm_slice name)
{
	return (uint32_t)(name.len & 0xff) | (uint32_t)(uint8_t)name.ptr[0] << 8 |
	    (uint32_t)(uint8_t)name.ptr[name.len / 2] << 16 | (uint32_t)(uint8_t)name.ptr[name.len - 1] << 24;
}

#define PLACES (2 * MM_WALK_NAMES_MAX)

/* Where the search for a fingerprint begins; Knuth's multiplier, of which the upper bits are taken. */
static inline uint32_t
place_of(uint32_t fingerprint)
{
	_Static_assert(PLACES == 256, "eight bits are taken");
	return fingerprint * UINT32_C(2654435769) >> 24;
}

bool
mm_walk_table_init(struct mm_walk_table *table, const char *const *names, size_t count)
{
	memset(table, 0, sizeof(*table));
	table->names = names;
	table->count = count;
	if (count > MM_WALK_NAMES_MAX)
		return false;
	for (size_t i = 0; i < count; i++) {
		struct mm_slice name = mm_slice_str(names[i]);
		uint32_t place;

		if (name.len == 0 || name.len > UINT8_MAX || mm_walk_table_find(table, name) >= 0)
			return false;
		table->fingerprints[i] = fingerprint_of(name);
		table->lengths[i] = (uint8_t)name.len;
		for (place = place_of(table->fingerprints[i]); table->places[place] != 0; place = (place + 1) % PLACES)
			;
		table->places[place] = (uint8_t)(i + 1);
	}
	return true;
}

/* Names are short: two overlapping words tell most of them apart, without a call. */
static inline bool
is_same(const char *a, const char *b, size_t len)
{
	uint64_t first, other_first, last, other_last;

	if (len < 8 || len > 16)
		return memcmp(a, b, len) == 0;
	memcpy(&first, a, 8);
	memcpy(&other_first, b, 8);
	memcpy(&last, a + len - 8, 8);
	memcpy(&other_last, b + len - 8, 8);
	return ((first ^ other_first) | (last ^ other_last)) == 0;
}

/* At least half of the places are empty, so a search ends. */
int
mm_walk_table_find(const struct mm_walk_table *table, struct mm_slice name)
{
	uint32_t fingerprint, place;

	if (name.len == 0)
		return -1;
	fingerprint = fingerprint_of(name);
	for (place = place_of(fingerprint); table->places[place] != 0; place = (place + 1) % PLACES) {
		size_t number = table->places[place] - 1U;

		if (table->fingerprints[number] == fingerprint && table->lengths[number] == name.len &&
		    is_same(table->names[number], name.ptr, name.len))
			return (int)number;
	}
	return -1;
}

/* ---- the calls ---- */

static enum mm_walk_end
walk_members(struct walk *walk, const struct mm_walk_table *table, struct mm_json_value *values, uint32_t *twice)
{
	enum mm_walk_end end = expect(walk, '{');
	bool first = true, more;

	if (end != MM_WALK_WHOLE)
		return end;
	for (;; first = false) {
		struct mm_json_value value;
		struct mm_slice name;
		int number;

		end = walk_separator(walk, '}', first, &more);
		if (end != MM_WALK_WHOLE || !more)
			return end;
		end = walk_member(walk, &name, &value);
		if (end != MM_WALK_WHOLE)
			return end;
		number = mm_walk_table_find(table, name);
		if (number < 0)
			continue;
		*twice += values[number].type != MM_JSON_ABSENT;
		values[number] = value;
	}
}

enum mm_walk_end
mm_walk_object(struct mm_slice text, const struct mm_walk_table *table, struct mm_json_value *values, uint32_t *twice,
    size_t *length)
{
	struct walk walk = { text.ptr, text.ptr + text.len };
	enum mm_walk_end end;
	uint32_t again = 0;

	_Static_assert(MM_JSON_ABSENT == 0, "cleared values are absent");
	memset(values, 0, table->count * sizeof(*values));
	end = walk_members(&walk, table, values, &again);
	if (twice != NULL)
		*twice += again;
	if (length != NULL)
		*length = (size_t)(walk.at - text.ptr);
	return end;
}

enum mm_walk_end
mm_walk_value(struct mm_slice text, struct mm_json_value *value, size_t *length)
{
	struct walk walk = { text.ptr, text.ptr + text.len };
	enum mm_walk_end end = walk_value(&walk, value);

	if (length != NULL)
		*length = (size_t)(walk.at - text.ptr);
	return end;
}

/* Go on in a container that begins with opening: walk becomes the place of the next element; false at the end. */
static bool
resume(struct mm_json_value container, char opening, char closing, size_t position, struct walk *walk)
{
	bool more;

	if (container.text.len < 2 || container.text.ptr[0] != opening || position >= container.text.len)
		return false;
	walk->at = container.text.ptr + (position == 0 ? 1 : position);
	walk->end = container.text.ptr + container.text.len;
	return walk_separator(walk, closing, position == 0, &more) == MM_WALK_WHOLE && more;
}

bool
mm_walk_next(struct mm_json_value array, size_t *position, struct mm_json_value *element)
{
	struct walk walk;

	if (array.type != MM_JSON_ARRAY || !resume(array, '[', ']', *position, &walk) ||
	    walk_value(&walk, element) != MM_WALK_WHOLE)
		return false;
	*position = (size_t)(walk.at - array.text.ptr);
	return true;
}

bool
mm_walk_next_object(struct mm_json_value array, size_t *position, const struct mm_walk_table *table,
    struct mm_json_value *values, struct mm_json_value *element)
{
	struct walk walk, members;
	uint32_t twice = 0;

	if (array.type != MM_JSON_ARRAY || !resume(array, '[', ']', *position, &walk))
		return false;
	skip_blanks(&walk);
	members = walk;
	memset(values, 0, table->count * sizeof(*values));
	if (walk_members(&members, table, values, &twice) == MM_WALK_WHOLE) {
		*element = (struct mm_json_value){ .type = MM_JSON_OBJECT,
			.text = mm_slice(walk.at, (size_t)(members.at - walk.at)) };
		walk.at = members.at;
	} else if (walk_value(&walk, element) != MM_WALK_WHOLE)
		return false;
	*position = (size_t)(walk.at - array.text.ptr);
	return true;
}

bool
mm_walk_next_member(struct mm_json_value object, size_t *position, struct mm_slice *name, struct mm_json_value *value)
{
	struct walk walk;

	if (object.type != MM_JSON_OBJECT || !resume(object, '{', '}', *position, &walk) ||
	    walk_member(&walk, name, value) != MM_WALK_WHOLE)
		return false;
	*position = (size_t)(walk.at - object.text.ptr);
	return true;
}

/* ---- what values mean ---- */

/* The code unit of the four digits that at begins with, or -1. */
static int32_t
code_unit(const char *at, const char *end)
{
	int high = mm_hex_pair(at, (size_t)(end - at));
	int low = end - at < 4 ? -1 : mm_hex_pair(at + 2, (size_t)(end - at - 2));

	return high < 0 || low < 0 ? -1 : high << 8 | low;
}

/* The length of a \u escape at at (its backslash), of one unit or a pair, and its character; 0: it is none. */
static size_t
unescape_unit(const char *at, const char *end, uint32_t *code_point)
{
	int32_t unit = code_unit(at + 2, end), low;

	if (unit < 0)
		return 0;
	*code_point = (uint32_t)unit;
	if (unit < 0xd800 || unit > 0xdfff)
		return 6;
	*code_point = 0xfffd;
	if (unit > 0xdbff || end - at < 12 || at[6] != '\\' || at[7] != 'u')
		return 6;
	low = code_unit(at + 8, end);
	if (low < 0xdc00 || low > 0xdfff)
		return 6;
	*code_point = 0x10000 + ((uint32_t)(unit - 0xd800) << 10 | (uint32_t)(low - 0xdc00));
	return 12;
}

/* What a short escape stands for; 0: it is none. */
static char
short_escape(char c)
{
	switch (c) {
	case '"': case '\\': case '/': return c;
	case 'b': return '\b';
	case 'f': return '\f';
	case 'n': return '\n';
	case 'r': return '\r';
	case 't': return '\t';
	default: return '\0';
	}
}

/* Write what the escape at at stands for to *out; returns its length. The result is never longer than the escape. */
static size_t
unescape(const char *at, const char *end, char **out)
{
	uint32_t code_point = 0;
	size_t length = 0;
	char c;

	if (end - at >= 2 && at[1] == 'u')
		length = unescape_unit(at, end, &code_point);
	if (length != 0) {
		*out += mm_utf8_encode(code_point, *out);
		return length;
	}
	c = end - at >= 2 ? short_escape(at[1]) : '\0';
	*(*out)++ = c != '\0' ? c : *at;
	return c != '\0' ? 2 : 1;
}

bool
mm_walk_string(struct mm_json_value value, struct mm_scratch *scratch, struct mm_slice *content)
{
	const char *at, *end;
	char *begin, *out;

	if (value.type != MM_JSON_STRING)
		return false;
	at = value.text.ptr;
	end = at + value.text.len;
	if (!value.escaped) {
		*content = value.text;
		return true;
	}
	begin = mm_scratch_take(scratch, value.text.len);
	if (begin == NULL)
		return false;
	for (out = begin; at < end;) {
		const char *backslash = memchr(at, '\\', (size_t)(end - at));
		size_t plain = (size_t)((backslash == NULL ? end : backslash) - at);

		memcpy(out, at, plain);
		out += plain;
		at += plain;
		if (backslash != NULL)
			at += unescape(at, end, &out);
	}
	scratch->used -= value.text.len - (size_t)(out - begin);
	*content = mm_slice(begin, (size_t)(out - begin));
	return true;
}

bool
mm_walk_integer(struct mm_json_value value, int64_t *number)
{
	const char *at, *end;
	bool negative;
	int64_t sum = 0;

	if (value.type != MM_JSON_NUMBER && value.type != MM_JSON_STRING)
		return false;
	at = value.text.ptr;
	end = at + value.text.len;
	negative = at < end && *at == '-';
	at += negative;
	if (at == end || end - at > 18)
		return false;
	for (; at < end; at++) {
		if (*at < '0' || *at > '9')
			return false;
		sum = sum * 10 + (*at - '0');
	}
	*number = negative ? -sum : sum;
	return true;
}

static bool
is_word(struct mm_slice text, const char *word)
{
	if (text.len != strlen(word))
		return false;
	for (size_t i = 0; i < text.len; i++)
		if ((text.ptr[i] | 0x20) != word[i])
			return false;
	return true;
}

bool
mm_walk_truth(struct mm_json_value value, bool *truth)
{
	int64_t number;

	if (value.type != MM_JSON_BOOLEAN && value.type != MM_JSON_STRING && value.type != MM_JSON_NUMBER)
		return false;
	*truth = is_word(value.text, "true");
	if (*truth || is_word(value.text, "false"))
		return true;
	if (!mm_walk_integer(value, &number) || number < 0 || number > 1)
		return false;
	*truth = number == 1;
	return true;
}
