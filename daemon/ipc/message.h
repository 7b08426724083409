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

/*
 * Receive one. Returns 1 with *message set, 0 where the peer is gone, -1 with errno (EAGAIN; EPROTO: the
 * table does not allow what came: the peer is broken or taken, end the connection).
 */
MM_MUST_USE int mm_message_receive(int socket, enum mm_process receiver, enum mm_process sender,
    struct mm_message *message);

#endif
