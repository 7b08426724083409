/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Strict JSON: one pass that checks everything, and views that walk what the pass has checked.
 *
 * The scanner descends by the grammar of RFC 8259, one function a rule; depth is bounded, so the stack is
 * too. It copies nothing. Names of all open objects lie on one stack, so that a duplicate is looked for
 * among the names of the innermost object only.
 */
#include "lib/codec/json.h"

#include "lib/base/try.h"
#include "lib/codec/hex.h"
#include "lib/codec/utf8.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

struct scan {
	const char *begin, *at, *end;
	struct mm_json_names *names; /* NULL: the text was scanned before */
	size_t name_count;
	size_t compared; /* bytes of names that were compared whole, and were not the same */
	unsigned depth;
	const char *fault;
};

/* What a string is, found while passing over it. */
struct string_seen {
	struct mm_slice text; /* without quotes */
	bool escaped;
	bool foreign; /* holds a byte above 7F */
};

static enum mm_reason scan_value(struct scan *scan, struct mm_json_value *value);

static enum mm_reason
malformed(struct scan *scan, const char *fault)
{
	scan->fault = fault;
	return MM_TOKEN_MALFORMED;
}

/* RFC 8259 section 2: ws = *( space / tab / line feed / carriage return ) */
static void
skip_white(struct scan *scan)
{
	while (scan->at < scan->end &&
	    (*scan->at == ' ' || *scan->at == '\t' || *scan->at == '\n' || *scan->at == '\r'))
		scan->at++;
}

static bool
next_is(const struct scan *scan, char c)
{
	return scan->at < scan->end && *scan->at == c;
}

static bool
next_is_digit(const struct scan *scan)
{
	return scan->at < scan->end && *scan->at >= '0' && *scan->at <= '9';
}

/* ---- strings ---- */

/* The four digits of a \u escape; false where they are not there. */
static bool
read_hex4(const char *at, const char *end, uint32_t *value)
{
	uint32_t sum = 0;

	if (end - at < 4)
		return false;
	for (size_t i = 0; i < 4; i++) {
		int digit = mm_hex_value(at[i]);

		if (digit < 0)
			return false;
		sum = sum << 4 | (uint32_t)digit;
	}
	*value = sum;
	return true;
}

/* The character that the letter behind a backslash stands for (RFC 8259 section 7); 0: none. */
static char
short_escape(char letter)
{
	switch (letter) {
	case '"': return '"';
	case '\\': return '\\';
	case '/': return '/';
	case 'b': return '\b';
	case 'f': return '\f';
	case 'n': return '\n';
	case 'r': return '\r';
	case 't': return '\t';
	default: return 0;
	}
}

/*
 * One escape, *at behind its backslash: moves *at behind it and gives the character. NULL on success, else
 * what is wrong with it.
 */
static const char *
read_escape(const char **at, const char *end, uint32_t *code_point)
{
	uint32_t high, low;

	if (*at >= end)
		return "a string does not end";
	if (**at != 'u') {
		*code_point = (unsigned char)short_escape(*(*at)++);
		return *code_point == 0 ? "a string holds an unknown escape" : NULL;
	}
	if (!read_hex4(*at + 1, end, &high))
		return "a \\u escape lacks its four digits";
	*at += 5;
	*code_point = high;
	if (high == 0)
		return "a string holds U+0000";
	if (high < 0xD800 || high > 0xDFFF)
		return NULL;
	if (high > 0xDBFF || end - *at < 6 || (*at)[0] != '\\' || (*at)[1] != 'u' || !read_hex4(*at + 2, end, &low) ||
	    low < 0xDC00 || low > 0xDFFF)
		return "a string holds a lone surrogate";
	*at += 6;
	*code_point = 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
	return NULL;
}

/* Pass over bytes that stand for themselves: printable ASCII but the quote and the backslash. */
static const char *
skip_plain(const char *at, const char *end)
{
#if defined(__SSE2__)
	const __m128i quote = _mm_set1_epi8('"'), backslash = _mm_set1_epi8('\\'), space = _mm_set1_epi8(' ');

	while (end - at >= 16) {
		__m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)at);
		/* As signed bytes those from 80 to FF are below the space too. */
		__m128i stop = _mm_or_si128(_mm_cmplt_epi8(bytes, space),
		    _mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, backslash)));
		int mask = _mm_movemask_epi8(stop);

		if (mask != 0)
			return at + __builtin_ctz((unsigned)mask);
		at += 16;
	}
#endif
	while (at < end && (unsigned char)*at >= ' ' && (unsigned char)*at < 0x80 && *at != '"' && *at != '\\')
		at++;
	return at;
}

/* RFC 8259 section 7: string = quotation-mark *char quotation-mark */
static enum mm_reason
scan_string(struct scan *scan, struct string_seen *seen)
{
	const char *fault;
	uint32_t code_point;
	size_t len;

	*seen = (struct string_seen){ .text.ptr = ++scan->at };
	for (;;) {
		scan->at = skip_plain(scan->at, scan->end);
		if (scan->at >= scan->end)
			return malformed(scan, "a string does not end");
		if (*scan->at == '"')
			break;
		if (*scan->at == '\\') {
			seen->escaped = true;
			scan->at++;
			fault = read_escape(&scan->at, scan->end, &code_point);
			if (fault != NULL)
				return malformed(scan, fault);
			continue;
		}
		len = mm_utf8_decode(scan->at, (size_t)(scan->end - scan->at), NULL);
		if ((unsigned char)*scan->at < ' ' || len == 0)
			return malformed(scan, "a string holds a control character or no UTF-8");
		seen->foreign = true;
		scan->at += len;
	}
	seen->text.len = (size_t)(scan->at - seen->text.ptr);
	scan->at++;
	return MM_OK;
}

/* ---- names ---- */

/* The next character of a scanned string, unescaped; moves *at behind it. */
static uint32_t
next_character(const char **at, const char *end)
{
	uint32_t code_point = 0;

	if (**at == '\\') {
		++*at;
		(void)read_escape(at, end, &code_point);
	} else {
		*at += mm_utf8_decode(*at, (size_t)(end - *at), &code_point);
	}
	return code_point;
}

/* Simple case folding, as far as it leads to an ASCII letter. */
static uint32_t
fold_case(uint32_t code_point)
{
	if (code_point >= 'A' && code_point <= 'Z')
		return code_point + ('a' - 'A');
	if (code_point == 0x17F)
		return 's';
	if (code_point == 0x212A)
		return 'k';
	return code_point;
}

/* A name's fingerprint: its length and three of its characters, folded. Most names of one object differ in it. */
static uint32_t
fingerprint(size_t len, uint32_t first, uint32_t middle, uint32_t last)
{
	return (uint32_t)len | (fold_case(first) & 0xFF) << 8 | (fold_case(middle) & 0xFF) << 16 |
	    (fold_case(last) & 0xFF) << 24;
}

/* Of a name whose bytes are its characters. */
static uint32_t
fingerprint_plain(struct mm_slice name)
{
	const unsigned char *bytes = (const unsigned char *)name.ptr;

	return name.len == 0 ? 0 : fingerprint(name.len & 0xFF, bytes[0], bytes[name.len / 2], bytes[name.len - 1]);
}

static uint32_t
fingerprint_of(const struct string_seen *name)
{
	const char *at = name->text.ptr, *end = at + name->text.len;
	uint32_t first = 0, middle = 0, last = 0;
	size_t len = 0, i = 0;

	if (!name->escaped && !name->foreign)
		return fingerprint_plain(name->text);
	while (at < end) {
		(void)next_character(&at, end);
		len++;
	}
	for (at = name->text.ptr; at < end; i++) {
		last = next_character(&at, end);
		first = i == 0 ? last : first;
		middle = i == len / 2 ? last : middle;
	}
	return fingerprint(len & 0xFF, first, middle, last);
}

static bool
same_folded(struct mm_slice a, struct mm_slice b)
{
	const char *at_a = a.ptr, *end_a = a.ptr + a.len;
	const char *at_b = b.ptr, *end_b = b.ptr + b.len;

	while (at_a < end_a && at_b < end_b) {
		if (fold_case(next_character(&at_a, end_a)) != fold_case(next_character(&at_b, end_b)))
			return false;
	}
	return at_a == end_a && at_b == end_b;
}

/*
 * Put a name on the stack of open names, behind those of its object, which begin at first. Fingerprints are compared
 * one after the other: for the few names of a genuine object nothing is faster. Who makes them alike, to buy
 * comparisons of whole names, gets no more than four for each byte of his text.
 */
static enum mm_reason
add_name(struct scan *scan, size_t first, const struct mm_json_name *name)
{
	struct mm_json_name *entries = scan->names->entries;

	for (size_t i = first; i < scan->name_count; i++) {
		if (entries[i].fingerprint != name->fingerprint)
			continue;
		if (same_folded(entries[i].text, name->text)) {
			scan->fault = "a member name stands twice in one object";
			return MM_CLAIM_DUPLICATE;
		}
		scan->compared += name->text.len;
		if (scan->compared / 4 > (size_t)(scan->end - scan->begin))
			return malformed(scan, "too many member names are alike");
	}
	if (scan->name_count >= MM_JSON_NAMES_MAX)
		return malformed(scan, "too many members");
	entries[scan->name_count++] = *name;
	return MM_OK;
}

/* ---- objects, arrays, numbers, words ---- */

/* One member: name, colon, value. index may be NULL. */
static enum mm_reason
scan_member(struct scan *scan, size_t first_name, struct mm_json_index *index)
{
	struct string_seen seen;
	struct mm_json_name name;
	struct mm_json_value value;

	if (!next_is(scan, '"'))
		return malformed(scan, "a member name is missing");
	MM_TRY(scan_string(scan, &seen));
	name = (struct mm_json_name){ seen.text, fingerprint_of(&seen) };
	if (scan->names != NULL)
		MM_TRY(add_name(scan, first_name, &name));
	skip_white(scan);
	if (!next_is(scan, ':'))
		return malformed(scan, "a colon is missing");
	scan->at++;
	skip_white(scan);
	MM_TRY(scan_value(scan, &value));
	if (index == NULL)
		return MM_OK;
	if (index->count >= index->max)
		return malformed(scan, "too many members");
	index->members[index->count++] = (struct mm_json_member){ name, seen.escaped, value };
	return MM_OK;
}

/* What follows an element: a comma and one more (*more), or the closing bracket. */
static enum mm_reason
scan_separator(struct scan *scan, char closing, bool *more)
{
	skip_white(scan);
	*more = next_is(scan, ',');
	if (!*more && !next_is(scan, closing))
		return malformed(scan, "a comma or a closing bracket is missing");
	scan->at++;
	if (*more)
		skip_white(scan);
	return MM_OK;
}

static enum mm_reason
enter(struct scan *scan)
{
	if (scan->depth >= MM_JSON_DEPTH_MAX)
		return malformed(scan, "it is nested too deeply");
	scan->depth++;
	scan->at++;
	skip_white(scan);
	return MM_OK;
}

/* RFC 8259 section 4: object = begin-object [ member *( value-separator member ) ] end-object */
static enum mm_reason
scan_object(struct scan *scan, struct mm_json_index *index)
{
	size_t first_name = scan->name_count;
	bool more = true;

	MM_TRY(enter(scan));
	if (next_is(scan, '}')) {
		scan->at++;
		more = false;
	}
	while (more) {
		MM_TRY(scan_member(scan, first_name, index));
		MM_TRY(scan_separator(scan, '}', &more));
	}
	scan->name_count = first_name;
	scan->depth--;
	return MM_OK;
}

/* RFC 8259 section 5: array = begin-array [ value *( value-separator value ) ] end-array */
static enum mm_reason
scan_array(struct scan *scan)
{
	struct mm_json_value element;
	bool more = true;

	MM_TRY(enter(scan));
	if (next_is(scan, ']')) {
		scan->at++;
		more = false;
	}
	while (more) {
		MM_TRY(scan_value(scan, &element));
		MM_TRY(scan_separator(scan, ']', &more));
	}
	scan->depth--;
	return MM_OK;
}

static enum mm_reason
scan_digits(struct scan *scan)
{
	if (!next_is_digit(scan))
		return malformed(scan, "a number lacks a digit");
	while (next_is_digit(scan))
		scan->at++;
	return MM_OK;
}

/* RFC 8259 section 6: number = [ minus ] int [ frac ] [ exp ] */
static enum mm_reason
scan_number(struct scan *scan)
{
	if (next_is(scan, '-'))
		scan->at++;
	if (next_is(scan, '0'))
		scan->at++;
	else
		MM_TRY(scan_digits(scan));
	if (next_is(scan, '.')) {
		scan->at++;
		MM_TRY(scan_digits(scan));
	}
	if (next_is(scan, 'e') || next_is(scan, 'E')) {
		scan->at++;
		if (next_is(scan, '+') || next_is(scan, '-'))
			scan->at++;
		MM_TRY(scan_digits(scan));
	}
	return MM_OK;
}

static enum mm_reason
scan_word(struct scan *scan, const char *word)
{
	size_t len = strlen(word);

	if ((size_t)(scan->end - scan->at) < len || memcmp(scan->at, word, len) != 0)
		return malformed(scan, "there is a word that is no value");
	scan->at += len;
	return MM_OK;
}

static enum mm_reason
scan_value(struct scan *scan, struct mm_json_value *value)
{
	const char *begin = scan->at;
	struct string_seen seen;

	if (scan->at >= scan->end)
		return malformed(scan, "a value is missing");
	switch (*begin) {
	case '"':
		MM_TRY(scan_string(scan, &seen));
		*value = (struct mm_json_value){ seen.text, MM_JSON_STRING, seen.escaped };
		return MM_OK;
	case '{':
		MM_TRY(scan_object(scan, NULL));
		value->type = MM_JSON_OBJECT;
		break;
	case '[':
		MM_TRY(scan_array(scan));
		value->type = MM_JSON_ARRAY;
		break;
	case 't':
		MM_TRY(scan_word(scan, "true"));
		value->type = MM_JSON_BOOLEAN;
		break;
	case 'f':
		MM_TRY(scan_word(scan, "false"));
		value->type = MM_JSON_BOOLEAN;
		break;
	case 'n':
		MM_TRY(scan_word(scan, "null"));
		value->type = MM_JSON_NULL;
		break;
	default:
		MM_TRY(scan_number(scan));
		value->type = MM_JSON_NUMBER;
		break;
	}
	value->text = mm_slice(begin, (size_t)(scan->at - begin));
	value->escaped = false;
	return MM_OK;
}

static void
scan_init(struct scan *scan, struct mm_slice text, struct mm_json_names *names)
{
	*scan = (struct scan){ .begin = text.ptr, .at = text.ptr, .end = text.ptr + text.len, .names = names };
}

static enum mm_reason
scan_document(struct scan *scan, struct mm_json_index *index)
{
	index->count = 0;
	skip_white(scan);
	if (!next_is(scan, '{'))
		return malformed(scan, "it is no JSON object");
	MM_TRY(scan_object(scan, index));
	skip_white(scan);
	if (scan->at != scan->end)
		return malformed(scan, "something follows the object");
	return MM_OK;
}

enum mm_reason
mm_json_scan(struct mm_slice text, struct mm_json_names *names, struct mm_json_index *index,
    struct mm_json_fault *fault)
{
	struct scan scan;
	enum mm_reason reason;

	if (!mm_slice_present(text))
		text = mm_slice("", 0);
	scan_init(&scan, text, names);
	reason = scan_document(&scan, index);
	if (reason != MM_OK && fault != NULL)
		*fault = (struct mm_json_fault){ (size_t)(scan.at - scan.begin), scan.fault };
	return reason;
}

/* ---- views ---- */

/* Whether a scanned string's content equals text. */
static bool
content_is(struct mm_slice raw, bool escaped, struct mm_slice text)
{
	const char *at = raw.ptr, *end = raw.ptr + raw.len;
	char bytes[4];

	if (!escaped)
		return raw.len == text.len && memcmp(raw.ptr, text.ptr, text.len) == 0;
	while (at < end) {
		size_t len = mm_utf8_encode(next_character(&at, end), bytes);

		if (len > text.len || memcmp(bytes, text.ptr, len) != 0)
			return false;
		text = mm_slice(text.ptr + len, text.len - len);
	}
	return text.len == 0;
}

struct mm_json_value
mm_json_find(const struct mm_json_index *index, const char *name)
{
	return mm_json_find_slice(index, mm_slice_str(name));
}

struct mm_json_value
mm_json_find_slice(const struct mm_json_index *index, struct mm_slice name)
{
	return mm_json_find_name(index, &(struct mm_json_name){ name, fingerprint_plain(name) });
}

struct mm_json_value
mm_json_find_name(const struct mm_json_index *index, const struct mm_json_name *name)
{
	const struct mm_json_member *member = index->members, *end = member + index->count;

	for (; member < end; member++) {
		if (member->name.fingerprint == name->fingerprint &&
		    content_is(member->name.text, member->name_escaped, name->text))
			return member->value;
	}
	return (struct mm_json_value){ .type = MM_JSON_ABSENT };
}

void
mm_json_index_add(struct mm_json_index *index, struct mm_slice name, struct mm_json_value value)
{
	if (index->count < index->max)
		index->members[index->count++] =
		    (struct mm_json_member){ { name, fingerprint_plain(name) }, false, value };
}

bool
mm_json_view_object(struct mm_json_value value, struct mm_json_index *index)
{
	struct scan scan;

	if (value.type != MM_JSON_OBJECT)
		return false;
	scan_init(&scan, value.text, NULL);
	return scan_document(&scan, index) == MM_OK;
}

bool
mm_json_next(struct mm_json_value array, size_t *position, struct mm_json_value *element)
{
	struct scan scan;

	if (array.type != MM_JSON_ARRAY || *position >= array.text.len)
		return false;
	scan_init(&scan, array.text, NULL);
	scan.at += *position;
	/* At the opening bracket, or behind an element: at its comma or at the closing bracket. */
	if (*position == 0 || next_is(&scan, ','))
		scan.at++;
	skip_white(&scan);
	if (next_is(&scan, ']') || scan_value(&scan, element) != MM_OK)
		return false;
	skip_white(&scan);
	*position = (size_t)(scan.at - scan.begin);
	return true;
}

bool
mm_json_string(struct mm_json_value value, struct mm_scratch *scratch, struct mm_slice *content)
{
	const char *at, *end;
	char *copy, *out;

	if (value.type != MM_JSON_STRING)
		return false;
	if (!value.escaped) {
		*content = value.text;
		return true;
	}
	/* An escape is never shorter than its character in UTF-8. */
	copy = out = mm_scratch_take(scratch, value.text.len);
	if (copy == NULL)
		return false;
	at = value.text.ptr;
	end = at + value.text.len;
	while (at < end) {
		char bytes[4];
		size_t len = mm_utf8_encode(next_character(&at, end), bytes);

		memcpy(out, bytes, len);
		out += len;
	}
	*content = mm_slice(copy, (size_t)(out - copy));
	return true;
}

bool
mm_json_string_is(struct mm_json_value value, const char *text)
{
	return value.type == MM_JSON_STRING && content_is(value.text, value.escaped, mm_slice_str(text));
}

bool
mm_json_integer(struct mm_json_value value, int64_t *number)
{
	int64_t sum = 0;

	/* 2^53 - 1 has 16 digits; more would overflow the sum before it is compared. */
	if (value.type != MM_JSON_NUMBER || value.text.len > 16)
		return false;
	for (size_t i = 0; i < value.text.len; i++) {
		char c = value.text.ptr[i];

		if (c < '0' || c > '9')
			return false;
		sum = sum * 10 + (c - '0');
	}
	if (sum > MM_TIME_MAX_S)
		return false;
	*number = sum;
	return true;
}
