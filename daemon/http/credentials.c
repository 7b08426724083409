/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading credentials from HTTP header fields.
 */
#include "daemon/http/credentials.h"

#include "daemon/http/form.h"
#include "lib/codec/base64.h"

#include <string.h>
#include <strings.h>

_Static_assert(sizeof(((struct mm_http_basic *)NULL)->room) >=
	MM_BASE64_ROOM(MM_HTTP_BASIC_LEN_MAX) + MM_HTTP_BASIC_LEN_MAX,
    "room holds the decoded bytes and a second copy of them");

struct mm_slice
mm_http_credentials_find(struct mm_slice field, const char *scheme)
{
	size_t scheme_len = strlen(scheme);
	size_t begin, end = field.len;

	if (field.len <= scheme_len || strncasecmp(field.ptr, scheme, scheme_len) != 0 || field.ptr[scheme_len] != ' ')
		return MM_SLICE_ABSENT;
	for (begin = scheme_len; begin < end && field.ptr[begin] == ' ';)
		begin++;
	while (end > begin && (field.ptr[end - 1] == ' ' || field.ptr[end - 1] == '\t'))
		end--;
	return mm_slice(field.ptr + begin, end - begin);
}

/*
 * RFC 6749 section 2.3.1: "The client identifier is encoded using the "application/x-www-form-urlencoded"
 * encoding algorithm per Appendix B, and the encoded value is used as the username; the client password is
 * encoded using the same algorithm and used as the password." copy is the name and the secret without the colon.
 */
static void
decode_form(char *copy, struct mm_http_basic *basic)
{
	if (!mm_http_form_decode(copy, basic->name.len, &basic->decoded_name) ||
	    !mm_http_form_decode(copy + basic->name.len, basic->secret.len, &basic->decoded_secret)) {
		basic->decoded_name = MM_SLICE_ABSENT;
		basic->decoded_secret = MM_SLICE_ABSENT;
	}
}

bool
mm_http_basic_parse(struct mm_slice credentials, struct mm_http_basic *basic)
{
	struct mm_slice text;
	const char *colon;
	char *copy;

	if (!mm_slice_present(credentials) || credentials.len > MM_HTTP_BASIC_LEN_MAX ||
	    mm_base64_decode(credentials, basic->room, &text) != MM_OK)
		return false;
	colon = memchr(text.ptr, ':', text.len);
	if (colon == NULL)
		return false;
	basic->name = mm_slice(text.ptr, (size_t)(colon - text.ptr));
	basic->secret = mm_slice(colon + 1, text.len - basic->name.len - 1);
	copy = basic->room + MM_BASE64_ROOM(credentials.len);
	memcpy(copy, basic->name.ptr, basic->name.len);
	memcpy(copy + basic->name.len, basic->secret.ptr, basic->secret.len);
	decode_form(copy, basic);
	return true;
}
