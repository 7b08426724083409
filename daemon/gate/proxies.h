/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who may hand in evidence of a client's request: peers at a unix socket, addresses and networks.
 */
#ifndef MM_DAEMON_GATE_PROXIES_H
#define MM_DAEMON_GATE_PROXIES_H

#include <mintmark/slice.h>
#include <mintmark/version.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

/* An IPv6 address; IPv4 stands in it as ::ffff:a.b.c.d (RFC 4291 section 2.5.5.2). */
#define GATE_ADDRESS_LEN 16

struct gate_network {
	uint8_t address[GATE_ADDRESS_LEN];
	unsigned prefix_bits;
};

struct gate_proxies {
	bool unix_peers;
	struct gate_network *networks;
	size_t count;
};

/*
 * Add "unix", an address, or "ADDRESS/LENGTH". False where it is none of these, or memory is short; bits behind the
 * prefix do not count.
 */
MM_MUST_USE bool gate_proxies_add(struct gate_proxies *proxies, struct mm_slice text);
void gate_proxies_clear(struct gate_proxies *proxies);

/* Whether the peer is one of them. NULL is nobody. */
bool gate_proxies_have(const struct gate_proxies *proxies, const struct sockaddr *peer);

#endif
