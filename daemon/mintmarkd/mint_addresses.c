/* SPDX-License-Identifier: Apache-2.0 */
/* An issuer's addresses. */
#include "daemon/mintmarkd/mint_addresses.h"

#include "daemon/mintmarkd/log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

void
mm_mint_addresses_init(struct mm_mint_addresses *addresses)
{
	*addresses = (struct mm_mint_addresses){ .due_ms = MM_NEVER_MS };
}

static bool
copy(struct mm_mint_addresses *addresses, const struct mm_config_realm *realm)
{
	addresses->listens = calloc(realm->listen_count, sizeof(*addresses->listens));
	addresses->listeners.items = calloc(realm->listen_count, sizeof(*addresses->listeners.items));
	if (addresses->listens == NULL || addresses->listeners.items == NULL)
		return false;
	for (size_t i = 0; i < realm->listen_count; i++) {
		struct mm_listen *listen = &addresses->listens[i];

		*listen = realm->listens[i];
		listen->address = strdup(realm->listens[i].address);
		if (listen->address == NULL)
			return false;
		addresses->listeners.items[i] = (struct mm_listener){ .listen = listen, .fd = -1 };
		addresses->listeners.count++;
	}
	return true;
}

/* One that lasts is told now and then. */
static void
tell_failures(struct mm_mint_addresses *addresses, const char *realm, int64_t now_ms)
{
	if (!mm_telling_bad(&addresses->telling, now_ms))
		return;
	for (size_t i = 0; i < addresses->listeners.count; i++) {
		const struct mm_listener *listener = &addresses->listeners.items[i];

		if (listener->fd < 0)
			mm_log(LOG_ALERT, "alarm: realm %s: its issuer cannot listen on %s: %s: it is tried again",
			    realm, listener->name, listener->why);
	}
}

static bool
try_all(struct mm_mint_addresses *addresses, const char *realm, const struct mm_user *user, int64_t now_ms)
{
	size_t opened = 0, failed = 0;

	for (size_t i = 0; i < addresses->listeners.count; i++) {
		struct mm_listener *listener = &addresses->listeners.items[i];

		if (listener->fd >= 0)
			continue;
		if (mm_listener_try(listener, &addresses->listens[i], SOCK_STREAM, user))
			opened++;
		else
			failed++;
	}
	addresses->due_ms = failed == 0 ? MM_NEVER_MS : now_ms + mm_back_off_next(&addresses->back_off);
	if (failed > 0)
		tell_failures(addresses, realm, now_ms);
	else if (mm_telling_good(&addresses->telling))
		mm_log(LOG_NOTICE, "realm %s: its issuer has all of its addresses", realm);
	return opened > 0;
}

bool
mm_mint_addresses_open(struct mm_mint_addresses *addresses, const struct mm_config_realm *realm,
    const struct mm_user *user, int64_t now_ms)
{
	mm_mint_addresses_init(addresses);
	if (!copy(addresses, realm)) {
		mm_log(LOG_ERR, "memory for the addresses of realm %s: %s", realm->name, strerror(ENOMEM));
		mm_mint_addresses_close(addresses);
		return false;
	}
	(void)try_all(addresses, realm->name, user, now_ms);
	return true;
}

bool
mm_mint_addresses_try(struct mm_mint_addresses *addresses, const char *realm, const struct mm_user *user,
    int64_t now_ms)
{
	return now_ms >= addresses->due_ms && try_all(addresses, realm, user, now_ms);
}

bool
mm_mint_addresses_are_reachable(const struct mm_mint_addresses *addresses)
{
	for (size_t i = 0; i < addresses->listeners.count; i++)
		if (addresses->listeners.items[i].fd >= 0)
			return true;
	return false;
}

void
mm_mint_addresses_close(struct mm_mint_addresses *addresses)
{
	size_t count = addresses->listeners.count;

	mm_listeners_close(&addresses->listeners);
	for (size_t i = 0; i < count; i++)
		free(addresses->listens[i].address);
	free(addresses->listens);
	mm_mint_addresses_init(addresses);
}
