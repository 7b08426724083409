/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One entry of 'trusted_proxies': who may say what a client's request was.
 */
#ifndef MM_ENGINE_PROXY_H
#define MM_ENGINE_PROXY_H

#include <mintmark/version.h>

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

/* An IPv6 address; IPv4 stands in it as ::ffff:a.b.c.d (RFC 4291 section 2.5.5.2). */
#define MM_PROXY_ADDRESS_LEN 16

struct mm_proxy {
	bool is_unix; /* peers at unix sockets; the rest does not count */
	uint8_t address[MM_PROXY_ADDRESS_LEN];
	unsigned prefix_bits; /* of the address, which are the same in all of the network's */
};

/*
 * Read an entry. Returns NULL on success, else a constant sentence that follows on its text and says what is wrong with
 * it; *proxy is set on success only. Good is "unix", or an IPv4 or IPv6 address in numbers, perhaps with "/LENGTH";
 * behind the length all bits are zero, so that a network is not written as one of its hosts.
 */
MM_MUST_USE const char *mm_proxy_parse(const char *text, struct mm_proxy *proxy);

/* What is wrong with an entry, as mm_proxy_parse() says it. */
const char *mm_proxy_fault(const char *text);

/* Whether a peer is one that the entry names. */
MM_MUST_USE bool mm_proxy_has(const struct mm_proxy *proxy, const struct sockaddr *peer);

#endif
