/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The other end of a pair: issuer or ledger. Nothing waits for it: what it does not take is kept, up to a limit.
 */
#ifndef MM_DAEMON_VERIFIER_PEER_H
#define MM_DAEMON_VERIFIER_PEER_H

#include "daemon/ipc/message.h"

#include <stdbool.h>
#include <stddef.h>

/* A thousand tickets. */
#define VERIFIER_PEER_BYTES_MAX ((size_t)4 * 1024 * 1024)

struct verifier_letter;

struct verifier_peer {
	enum mm_process process;
	int fd; /* -1: away */
	struct verifier_letter *first, *last;
	size_t bytes;
};

void verifier_peer_init(struct verifier_peer *peer, enum mm_process process);

/* Take a new end; the one before is closed, and what waits for it is thrown away. False where it cannot be used. */
MM_MUST_USE bool verifier_peer_set(struct verifier_peer *peer, int fd);
void verifier_peer_close(struct verifier_peer *peer);

/*
 * Post, for verifier_peer_flush(): what a round says goes together. False: it is away, or does not take what waits.
 */
bool verifier_peer_post(struct verifier_peer *peer, enum mm_message_type type, const void *payload,
    size_t len);

/* Send what waits, as far as it is taken. That the peer is gone is seen when it is read from. */
void verifier_peer_flush(struct verifier_peer *peer);

/* What poll() waits for. */
short verifier_peer_events(const struct verifier_peer *peer);

#endif
