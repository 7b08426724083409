/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Addresses of HTTP requests: read from the left, written from the left.
 */
#include "lib/codec/http_url.h"

#include "lib/base/array.h"
#include "lib/codec/ascii.h"
#include "lib/codec/hex.h"

/* 65535 has five digits; more only spell zeroes. */
#define PORT_DIGITS_MAX 5

struct scheme {
	struct mm_slice name; /* with the "://" behind it */
	struct mm_slice default_port;
};

#define LITERAL(text) { (text), sizeof(text) - 1 }

static const struct scheme schemes[] = {
	{ LITERAL("https://"), LITERAL("443") },
	{ LITERAL("http://"), LITERAL("80") },
};

/* What is left to read, and what was written. The output is never longer than the input and one byte. */
struct rewriting {
	struct mm_slice left;
	char *out;
	size_t out_len;
};

static bool
is_alphanumeric(char c)
{
	return (c >= '0' && c <= '9') || (mm_ascii_lower(c) >= 'a' && mm_ascii_lower(c) <= 'z');
}

/* RFC 3986 section 2.3: unreserved */
static bool
is_unreserved(char c)
{
	return is_alphanumeric(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

static void
put(struct rewriting *rewriting, char c)
{
	rewriting->out[rewriting->out_len++] = c;
}

static void
advance(struct rewriting *rewriting, size_t len)
{
	rewriting->left.ptr += len;
	rewriting->left.len -= len;
}

/*
 * RFC 3986 section 6.2.2.1: "the scheme and host are case-insensitive and therefore should be normalized to lowercase"
 */
static void
put_lower(struct rewriting *rewriting, size_t len)
{
	for (size_t i = 0; i < len; i++)
		put(rewriting, mm_ascii_lower(rewriting->left.ptr[i]));
	advance(rewriting, len);
}

static bool
begins_with_ignoring_case(struct mm_slice text, struct mm_slice prefix)
{
	if (text.len < prefix.len)
		return false;
	for (size_t i = 0; i < prefix.len; i++) {
		if (mm_ascii_lower(text.ptr[i]) != prefix.ptr[i])
			return false;
	}
	return true;
}

static const struct scheme *
rewrite_scheme(struct rewriting *rewriting)
{
	for (size_t i = 0; i < MM_COUNT_OF(schemes); i++) {
		if (begins_with_ignoring_case(rewriting->left, schemes[i].name)) {
			put_lower(rewriting, schemes[i].name.len);
			return &schemes[i];
		}
	}
	return NULL;
}

/* "[" address "]"; absent: it is not closed, or holds what no IPv6 address has. */
static size_t
ip_literal_len(struct mm_slice text)
{
	const char *end = memchr(text.ptr, ']', text.len);
	size_t len = end == NULL ? 0 : (size_t)(end - text.ptr) + 1;

	for (size_t i = 1; i + 1 < len; i++) {
		if (mm_hex_value(text.ptr[i]) < 0 && text.ptr[i] != ':' && text.ptr[i] != '.')
			return 0;
	}
	return len > 2 ? len : 0;
}

/* A name or an IPv4 address. Its percent-encoded and special characters (RFC 3986 section 3.2.2) no server has. */
static size_t
name_len(struct mm_slice text)
{
	size_t len = 0;

	while (len < text.len && is_unreserved(text.ptr[len]))
		len++;
	return len;
}

static bool
rewrite_host(struct rewriting *rewriting)
{
	struct mm_slice left = rewriting->left;
	size_t len = left.len > 0 && left.ptr[0] == '[' ? ip_literal_len(left) : name_len(left);

	put_lower(rewriting, len);
	return len > 0;
}

/* RFC 3986 section 6.2.3: "an explicit ":port", for which the port is empty or the default for the scheme" goes. */
static bool
rewrite_port(struct rewriting *rewriting, struct mm_slice default_port)
{
	struct mm_slice port;
	size_t len = 0;

	if (rewriting->left.len == 0 || rewriting->left.ptr[0] != ':')
		return true;
	advance(rewriting, 1);
	while (len < rewriting->left.len && rewriting->left.ptr[len] >= '0' && rewriting->left.ptr[len] <= '9')
		len++;
	port = mm_slice(rewriting->left.ptr, len);
	if (len > PORT_DIGITS_MAX || (len > 0 && port.ptr[0] == '0'))
		return false;
	if (len > 0 && !mm_slice_equal(port, default_port)) {
		put(rewriting, ':');
		put_lower(rewriting, len);
	} else {
		advance(rewriting, len);
	}
	return true;
}

/* RFC 3986 sections 6.2.2.1 and 6.2.2.2, of what stands behind a '%'. */
static bool
rewrite_encoded(struct rewriting *rewriting)
{
	static const char digits[] = "0123456789ABCDEF";
	struct mm_slice left = rewriting->left;
	int byte = mm_hex_pair(left.ptr + 1, left.len - 1);

	if (byte < 0)
		return false;
	if (is_unreserved((char)byte)) {
		put(rewriting, (char)byte);
	} else {
		put(rewriting, '%');
		put(rewriting, digits[byte >> 4]);
		put(rewriting, digits[byte & 15]);
	}
	advance(rewriting, 3);
	return true;
}

static bool
rewrite_path(struct rewriting *rewriting)
{
	if (rewriting->left.len == 0) {
		put(rewriting, '/');
		return true;
	}
	if (rewriting->left.ptr[0] != '/')
		return false;
	while (rewriting->left.len > 0) {
		char c = rewriting->left.ptr[0];

		if (c < '!' || c > '~')
			return false;
		if (c == '%') {
			if (!rewrite_encoded(rewriting))
				return false;
		} else {
			put(rewriting, c);
			advance(rewriting, 1);
		}
	}
	return true;
}

/* The text up to its query or fragment, whichever begins first. */
static struct mm_slice
without_query(struct mm_slice text)
{
	size_t len = 0;

	while (len < text.len && text.ptr[len] != '?' && text.ptr[len] != '#')
		len++;
	return mm_slice(text.ptr, len);
}

bool
mm_http_url_normalize(struct mm_slice text, struct mm_scratch *scratch, struct mm_slice *normal)
{
	struct rewriting rewriting = { .left = without_query(text) };
	const struct scheme *scheme;

	if (!mm_slice_present(text) || text.len > MM_HTTP_URL_LEN_MAX)
		return false;
	rewriting.out = mm_scratch_take(scratch, rewriting.left.len + 1);
	if (rewriting.out == NULL)
		return false;
	scheme = rewrite_scheme(&rewriting);
	if (scheme == NULL || !rewrite_host(&rewriting) || !rewrite_port(&rewriting, scheme->default_port) ||
	    !rewrite_path(&rewriting))
		return false;
	*normal = mm_slice(rewriting.out, rewriting.out_len);
	return true;
}
