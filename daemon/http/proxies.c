/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The list of trusted proxies.
 */
#include "daemon/http/proxies.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

bool
mm_http_proxies_add(struct mm_http_proxies *proxies, struct mm_slice text)
{
	char room[INET6_ADDRSTRLEN + sizeof("/128")];
	struct mm_proxy proxy, *items;

	if (text.len >= sizeof(room) || memchr(text.ptr, '\0', text.len) != NULL)
		return false;
	memcpy(room, text.ptr, text.len);
	room[text.len] = '\0';
	if (mm_proxy_parse(room, &proxy) != NULL)
		return false;
	items = reallocarray(proxies->items, proxies->count + 1, sizeof(*items));
	if (items == NULL)
		return false;
	proxies->items = items;
	items[proxies->count++] = proxy;
	return true;
}

void
mm_http_proxies_clear(struct mm_http_proxies *proxies)
{
	free(proxies->items);
	*proxies = (struct mm_http_proxies){ NULL, 0 };
}

bool
mm_http_proxies_have(const struct mm_http_proxies *proxies, const struct sockaddr *peer)
{
	for (size_t i = 0; peer != NULL && i < proxies->count; i++)
		if (mm_proxy_has(&proxies->items[i], peer))
			return true;
	return false;
}
