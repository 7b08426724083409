/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a redirect URI looks like, and when two are one.
 */
#include "daemon/verifier/redirect.h"

#include "daemon/verifier/scope.h"
#include "lib/base/array.h"

#include <string.h>

static const char *const loopbacks[] = { "http://127.0.0.1", "http://[::1]" };

static bool
begins(struct mm_slice text, struct mm_slice with)
{
	return text.len >= with.len && memcmp(text.ptr, with.ptr, with.len) == 0;
}

static struct mm_slice
behind(struct mm_slice text, size_t len)
{
	return mm_slice(text.ptr + len, text.len - len);
}

/* How many digits of a port from 1 to 65535 a text begins with, without a zero before them; 0: it is none. */
static size_t
port_len(struct mm_slice text)
{
	unsigned port = 0;
	size_t len = 0;

	for (; len < text.len && len < 6 && text.ptr[len] >= '0' && text.ptr[len] <= '9'; len++)
		port = port * 10 + (unsigned)(text.ptr[len] - '0');
	return len > 0 && text.ptr[0] != '0' && port <= 65535 ? len : 0;
}

/*
 * What stands behind the port of a loopback address, which need not be there. False where uri is no such address;
 * *prefix is the address before the port.
 */
static bool
split_loopback(struct mm_slice uri, struct mm_slice *prefix, struct mm_slice *rest)
{
	for (size_t i = 0; i < MM_COUNT_OF(loopbacks); i++) {
		struct mm_slice loopback = mm_slice_str(loopbacks[i]);

		if (!begins(uri, loopback))
			continue;
		*prefix = loopback;
		*rest = behind(uri, loopback.len);
		if (rest->len > 0 && rest->ptr[0] == ':') {
			size_t digits = port_len(behind(*rest, 1));

			if (digits == 0)
				return false;
			*rest = behind(*rest, digits + 1);
		}
		return rest->len == 0 || rest->ptr[0] == '/' || rest->ptr[0] == '?';
	}
	return false;
}

static bool
printable(struct mm_slice uri)
{
	for (size_t i = 0; i < uri.len; i++)
		if (uri.ptr[i] <= 0x20 || uri.ptr[i] >= 0x7f || strchr("#\"<>\\^`{|}", uri.ptr[i]) != NULL)
			return false;
	return uri.len > 0;
}

/* Between "https://" and the path: no user info, and something there. */
static bool
host_good(struct mm_slice rest)
{
	size_t len = 0;

	while (len < rest.len && strchr("/?", rest.ptr[len]) == NULL)
		if (rest.ptr[len++] == '@')
			return false;
	return len > 0 && rest.ptr[0] != ':';
}

/* "com.example.app:/path" */
static bool
own_scheme(struct mm_slice uri)
{
	size_t len = 0;
	bool has_dot = false;

	for (; len < uri.len && uri.ptr[len] != ':'; len++) {
		char c = uri.ptr[len];

		if (!((c >= 'a' && c <= 'z') || (len > 0 && ((c >= '0' && c <= '9') || strchr("+-.", c) != NULL))))
			return false;
		has_dot |= c == '.';
	}
	return has_dot && len + 1 < uri.len;
}

bool
verifier_redirect_check(struct mm_slice uri)
{
	struct mm_slice https = mm_slice_str("https://"), prefix, rest;

	if (!printable(uri))
		return false;
	if (begins(uri, https))
		return host_good(behind(uri, https.len));
	if (begins(uri, mm_slice_str("http://localhost/")) || begins(uri, mm_slice_str("http://localhost:")))
		return host_good(behind(uri, 7));
	return split_loopback(uri, &prefix, &rest) || own_scheme(uri);
}

static bool
same_but_port(struct mm_slice registered, struct mm_slice uri)
{
	struct mm_slice prefix, rest, uri_prefix, uri_rest;

	return split_loopback(registered, &prefix, &rest) && split_loopback(uri, &uri_prefix, &uri_rest) &&
	    mm_slice_equal(prefix, uri_prefix) && mm_slice_equal(rest, uri_rest);
}

bool
verifier_redirect_allowed(struct mm_slice registered, struct mm_slice uri, bool is_public)
{
	struct mm_slice one;
	size_t at = 0;

	if (!printable(uri))
		return false;
	while (verifier_words_next(registered, &at, &one))
		if (mm_slice_equal(one, uri) || (is_public && same_but_port(one, uri)))
			return true;
	return false;
}
