/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parsing forms, in place.
 */
#include "daemon/http/form.h"

#include "lib/codec/hex.h"

#include <string.h>

/* How much of it, from its beginning, stands for itself: all of a token. */
static size_t
plain_len(const char *text, size_t len)
{
	const char *plus = memchr(text, '+', len);
	const char *percent = memchr(text, '%', plus == NULL ? len : (size_t)(plus - text));

	if (percent != NULL)
		return (size_t)(percent - text);
	return plus == NULL ? len : (size_t)(plus - text);
}

bool
mm_http_form_decode(char *text, size_t len, struct mm_slice *decoded)
{
	size_t to = len == 0 ? 0 : plain_len(text, len);

	for (size_t from = to; from < len; from++) {
		char c = text[from];

		if (c == '+') {
			c = ' ';
		} else if (c == '%') {
			int byte = mm_hex_pair(text + from + 1, len - from - 1);

			if (byte < 0)
				return false;
			c = (char)byte;
			from += 2;
		}
		text[to++] = c;
	}
	*decoded = mm_slice(text, to);
	return true;
}

static struct mm_http_form_parameter *
find_parameter(struct mm_slice name, struct mm_http_form_parameter *parameters, size_t parameter_count)
{
	for (size_t i = 0; i < parameter_count; i++)
		if (mm_slice_equal(name, mm_slice_str(parameters[i].name)))
			return &parameters[i];
	return NULL;
}

/* One "name=value", or "name" alone, whose value is empty then. */
static bool
parse_pair(char *pair, size_t len, struct mm_http_form_parameter *parameters, size_t parameter_count)
{
	char *equals = memchr(pair, '=', len);
	size_t name_len = equals == NULL ? len : (size_t)(equals - pair);
	char *value_text = equals == NULL ? pair + len : equals + 1;
	struct mm_http_form_parameter *parameter;
	struct mm_slice name, value;

	if (!mm_http_form_decode(pair, name_len, &name) ||
	    !mm_http_form_decode(value_text, (size_t)(pair + len - value_text), &value))
		return false;
	parameter = find_parameter(name, parameters, parameter_count);
	if (parameter != NULL && parameter->count++ == 0)
		parameter->value = value;
	return true;
}

bool
mm_http_form_parse(char *body, size_t len, struct mm_http_form_parameter *parameters, size_t parameter_count)
{
	size_t at = 0;

	while (at < len) {
		char *pair = body + at;
		char *separator = memchr(pair, '&', len - at);
		size_t pair_len = separator == NULL ? len - at : (size_t)(separator - pair);

		if (!parse_pair(pair, pair_len, parameters, parameter_count))
			return false;
		at += pair_len + 1;
	}
	return true;
}
