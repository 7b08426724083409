/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages that wait until their receiver takes them: mintmarkd waits for nobody.
 */
#ifndef MM_DAEMON_MINTMARKD_OUTBOX_H
#define MM_DAEMON_MINTMARKD_OUTBOX_H

#include "daemon/ipc/message.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The largest handover to a courier, of 512 documents with 32 kB of addresses each, twice. */
#define MM_OUTBOX_BYTES_MAX ((size_t)32 * 1024 * 1024)

struct mm_letter;

struct mm_outbox {
	struct mm_letter *first, *last;
	size_t bytes;
	int64_t since_ms; /* when the last one was taken, or the first one came */
};

/*
 * Send a message over a socket that does not block, or keep it, and a duplicate of fd, behind those that wait already.
 * False with errno: it cannot be sent at all (EPIPE: the peer is gone; ENOBUFS: too many wait; what the table forbids).
 */
MM_MUST_USE bool mm_outbox_send(struct mm_outbox *outbox, int socket, enum mm_process receiver,
    enum mm_message_type type, const void *payload, size_t len, int fd);

/* Send of what waits as much as is taken. False with errno as above. */
MM_MUST_USE bool mm_outbox_flush(struct mm_outbox *outbox, int socket, enum mm_process receiver);

/* Throw away what waits. */
void mm_outbox_clear(struct mm_outbox *outbox);

#endif
