/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Header fields of requests.
 */
#include "daemon/http/fields.h"

#include <limits.h>
#include <stdlib.h>
#include <strings.h>

struct field_search {
	struct mm_slice name;
	struct mm_http_field found;
};

static enum MHD_Result
look_at_field(void *ctx, enum MHD_ValueKind kind, const char *key, size_t key_len, const char *value, size_t value_len)
{
	struct field_search *search = ctx;

	(void)kind;
	if (key_len != search->name.len || strncasecmp(key, search->name.ptr, key_len) != 0)
		return MHD_YES;
	if (search->found.count++ == 0)
		search->found.value = value == NULL ? mm_slice("", 0) : mm_slice(value, value_len);
	return MHD_YES;
}

struct mm_http_field
mm_http_find_field(struct MHD_Connection *connection, const char *name)
{
	struct field_search search = { .name = mm_slice_str(name) };

	(void)MHD_get_connection_values_n(connection, MHD_HEADER_KIND, look_at_field, &search);
	return search.found;
}

/* RFC 9110 section 5.6.2: token = 1*tchar */
static bool
is_token(struct mm_slice text)
{
	static const bool marks[UCHAR_MAX + 1] = {
		['!'] = true, ['#'] = true, ['$'] = true, ['%'] = true, ['&'] = true, ['\''] = true, ['*'] = true,
		['+'] = true, ['-'] = true, ['.'] = true, ['^'] = true, ['_'] = true, ['`'] = true, ['|'] = true,
		['~'] = true,
	};

	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		    marks[(unsigned char)c]))
			return false;
	}
	return text.len > 0;
}

static enum MHD_Result
look_at_name(void *ctx, enum MHD_ValueKind kind, const char *key, size_t key_len, const char *value, size_t value_len)
{
	bool *all_are_tokens = ctx;

	(void)kind;
	(void)value;
	(void)value_len;
	*all_are_tokens = *all_are_tokens && is_token(mm_slice(key, key_len));
	return MHD_YES;
}

static bool
names_are_tokens(struct MHD_Connection *connection)
{
	bool all_are_tokens = true;

	(void)MHD_get_connection_values_n(connection, MHD_HEADER_KIND, look_at_name, &all_are_tokens);
	return all_are_tokens;
}

static bool
is_chunked(struct mm_slice coding)
{
	static const char chunked[] = "chunked";

	return coding.len == sizeof(chunked) - 1 && strncasecmp(coding.ptr, chunked, coding.len) == 0;
}

/*
 * "A server MAY reject a request that contains both Content-Length and Transfer-Encoding" (RFC 9112 section 6.1), since
 * one proxy before us may go by the one and we by the other. So may one that takes a field with a blank behind its name
 * for Content-Length, as the library does not: "A server MUST reject, with a response status code of 400 (Bad Request),
 * any received request message that contains whitespace between a header field name and colon" (section 5.1). Any other
 * coding than chunked the library reads to the end of the connection.
 */
enum mm_http_framing
mm_http_read_framing(struct MHD_Connection *connection, size_t body_len_max)
{
	struct mm_http_field length = mm_http_find_field(connection, MHD_HTTP_HEADER_CONTENT_LENGTH);
	struct mm_http_field encoding = mm_http_find_field(connection, MHD_HTTP_HEADER_TRANSFER_ENCODING);

	if (length.count > 1 || encoding.count > 1 || (length.count > 0 && encoding.count > 0) ||
	    (encoding.count > 0 && !is_chunked(encoding.value)) || !names_are_tokens(connection))
		return MM_HTTP_FRAMING_AMBIGUOUS;
	if (length.count > 0 && strtoull(length.value.ptr, NULL, 10) > body_len_max)
		return MM_HTTP_FRAMING_TOO_LARGE;
	return MM_HTTP_FRAMING_FIT;
}
