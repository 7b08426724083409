/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Addresses that key documents are fetched from.
 */
#include "engine/fetch_url.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

/* RFC 1035 section 2.3.4: 63 octets in a label, 255 in a name, of which the wire format takes two. */
#define LABEL_LEN_MAX 63
#define NAME_LEN_MAX 253

static const char not_a_host[] = "has a host that is neither a DNS name nor an address";

/* A part of a longer text as a text of its own; false where it is longer than a name may be. */
static bool
cut(const char *text, size_t len, char part[static NAME_LEN_MAX + 1])
{
	if (len > NAME_LEN_MAX)
		return false;
	memcpy(part, text, len);
	part[len] = '\0';
	return true;
}

/* RFC 1123 section 2.1: letters, digits and hyphens, none of these at an end. */
static bool
is_label(const char *label, size_t len)
{
	return len > 0 && len <= LABEL_LEN_MAX && strspn(label, LETTERS DIGITS "-") >= len && label[0] != '-' &&
	    label[len - 1] != '-';
}

/*
 * Labels, of which the last is no number: what is half an IPv4 address ("127.1", "0x7f.0.0.1") is read as one by some
 * and as a name by others.
 */
static bool
is_name(const char *name)
{
	for (;;) {
		size_t len = strcspn(name, ".");

		if (!is_label(name, len))
			return false;
		if (name[len] == '\0')
			return strspn(name, DIGITS) < len && strncmp(name, "0x", 2) != 0;
		name += len + 1;
	}
}

static bool
is_host(const char *host, size_t len)
{
	char text[NAME_LEN_MAX + 1];
	struct in6_addr six;
	struct in_addr four;

	if (len >= 2 && host[0] == '[' && host[len - 1] == ']')
		return cut(host + 1, len - 2, text) && inet_pton(AF_INET6, text, &six) == 1;
	return cut(host, len, text) && (inet_pton(AF_INET, text, &four) == 1 || is_name(text));
}

/* 1 to 65535 in decimal digits, no zero before them. */
static bool
is_port(const char *port, size_t len)
{
	return len >= 1 && len <= 5 && port[0] != '0' && strspn(port, DIGITS) >= len &&
	    strtoul(port, NULL, 10) <= UINT16_MAX;
}

static const char *
authority_fault(const char *text, size_t len)
{
	const char *bracket = memchr(text, ']', len);
	size_t host_len = bracket == NULL ? strcspn(text, ":") : (size_t)(bracket - text) + 1;

	if (memchr(text, '@', len) != NULL)
		return "names a user";
	if (host_len > len)
		host_len = len;
	if (!is_host(text, host_len))
		return not_a_host;
	if (host_len < len && (text[host_len] != ':' || !is_port(text + host_len + 1, len - host_len - 1)))
		return "has a port that is none";
	return NULL;
}

/* RFC 3986 section 3.3 and 3.4: unreserved, sub-delims, ':', '@', '/', '?' and what is percent-encoded. */
static bool
is_path_and_query(const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text == '%') {
			if (strspn(text + 1, DIGITS "abcdefABCDEF") < 2)
				return false;
		} else if (strchr(LETTERS DIGITS "-._~!$&'()*+,;=:@/?", *text) == NULL) {
			return false;
		}
	}
	return true;
}

const char *
mm_fetch_url_fault(const char *url)
{
	static const char scheme[] = "https://";
	const char *authority = url + sizeof(scheme) - 1, *fault;
	size_t len;

	if (strlen(url) > MM_FETCH_URL_LEN_MAX)
		return "is longer than 1024 characters";
	if (strncmp(url, scheme, sizeof(scheme) - 1) != 0)
		return "does not begin with https://";
	if (strchr(url, '#') != NULL)
		return "has a fragment";
	len = strcspn(authority, "/?");
	fault = authority_fault(authority, len);
	if (fault == NULL && !is_path_and_query(authority + len))
		fault = "holds a character that no address has";
	return fault;
}

const char *
mm_fetch_host_fault(const char *host)
{
	return strpbrk(host, "/?#") != NULL ? not_a_host : authority_fault(host, strlen(host));
}
