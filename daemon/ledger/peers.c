/* SPDX-License-Identifier: Apache-2.0 */
/* The ledger's peers. */
#include "daemon/ledger/peers.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void
ledger_peers_init(struct ledger_peers *peers)
{
	memset(peers, 0, sizeof(*peers));
	for (size_t i = 0; i < LEDGER_PEERS_MAX; i++)
		peers->items[i].fd = -1;
}

void
ledger_peer_close(struct ledger_peer *peer)
{
	while (peer->first != NULL) {
		struct ledger_letter *letter = peer->first;

		peer->first = letter->next;
		free(letter);
	}
	if (peer->fd != -1)
		close(peer->fd);
	*peer = (struct ledger_peer){ .fd = -1 };
}

void
ledger_peers_clear(struct ledger_peers *peers)
{
	for (size_t i = 0; i < LEDGER_PEERS_MAX; i++)
		if (peers->items[i].fd != -1)
			ledger_peer_close(&peers->items[i]);
}

struct ledger_peer *
ledger_peers_find(struct ledger_peers *peers, enum mm_process process, const struct ledger_realm *realm)
{
	for (size_t i = 0; i < LEDGER_PEERS_MAX; i++) {
		struct ledger_peer *peer = &peers->items[i];

		if (peer->fd != -1 && !peer->broken && peer->process == process && peer->realm == realm)
			return peer;
	}
	return NULL;
}

struct ledger_peer *
ledger_peers_add(struct ledger_peers *peers, int fd, enum mm_process process, struct ledger_realm *realm)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags == -1 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) == -1)
		return NULL;
	for (size_t i = 0; i < LEDGER_PEERS_MAX; i++) {
		struct ledger_peer *peer = &peers->items[i];

		if (peer->fd != -1)
			continue;
		*peer = (struct ledger_peer){ .fd = fd, .process = process, .realm = realm,
			.birth = ++peers->births };
		peer->last = &peer->first;
		return peer;
	}
	return NULL;
}

static bool
keep(struct ledger_peer *peer, enum mm_message_type type, const void *payload, size_t len)
{
	struct ledger_letter *letter =
	    peer->bytes + len > LEDGER_OUTBOX_BYTES ? NULL : malloc(sizeof(*letter) + len);

	if (letter == NULL) {
		peer->broken = true;
		return false;
	}
	letter->next = NULL;
	letter->type = type;
	letter->len = len;
	if (len > 0)
		memcpy(letter->payload, payload, len);
	*peer->last = letter;
	peer->last = &letter->next;
	peer->bytes += len;
	return true;
}

bool
ledger_peer_send(struct ledger_peer *peer, enum mm_message_type type, const void *payload, size_t len)
{
	if (peer->broken)
		return false;
	if (peer->first != NULL)
		return keep(peer, type, payload, len);
	if (mm_message_send(peer->fd, MM_PROCESS_LEDGER, peer->process, type, payload, len, -1) == 0)
		return true;
	if (errno == EAGAIN || errno == ENOBUFS)
		return keep(peer, type, payload, len);
	peer->gone = errno == EPIPE || errno == ECONNRESET;
	peer->broken = true;
	return false;
}

bool
ledger_peer_is_clear(const struct ledger_peer *peer)
{
	return peer->first == NULL;
}

void
ledger_peer_flush(struct ledger_peer *peer)
{
	while (peer->first != NULL && !peer->broken) {
		struct ledger_letter *letter = peer->first;

		if (mm_message_send(peer->fd, MM_PROCESS_LEDGER, peer->process, letter->type, letter->payload,
		        letter->len, -1) == -1) {
			peer->gone = errno == EPIPE || errno == ECONNRESET;
			peer->broken = errno != EAGAIN && errno != ENOBUFS;
			return;
		}
		peer->first = letter->next;
		if (peer->first == NULL)
			peer->last = &peer->first;
		peer->bytes -= letter->len;
		free(letter);
	}
}
