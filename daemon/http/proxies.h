/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who may hand in evidence of a client's request: the entries of 'trusted_proxies'.
 */
#ifndef MM_DAEMON_HTTP_PROXIES_H
#define MM_DAEMON_HTTP_PROXIES_H

#include "engine/proxy.h"

#include <mintmark/slice.h>
#include <mintmark/version.h>

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

struct mm_http_proxies {
	struct mm_proxy *items;
	size_t count;
};

/* Add an entry. False where it is none (engine/proxy.h), or memory is short. */
MM_MUST_USE bool mm_http_proxies_add(struct mm_http_proxies *proxies, struct mm_slice text);
void mm_http_proxies_clear(struct mm_http_proxies *proxies);

/* Whether the peer is one of them. NULL is nobody. */
bool mm_http_proxies_have(const struct mm_http_proxies *proxies, const struct sockaddr *peer);

#endif
