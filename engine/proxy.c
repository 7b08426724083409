/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Entries of 'trusted_proxies'.
 */
#include "engine/proxy.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* Decimal digits without a zero before them, at most max. */
static bool
parse_prefix_len(const char *text, unsigned max, unsigned *len)
{
	size_t digits = strspn(text, "0123456789");

	if (digits == 0 || digits > 3 || text[digits] != '\0' || (text[0] == '0' && digits > 1))
		return false;
	*len = (unsigned)strtoul(text, NULL, 10);
	return *len <= max;
}

static bool
is_zero_behind(const uint8_t *address, unsigned from, unsigned bits)
{
	for (unsigned bit = from; bit < bits; bit++)
		if ((address[bit / 8] >> (7 - bit % 8) & 1) != 0)
			return false;
	return true;
}

static bool
parse_address(const char *text, size_t len, struct mm_proxy *proxy)
{
	char address[INET6_ADDRSTRLEN];

	if (len >= sizeof(address))
		return false;
	memcpy(address, text, len);
	address[len] = '\0';
	proxy->family = strchr(address, ':') == NULL ? AF_INET : AF_INET6;
	return inet_pton(proxy->family, address, proxy->address) == 1;
}

const char *
mm_proxy_parse(const char *text, struct mm_proxy *proxy)
{
	struct mm_proxy read = { .family = AF_UNIX };
	size_t len = strcspn(text, "/");
	unsigned bits;

	if (strcmp(text, "unix") == 0) {
		*proxy = read;
		return NULL;
	}
	if (!parse_address(text, len, &read))
		return "is neither \"unix\" nor an address in numbers";
	bits = read.family == AF_INET ? 32 : 128;
	read.prefix_len = bits;
	if (text[len] == '/' && !parse_prefix_len(text + len + 1, bits, &read.prefix_len))
		return "has a length that its address cannot have";
	if (!is_zero_behind(read.address, read.prefix_len, bits))
		return "has bits behind its length";
	*proxy = read;
	return NULL;
}
