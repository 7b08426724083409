/* SPDX-License-Identifier: Apache-2.0 */
/* The ledger's peers. */
#include "daemon/ledger/peers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct ledger_letter {
	struct ledger_letter *next;
	enum mm_message_type type;
	size_t len;
	char payload[];
};

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
	for (size_t i = 0; i < peers->top; i++)
		if (peers->items[i].fd != -1)
			ledger_peer_close(&peers->items[i]);
}

struct ledger_peer *
ledger_peers_find(struct ledger_peers *peers, enum mm_process process, const struct ledger_realm *realm)
{
	for (size_t i = 0; i < peers->top; i++) {
		struct ledger_peer *peer = &peers->items[i];

		if (peer->fd != -1 && !peer->broken && peer->process == process && peer->realm == realm)
			return peer;
	}
	return NULL;
}

struct ledger_peer *
ledger_peers_add(struct ledger_peers *peers, int fd, enum mm_process process, struct ledger_realm *realm)
{
	if (!mm_message_make_prompt(fd))
		return NULL;
	for (size_t i = 0; i < LEDGER_PEERS_MAX; i++) {
		struct ledger_peer *peer = &peers->items[i];

		if (peer->fd != -1)
			continue;
		*peer = (struct ledger_peer){ .fd = fd, .process = process, .realm = realm,
			.birth = ++peers->births };
		peer->last = &peer->first;
		if (peers->top <= i)
			peers->top = i + 1;
		return peer;
	}
	return NULL;
}

bool
ledger_peer_post(struct ledger_peer *peer, enum mm_message_type type, const void *payload, size_t len)
{
	struct ledger_letter *letter =
	    peer->broken || peer->bytes + len > LEDGER_OUTBOX_BYTES ? NULL : malloc(sizeof(*letter) + len);

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

static void
break_off(struct ledger_peer *peer)
{
	peer->gone = errno == EPIPE || errno == ECONNRESET;
	peer->broken = true;
}

static bool
is_full(void)
{
	return errno == EAGAIN || errno == ENOBUFS;
}

bool
ledger_peer_send(struct ledger_peer *peer, enum mm_message_type type, const void *payload, size_t len)
{
	if (peer->broken)
		return false;
	if (peer->first != NULL)
		return ledger_peer_post(peer, type, payload, len);
	if (mm_message_send(peer->fd, MM_PROCESS_LEDGER, peer->process, type, payload, len, -1) == 0)
		return true;
	if (is_full())
		return ledger_peer_post(peer, type, payload, len);
	break_off(peer);
	return false;
}

bool
ledger_peer_is_clear(const struct ledger_peer *peer)
{
	return peer->first == NULL;
}

/* ---- what waits ---- */

/* The first letters, as many as go together. */
static size_t
gather(const struct ledger_peer *peer, struct mm_outgoing letters[MM_BATCH_MAX])
{
	const struct ledger_letter *letter = peer->first;
	size_t count = 0;

	for (; letter != NULL && count < MM_BATCH_MAX; letter = letter->next)
		letters[count++] = (struct mm_outgoing){ letter->type, mm_slice(letter->payload, letter->len) };
	return count;
}

static void
drop_first(struct ledger_peer *peer)
{
	struct ledger_letter *letter = peer->first;

	peer->first = letter->next;
	if (peer->first == NULL)
		peer->last = &peer->first;
	peer->bytes -= letter->len;
	free(letter);
}

static void
flush(struct ledger_peer *peer)
{
	while (peer->first != NULL && !peer->broken) {
		struct mm_outgoing letters[MM_BATCH_MAX];
		size_t count = gather(peer, letters);
		int sent = mm_message_send_batch(peer->fd, MM_PROCESS_LEDGER, peer->process, letters, count);

		if (sent == -1 && !is_full())
			break_off(peer);
		for (int i = 0; i < sent; i++)
			drop_first(peer);
		if (sent == -1)
			return;
	}
}

bool
ledger_peers_flush(struct ledger_peers *peers)
{
	bool whole = true;

	for (size_t i = 0; i < peers->top; i++) {
		struct ledger_peer *peer = &peers->items[i];

		if (peer->fd != -1)
			flush(peer);
		whole = whole && !peer->broken;
	}
	return whole;
}
