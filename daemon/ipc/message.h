/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages between Mintmark's processes: SOCK_SEQPACKET pairs made by mintmarkd, one table of types.
 *
 * messages.def has a row a message: type, who sends it, who receives it, its largest payload, whether a
 * descriptor comes with it. What the table does not allow is neither sent nor accepted.
 * doc/PROTOCOL.ipc says every byte.
 */
#ifndef MM_DAEMON_IPC_MESSAGE_H
#define MM_DAEMON_IPC_MESSAGE_H

#include "daemon/ipc/mint.h"

#include <mintmark/slice.h>
#include <mintmark/version.h>

#include <stdbool.h>
#include <stddef.h>

enum mm_process {
	MM_PROCESS_MINTMARKD,
	MM_PROCESS_COMPILER, /* key files to snapshot; runs to its end */
	MM_PROCESS_GATE,
	MM_PROCESS_COURIER,  /* fetches key documents */
	MM_PROCESS_DESK,     /* the control socket */
	MM_PROCESS_SIGNER,   /* a mint's private keys */
	MM_PROCESS_LEDGER,   /* the record of every token, and the life of keys */
	MM_PROCESS_VERIFIER, /* a mint's users and clients */
	MM_PROCESS_ISSUER,   /* a mint's OAuth 2 and OpenID Connect endpoints */
	MM_PROCESS_COUNT
};

const char *mm_process_name(enum mm_process process); /* "mintmark-gate" */

enum mm_message_type {
#define MM_MESSAGE(type, sender, receiver, max_len, with_fd) MM_MESSAGE_##type,
#include "daemon/ipc/messages.def"
#undef MM_MESSAGE
	MM_MESSAGE_COUNT
};

#define MM_MESSAGE_LEN_MAX 65536

struct mm_message {
	enum mm_message_type type;
	size_t len;
	int fd; /* -1: none. The receiver's to close */
	unsigned char payload[MM_MESSAGE_LEN_MAX];
};

/* Send; -1 with errno (EPERM: the table does not allow it; EMSGSIZE: too long). fd stays the caller's. */
MM_MUST_USE int mm_message_send(int socket, enum mm_process sender, enum mm_process receiver, enum mm_message_type type,
    const void *payload, size_t len, int fd);

/* From then on nothing waits at a socket: what would fails with EAGAIN. False with errno. */
MM_MUST_USE bool mm_message_make_prompt(int socket);

/*
 * Receive one. Returns 1 with *message set, 0 where the peer is gone, -1 with errno (EAGAIN; EPROTO: the
 * table does not allow what came: the peer is broken or taken, end the connection).
 */
MM_MUST_USE int mm_message_receive(int socket, enum mm_process receiver, enum mm_process sender,
    struct mm_message *message);

/* So many messages one system call takes or gives at most. */
#define MM_BATCH_MAX 32

/* Messages that lay there together; 2 MiB, of which what comes is touched. */
struct mm_batch {
	size_t count;
	struct mm_message messages[MM_BATCH_MAX];
};

/*
 * Receive all that lies there, but not more than max, without waiting; for peers who send no descriptors: a message
 * that comes with one, or would have to, is broken here. The messages of batch->count are good, whatever is returned,
 * which is of what comes behind them: 1: there may be more; 0: the peer is gone; -1 with errno (EAGAIN: nothing yet;
 * EPROTO as above). max is from 1 to MM_BATCH_MAX.
 */
MM_MUST_USE int mm_message_receive_batch(int socket, enum mm_process receiver, enum mm_process sender,
    struct mm_batch *batch, size_t max);

/* A message that is to be sent, without a descriptor. */
struct mm_outgoing {
	enum mm_message_type type;
	struct mm_slice payload;
};

/*
 * Send 1 to MM_BATCH_MAX messages, in their order. Returns how many were taken, which may be fewer; -1 with errno, as
 * mm_message_send(), where the first was not.
 */
MM_MUST_USE int mm_message_send_batch(int socket, enum mm_process sender, enum mm_process receiver,
    const struct mm_outgoing *outgoing, size_t count);

#endif
