/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Entries of 'trusted_proxies'.
 */
#include "engine/proxy.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdint.h>
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
parse_address(const char *text, size_t len, int *family, uint8_t bytes[static 16])
{
	char address[INET6_ADDRSTRLEN];

	if (len >= sizeof(address))
		return false;
	memcpy(address, text, len);
	address[len] = '\0';
	*family = strchr(address, ':') == NULL ? AF_INET : AF_INET6;
	return inet_pton(*family, address, bytes) == 1;
}

const char *
mm_proxy_fault(const char *text)
{
	size_t len = strcspn(text, "/");
	unsigned bits, prefix_len;
	uint8_t address[16];
	int family;

	if (strcmp(text, "unix") == 0)
		return NULL;
	if (!parse_address(text, len, &family, address))
		return "is neither \"unix\" nor an address in numbers";
	bits = family == AF_INET ? 32 : 128;
	if (text[len] == '\0')
		return NULL;
	if (!parse_prefix_len(text + len + 1, bits, &prefix_len))
		return "has a length that its address cannot have";
	return is_zero_behind(address, prefix_len, bits) ? NULL : "has bits behind its length";
}
