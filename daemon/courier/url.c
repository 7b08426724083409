/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses, taken apart after they were found good: libcurl can read nothing else into them than is read here. */
#include "daemon/courier/url.h"

#include <stdlib.h>
#include <strings.h>

#define PORT_DEFAULT 443

/* Set host and port from "HOST" or "HOST:PORT", which is good and ends where len says. */
static void
take_place(const char *text, size_t len, struct courier_url *url)
{
	const char *bracket = memchr(text, ']', len);
	const char *from = bracket == NULL ? text : bracket;
	const char *colon = memchr(from, ':', len - (size_t)(from - text));

	url->host = mm_slice(text, colon == NULL ? len : (size_t)(colon - text));
	/* A good port is digits, and something other ends them. */
	url->port = colon == NULL ? PORT_DEFAULT : (uint16_t)strtoul(colon + 1, NULL, 10);
}

const char *
courier_url_parse(struct mm_slice text, struct courier_url *url)
{
	static const char scheme[] = "https://";
	char copy[MM_FETCH_URL_LEN_MAX + 1];
	const char *rest, *fault;
	size_t place_len, path_len;

	if (text.len > MM_FETCH_URL_LEN_MAX || memchr(text.ptr, '\0', text.len) != NULL)
		return "is longer than 1024 characters, or holds one that no address has";
	memcpy(copy, text.ptr, text.len);
	copy[text.len] = '\0';
	fault = mm_fetch_url_fault(copy);
	if (fault != NULL)
		return fault;
	rest = copy + sizeof(scheme) - 1;
	place_len = strcspn(rest, "/?");
	take_place(rest, place_len, url);
	path_len = strcspn(rest + place_len, "?");
	url->host = mm_slice(text.ptr + sizeof(scheme) - 1, url->host.len);
	url->path = mm_slice(url->host.ptr + place_len, path_len);
	url->query = mm_slice(url->path.ptr + path_len, strlen(rest + place_len + path_len));
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

	if (mm_fetch_host_fault(place) != NULL)
		return false;
	take_place(place, strlen(place), &listed);
	return courier_url_same_place(url, &listed);
}
