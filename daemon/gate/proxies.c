/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Networks of trusted proxies: reading them, and finding a peer in them.
 */
#include "daemon/gate/proxies.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

/* Bits before an IPv4 address in its IPv6 form. */
#define V4_OFFSET_BITS 96

static const uint8_t v4_prefix[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

static void
put_v4(uint8_t address[GATE_ADDRESS_LEN], const struct in_addr *v4)
{
	memcpy(address, v4_prefix, sizeof(v4_prefix));
	memcpy(address + sizeof(v4_prefix), v4, sizeof(*v4));
}

/* Decimal digits without sign, at most max. */
static bool
parse_bits(const char *text, unsigned max, unsigned *bits)
{
	unsigned value = 0;

	if (*text == '\0')
		return false;
	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '9')
			return false;
		value = value * 10 + (unsigned)(*text - '0');
		if (value > max)
			return false;
	}
	*bits = value;
	return true;
}

static bool
parse_network(char *text, struct gate_network *network)
{
	char *slash = strchr(text, '/');
	struct in_addr v4;
	bool is_v4;

	if (slash != NULL)
		*slash = '\0';
	is_v4 = inet_pton(AF_INET, text, &v4) == 1;
	if (is_v4)
		put_v4(network->address, &v4);
	else if (inet_pton(AF_INET6, text, network->address) != 1)
		return false;
	network->prefix_bits = is_v4 ? 32 : 128;
	if (slash != NULL && !parse_bits(slash + 1, network->prefix_bits, &network->prefix_bits))
		return false;
	network->prefix_bits += is_v4 ? V4_OFFSET_BITS : 0;
	return true;
}

bool
gate_proxies_add(struct gate_proxies *proxies, struct mm_slice text)
{
	char room[INET6_ADDRSTRLEN + sizeof("/128")];
	struct gate_network network, *networks;

	if (mm_slice_equal(text, mm_slice_str("unix"))) {
		proxies->unix_peers = true;
		return true;
	}
	if (text.len >= sizeof(room) || memchr(text.ptr, '\0', text.len) != NULL)
		return false;
	memcpy(room, text.ptr, text.len);
	room[text.len] = '\0';
	if (!parse_network(room, &network))
		return false;
	networks = reallocarray(proxies->networks, proxies->count + 1, sizeof(*networks));
	if (networks == NULL)
		return false;
	proxies->networks = networks;
	networks[proxies->count++] = network;
	return true;
}

void
gate_proxies_clear(struct gate_proxies *proxies)
{
	free(proxies->networks);
	*proxies = (struct gate_proxies){ false, NULL, 0 };
}

static bool
is_in(const uint8_t address[GATE_ADDRESS_LEN], const struct gate_network *network)
{
	unsigned bytes = network->prefix_bits / 8, bits = network->prefix_bits % 8;

	if (memcmp(address, network->address, bytes) != 0)
		return false;
	return bits == 0 || (address[bytes] ^ network->address[bytes]) >> (8 - bits) == 0;
}

bool
gate_proxies_have(const struct gate_proxies *proxies, const struct sockaddr *peer)
{
	uint8_t address[GATE_ADDRESS_LEN];

	if (peer == NULL)
		return false;
	if (peer->sa_family == AF_INET)
		put_v4(address, &((const struct sockaddr_in *)(const void *)peer)->sin_addr);
	else if (peer->sa_family == AF_INET6)
		memcpy(address, &((const struct sockaddr_in6 *)(const void *)peer)->sin6_addr, sizeof(address));
	else
		return peer->sa_family == AF_UNIX && proxies->unix_peers;
	for (size_t i = 0; i < proxies->count; i++)
		if (is_in(address, &proxies->networks[i]))
			return true;
	return false;
}
