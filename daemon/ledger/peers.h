/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ledger's ends of the pairs with signers, verifiers, issuers and the gate. Sending never waits: what a peer does
 * not take is kept for it, up to a bound, beyond which the peer is given up.
 */
#ifndef MM_DAEMON_LEDGER_PEERS_H
#define MM_DAEMON_LEDGER_PEERS_H

#include "daemon/ipc/message.h"
#include "daemon/ledger/ledger.h"

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A signer, a verifier and an issuer of each realm, and the gate. */
#define LEDGER_PEERS_MAX (3 * MM_MINT_REALMS_MAX + 1)

/* What one peer may leave lying. */
#define LEDGER_OUTBOX_BYTES ((size_t)64 * 1024 * 1024)

struct ledger_letter;

struct ledger_peer {
	int fd; /* -1: the place is free */
	bool broken; /* to be closed by the loop … */
	bool gone;   /* … because its other end was */
	enum mm_process process;
	struct ledger_realm *realm; /* NULL: the gate */
	uint64_t birth;             /* another one for each pair */
	struct ledger_letter *first, *last;
	size_t bytes; /* of memory for letters */
};

struct ledger_peers {
	struct ledger_peer items[LEDGER_PEERS_MAX];
	size_t top; /* behind the last place that is in use */
	uint64_t births;
};

void ledger_peers_init(struct ledger_peers *peers);
void ledger_peers_clear(struct ledger_peers *peers);

/*
 * Take a new end, in place of an older one of the same peer, which the caller had ended before. NULL where there is no
 * room or it cannot be used; fd stays the caller's then.
 */
struct ledger_peer *ledger_peers_add(struct ledger_peers *peers, int fd, enum mm_process process,
    struct ledger_realm *realm);
struct ledger_peer *ledger_peers_find(struct ledger_peers *peers, enum mm_process process,
    const struct ledger_realm *realm);

/* Close it, and forget what it did not take. */
void ledger_peer_close(struct ledger_peer *peer);

/*
 * Post, for ledger_peers_flush(): what is said to a peer in one turn of the loop goes together. False where the peer is
 * given up (broken is set).
 */
bool ledger_peer_post(struct ledger_peer *peer, enum mm_message_type type, const void *payload, size_t len);

/* Post a request to sign, in one message with those that were posted before it where they fit in. Else as above. */
bool ledger_peer_post_request(struct ledger_peer *peer, const void *request, size_t len);

/* Send at once, behind what waits. Else as above. */
bool ledger_peer_send(struct ledger_peer *peer, enum mm_message_type type, const void *payload, size_t len);

/* Whether everything was taken: for those who hold back what they could send. */
bool ledger_peer_is_clear(const struct ledger_peer *peer);

/* Send what waits, as far as peers take it. False where one of them broke, and is to be closed. */
bool ledger_peers_flush(struct ledger_peers *peers);

#endif
