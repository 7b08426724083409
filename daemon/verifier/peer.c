/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages to issuer and ledger, and those that wait to be sent.
 */
#include "daemon/verifier/peer.h"

#include "lib/crypto/digest.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct verifier_letter {
	struct verifier_letter *next;
	enum mm_message_type type;
	size_t len;
	unsigned char payload[];
};

void
verifier_peer_init(struct verifier_peer *peer, enum mm_process process)
{
	*peer = (struct verifier_peer){ .process = process, .fd = -1 };
}

/* Answers have secrets in them. */
static void
remove_first(struct verifier_peer *peer)
{
	struct verifier_letter *letter = peer->first;

	peer->first = letter->next;
	if (peer->first == NULL)
		peer->last = NULL;
	peer->bytes -= letter->len;
	mm_secret_wipe(letter->payload, letter->len);
	free(letter);
}

void
verifier_peer_close(struct verifier_peer *peer)
{
	while (peer->first != NULL)
		remove_first(peer);
	if (peer->fd != -1)
		close(peer->fd);
	peer->fd = -1;
}

bool
verifier_peer_set(struct verifier_peer *peer, int fd)
{
	verifier_peer_close(peer);
	if (!mm_message_make_prompt(fd))
		return false;
	peer->fd = fd;
	return true;
}

bool
verifier_peer_post(struct verifier_peer *peer, enum mm_message_type type, const void *payload, size_t len)
{
	struct verifier_letter *letter;

	if (peer->fd == -1 || peer->bytes + len > VERIFIER_PEER_BYTES_MAX ||
	    (letter = malloc(sizeof(*letter) + len)) == NULL)
		return false;
	*letter = (struct verifier_letter){ .type = type, .len = len };
	memcpy(letter->payload, payload, len);
	if (peer->last != NULL)
		peer->last->next = letter;
	else
		peer->first = letter;
	peer->last = letter;
	peer->bytes += len;
	return true;
}

void
verifier_peer_flush(struct verifier_peer *peer)
{
	while (peer->first != NULL) {
		const struct verifier_letter *letter = peer->first;
		struct mm_outgoing outgoing[MM_BATCH_MAX];
		size_t count = 0;
		int sent;

		for (; letter != NULL && count < MM_BATCH_MAX; letter = letter->next)
			outgoing[count++] =
			    (struct mm_outgoing){ letter->type, mm_slice(letter->payload, letter->len) };
		sent = mm_message_send_batch(peer->fd, MM_PROCESS_VERIFIER, peer->process, outgoing, count);
		if (sent == -1)
			return;
		for (int i = 0; i < sent; i++)
			remove_first(peer);
	}
}

short
verifier_peer_events(const struct verifier_peer *peer)
{
	return (short)(POLLIN | (peer->first != NULL ? POLLOUT : 0));
}
