/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One entry of 'trusted_proxies': who may say what a client's request was.
 */
#ifndef MM_ENGINE_PROXY_H
#define MM_ENGINE_PROXY_H

#include <stdbool.h>
#include <stdint.h>

struct mm_proxy {
	int family;          /* AF_UNIX: whoever comes over a unix socket; AF_INET, AF_INET6 */
	uint8_t address[16]; /* of AF_INET the first four bytes */
	unsigned prefix_len; /* in bits */
};

/*
 * Read "unix", or an IPv4 or IPv6 address in numbers, perhaps with "/LENGTH". Behind the length all bits are zero, so
 * that a network is not written as one of its hosts.
 * Returns NULL, or a constant sentence that follows on the text; *proxy is set only on success.
 */
const char *mm_proxy_parse(const char *text, struct mm_proxy *proxy);

#endif
