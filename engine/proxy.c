/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Entries of 'trusted_proxies': reading one, and whether a peer is of it.
 */
#include "engine/proxy.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#define ADDRESS_BITS (8 * MM_PROXY_ADDRESS_LEN)

/* What stands before an IPv4 address in its IPv6 form. */
static const uint8_t v4_prefix[] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

static void
put_v4(uint8_t address[static MM_PROXY_ADDRESS_LEN], const struct in_addr *v4)
{
	memcpy(address, v4_prefix, sizeof(v4_prefix));
	memcpy(address + sizeof(v4_prefix), v4, sizeof(*v4));
}

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
is_zero_behind(const uint8_t *address, unsigned from)
{
	for (unsigned bit = from; bit < ADDRESS_BITS; bit++)
		if ((address[bit / 8] >> (7 - bit % 8) & 1) != 0)
			return false;
	return true;
}

/* Set address; *bits is how many of its last bits the text spells. */
static bool
parse_address(const char *text, size_t len, uint8_t address[static MM_PROXY_ADDRESS_LEN], unsigned *bits)
{
	char room[INET6_ADDRSTRLEN];
	struct in_addr v4;

	if (len >= sizeof(room))
		return false;
	memcpy(room, text, len);
	room[len] = '\0';
	if (inet_pton(AF_INET, room, &v4) == 1) {
		put_v4(address, &v4);
		*bits = 8 * sizeof(v4);
		return true;
	}
	*bits = ADDRESS_BITS;
	return inet_pton(AF_INET6, room, address) == 1;
}

const char *
mm_proxy_parse(const char *text, struct mm_proxy *proxy)
{
	struct mm_proxy parsed = { .is_unix = strcmp(text, "unix") == 0, .prefix_bits = ADDRESS_BITS };
	size_t len = strcspn(text, "/");
	unsigned bits = ADDRESS_BITS, prefix_len;

	if (!parsed.is_unix && !parse_address(text, len, parsed.address, &bits))
		return "is neither \"unix\" nor an address in numbers";
	if (text[len] == '/') {
		if (!parse_prefix_len(text + len + 1, bits, &prefix_len))
			return "has a length that its address cannot have";
		parsed.prefix_bits = ADDRESS_BITS - bits + prefix_len;
	}
	if (!is_zero_behind(parsed.address, parsed.prefix_bits))
		return "has bits behind its length";
	*proxy = parsed;
	return NULL;
}

const char *
mm_proxy_fault(const char *text)
{
	struct mm_proxy proxy;

	return mm_proxy_parse(text, &proxy);
}

static bool
is_in(const uint8_t address[static MM_PROXY_ADDRESS_LEN], const struct mm_proxy *network)
{
	unsigned bytes = network->prefix_bits / 8, bits = network->prefix_bits % 8;

	if (memcmp(address, network->address, bytes) != 0)
		return false;
	return bits == 0 || (address[bytes] ^ network->address[bytes]) >> (8 - bits) == 0;
}

bool
mm_proxy_has(const struct mm_proxy *proxy, const struct sockaddr *peer)
{
	uint8_t address[MM_PROXY_ADDRESS_LEN];

	if (proxy->is_unix)
		return peer->sa_family == AF_UNIX;
	if (peer->sa_family == AF_INET)
		put_v4(address, &((const struct sockaddr_in *)(const void *)peer)->sin_addr);
	else if (peer->sa_family == AF_INET6)
		memcpy(address, &((const struct sockaddr_in6 *)(const void *)peer)->sin6_addr, sizeof(address));
	else
		return false;
	return is_in(address, proxy);
}
