/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any two lines as a registered redirect URI and one that came. The first registers, or it does not; what is allowed is
 * the very same text, or the same loopback address of a public client with another port.
 */
#include "daemon/verifier/redirect.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Without the port, should it be one of a loopback address; written anew, and not as the rule itself does it. */
static struct mm_slice
without_port(struct mm_slice uri, char *room)
{
	static const char *const hosts[] = { "http://127.0.0.1:", "http://[::1]:" };

	for (size_t i = 0; i < 2; i++) {
		size_t host_len = strlen(hosts[i]), end = host_len;

		if (uri.len < host_len || memcmp(uri.ptr, hosts[i], host_len) != 0)
			continue;
		while (end < uri.len && uri.ptr[end] >= '0' && uri.ptr[end] <= '9')
			end++;
		if (end == host_len || end > host_len + 5 || uri.ptr[host_len] == '0')
			return uri;
		memcpy(room, uri.ptr, host_len - 1);
		memcpy(room + host_len - 1, uri.ptr + end, uri.len - end);
		return mm_slice(room, host_len - 1 + uri.len - end);
	}
	return uri;
}

static void
check_text(struct mm_slice uri)
{
	for (size_t i = 0; i < uri.len; i++)
		if (uri.ptr[i] <= ' ' || uri.ptr[i] > '~' || uri.ptr[i] == '#' || uri.ptr[i] == '\\')
			abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = size == 0 ? NULL : memchr(data, '\n', size);
	struct mm_slice registered = mm_slice(data, end == NULL ? size : (size_t)(end - data));
	struct mm_slice uri = end == NULL ? mm_slice("", 0) : mm_slice(end + 1, size - registered.len - 1);
	char *rooms[2] = { malloc(size + 1), malloc(size + 1) };

	if (rooms[0] == NULL || rooms[1] == NULL)
		abort();
	if (verifier_redirect_check(registered))
		check_text(registered);
	else
		registered = mm_slice("", 0); /* nobody could register it */
	if (verifier_redirect_allowed(registered, uri, false) && !mm_slice_equal(registered, uri))
		abort();
	if (verifier_redirect_allowed(registered, uri, true)) {
		check_text(uri);
		if (!mm_slice_equal(without_port(registered, rooms[0]), without_port(uri, rooms[1])))
			abort();
	}
	free(rooms[0]);
	free(rooms[1]);
	return 0;
}
