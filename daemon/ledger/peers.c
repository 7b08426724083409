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
	unsigned requests; /* to sign, in one letter */
	size_t len, size;
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
		if (peers->top <= i)
			peers->top = i + 1;
		return peer;
	}
	return NULL;
}

/* Put an empty letter with room for so many bytes behind those that wait. NULL where the peer is given up. */
static struct ledger_letter *
add_letter(struct ledger_peer *peer, enum mm_message_type type, size_t size)
{
	struct ledger_letter *letter =
	    peer->broken || peer->bytes + size > LEDGER_OUTBOX_BYTES ? NULL : malloc(sizeof(*letter) + size);

	if (letter == NULL) {
		peer->broken = true;
		return NULL;
	}
	*letter = (struct ledger_letter){ .type = type, .size = size };
	if (peer->first == NULL)
		peer->first = letter;
	else
		peer->last->next = letter;
	peer->last = letter;
	peer->bytes += size;
	return letter;
}

static void
write_to_letter(struct ledger_letter *letter, const void *bytes, size_t len)
{
	if (len > 0)
		memcpy(letter->payload + letter->len, bytes, len);
	letter->len += len;
}

bool
ledger_peer_post(struct ledger_peer *peer, enum mm_message_type type, const void *payload, size_t len)
{
	struct ledger_letter *letter = add_letter(peer, type, len);

	if (letter == NULL)
		return false;
	write_to_letter(letter, payload, len);
	return true;
}

bool
ledger_peer_post_request(struct ledger_peer *peer, const void *request, size_t len)
{
	struct ledger_letter *letter = peer->first == NULL ? NULL : peer->last;

	_Static_assert(MM_SIGN_MESSAGE_MAX >= sizeof(struct mm_sign) + MM_MINT_SIGNING_INPUT_MAX, "the longest fits");
	if (peer->broken)
		return false;
	if (letter == NULL || letter->type != MM_MESSAGE_SIGN || letter->requests == MM_SIGN_TOGETHER_MAX ||
	    len > letter->size - letter->len)
		letter = add_letter(peer, MM_MESSAGE_SIGN, MM_SIGN_MESSAGE_MAX);
	if (letter == NULL)
		return false;
	write_to_letter(letter, request, len);
	letter->requests++;
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
	peer->bytes -= letter->size;
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
