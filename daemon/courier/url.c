/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Addresses: a strict part of RFC 3986, so that libcurl can read nothing else into them than was checked here.
 */
#include "daemon/courier/url.h"

#include <strings.h>

/* RFC 1035 section 2.3.4: names have 255 octets or less. */
#define HOST_LEN_MAX 255

static bool
is_letter_or_digit(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool
is_host_character(char c)
{
	return is_letter_or_digit(c) || c == '-' || c == '.';
}

static bool
is_ipv6_character(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == ':' || c == '.';
}

/* RFC 3986 section 3.3: pchar = unreserved / pct-encoded / sub-delims / ":" / "@"; a query has "/" and "?" too. */
static bool
is_path_character(char c)
{
	return is_letter_or_digit(c) || (c != '\0' && strchr("-._~%!$&'()*+,;=:@/?", c) != NULL);
}

/* How many characters of text from at on are of a kind. */
static size_t
span(struct mm_slice text, size_t at, bool (*is_kind)(char))
{
	size_t end = at;

	while (end < text.len && is_kind(text.ptr[end]))
		end++;
	return end - at;
}

/* The host that text begins with; absent: none does. */
static struct mm_slice
read_host(struct mm_slice text)
{
	size_t len;

	if (text.len > 0 && text.ptr[0] == '[') {
		len = 1 + span(text, 1, is_ipv6_character);
		return len > 1 && len < text.len && text.ptr[len] == ']' ? mm_slice(text.ptr, len + 1) : MM_SLICE_ABSENT;
	}
	len = span(text, 0, is_host_character);
	if (len == 0 || len > HOST_LEN_MAX || text.ptr[0] == '.' || text.ptr[0] == '-')
		return MM_SLICE_ABSENT;
	return mm_slice(text.ptr, len);
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Read ":PORT" at the beginning of text, or nothing; returns how long it is. *port is 0 where it is no port. */
static size_t
read_port(struct mm_slice text, uint16_t *port)
{
	unsigned long value = 0;
	size_t digits;

	*port = COURIER_PORT_DEFAULT;
	if (text.len == 0 || text.ptr[0] != ':')
		return 0;
	digits = span(text, 1, is_digit);
	for (size_t i = 1; i <= digits && value <= UINT16_MAX; i++)
		value = value * 10 + (unsigned long)(text.ptr[i] - '0');
	*port = value <= UINT16_MAX ? (uint16_t)value : 0;
	return 1 + digits;
}

static struct mm_slice
after(struct mm_slice text, size_t len)
{
	return mm_slice(text.ptr + len, text.len - len);
}

/* Read host and port; *rest gets what follows them. */
static const char *
read_place(struct mm_slice text, struct courier_url *url, struct mm_slice *rest)
{
	size_t port_len;

	url->host = read_host(text);
	if (!mm_slice_present(url->host))
		return "it has no host, or one that is no name and no address";
	text = after(text, url->host.len);
	port_len = read_port(text, &url->port);
	if (url->port == 0)
		return "its port is no number from 1 to 65535";
	*rest = after(text, port_len);
	return NULL;
}

const char *
courier_url_parse(struct mm_slice text, struct courier_url *url)
{
	static const char scheme[] = "https://";
	struct mm_slice rest;
	const char *query, *fault;

	if (text.len > COURIER_ADDRESS_LEN_MAX)
		return "it is longer than 2048 bytes";
	if (text.len < sizeof(scheme) - 1 || memcmp(text.ptr, scheme, sizeof(scheme) - 1) != 0)
		return "it is no https address";
	fault = read_place(after(text, sizeof(scheme) - 1), url, &rest);
	if (fault != NULL)
		return fault;
	if (rest.len > 0 && rest.ptr[0] != '/' && rest.ptr[0] != '?')
		return "something other than a path follows its host";
	if (span(rest, 0, is_path_character) != rest.len)
		return "its path holds a character that must not stand there";
	query = rest.len == 0 ? NULL : memchr(rest.ptr, '?', rest.len);
	url->path = query == NULL ? rest : mm_slice(rest.ptr, (size_t)(query - rest.ptr));
	url->query = after(rest, url->path.len);
	return NULL;
}

static bool
same_host(struct mm_slice a, struct mm_slice b)
{
	return a.len == b.len && strncasecmp(a.ptr, b.ptr, a.len) == 0;
}

bool
courier_url_same_place(const struct courier_url *a, const struct courier_url *b)
{
	return a->port == b->port && same_host(a->host, b->host);
}

bool
courier_url_is_at(const struct courier_url *url, const char *place)
{
	struct courier_url listed;
	struct mm_slice rest;

	return read_place(mm_slice_str(place), &listed, &rest) == NULL && rest.len == 0 &&
	    courier_url_same_place(url, &listed);
}
