/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests that wait for the verifier, and then perhaps for the ledger, while their connections are suspended.
 *
 * Any thread enters a question and sends it. The first thread alone talks with the peers: it takes their answers, has
 * tickets spent as soon as it has them, and resumes the connection when all is there. A peer that is away is waited for
 * until the question's time is over; then, and where a peer goes away that has the question, its answer is
 * TEMPORARILY_UNAVAILABLE. So every question is answered, whatever happens.
 */
#ifndef MM_DAEMON_ISSUER_WAITING_H
#define MM_DAEMON_ISSUER_WAITING_H

#include "daemon/ipc/message.h"
#include "daemon/ipc/sign_in.h"

#include <mintmark/version.h>

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Far more than a mint makes tokens in the time that one waits for a full disk. */
#define ISSUER_WAITING_MAX 8192

/* Checking a password takes 100 ms, and others may be before it. */
#define ISSUER_WAIT_MS 10000

/* The mint's trouble is told for so long: then somebody has to try again, and readyz must not keep all away. */
#define ISSUER_TROUBLE_MS 30000

/* What waits to be sent to a peer that is away or has its hands full. */
#define ISSUER_OUTBOX_BYTES_MAX ((size_t)32 * 1024 * 1024)

enum issuer_token { ISSUER_TOKEN_ACCESS, ISSUER_TOKEN_IDENTITY, ISSUER_TOKENS };

struct MHD_Connection;
struct issuer_waiting;

/* It belongs to its request, but between entering and resuming to the table. */
struct issuer_question {
	struct MHD_Connection *connection;
	struct issuer_question *next; /* of those that are to be resumed */
	uint64_t number; /* 0: it is not in the table */
	int64_t deadline_ms;
	enum mm_process at;       /* who has it: verifier or ledger */
	bool sent;                /* its message left; else it lies in the outbox */
	unsigned tokens_missing;  /* bits by enum issuer_token */
	struct mm_verified verified; /* the answer */
	char *tokens[ISSUER_TOKENS]; /* compact, each ended by NUL; NULL: there is none */
};

struct issuer_packet;

struct issuer_peer {
	int fd; /* -1: away */
	bool broken; /* it said what it may not: not told yet */
	struct issuer_packet *first, **last;
	size_t bytes;
};

struct issuer_waiting {
	pthread_mutex_t lock;
	struct issuer_question *questions[ISSUER_WAITING_MAX];
	uint16_t free_slots[ISSUER_WAITING_MAX];
	size_t free_count;
	bool closed; /* nobody enters any more */
	uint64_t sequence;
	struct issuer_peer verifier, ledger;
	int wake_fd;                      /* there is something in an outbox */
	enum mm_mint_status trouble;      /* why the mint makes no token: what the ledger said last */
	int64_t trouble_ms;               /* and when */
	uint64_t tokens_made, tokens_not_made, timed_out;
	struct issuer_question *answered; /* out of the table; resumed when the lock is given back */
	void (*resume)(struct issuer_question *question); /* when its answer is there */
};

/* False, told on standard error, where it cannot be had. */
MM_MUST_USE bool issuer_waiting_begin(struct issuer_waiting *waiting, void (*resume)(struct issuer_question *question));
void issuer_waiting_end(struct issuer_waiting *waiting);

/* A question without answer yet; free it when its request ended. It must not be in the table then. */
struct issuer_question *issuer_question_new(struct MHD_Connection *connection);
void issuer_question_free(struct issuer_question **question);

/* Any thread: take a place in the table. False where it is full. */
MM_MUST_USE bool issuer_waiting_enter(struct issuer_waiting *waiting, struct issuer_question *question);

/*
 * Any thread: send what is asked; the head's number is set here. From now on the question is the table's until it is
 * resumed, which may happen before this returns. *verify may hold secrets, and is the caller's to wipe.
 */
void issuer_waiting_send(struct issuer_waiting *waiting, struct issuer_question *question, struct mm_verify *verify);

/* ---- the first thread ---- */

/* Take a peer's new end (MM_PROCESS_VERIFIER or MM_PROCESS_LEDGER), or NULL where it is neither. fd is kept. */
MM_MUST_USE bool issuer_waiting_set_peer(struct issuer_waiting *waiting, enum mm_process process, int fd);

/* Take all that lies in a peer's socket. One that says what it may not is believed no more: its socket is closed. */
void issuer_waiting_receive(struct issuer_waiting *waiting, enum mm_process process);

/* Whether that happened since this was asked last. */
bool issuer_waiting_take_broken(struct issuer_waiting *waiting, enum mm_process process);

/* Send what lies in a peer's outbox, as far as it takes it. Whether something is left. */
bool issuer_waiting_flush(struct issuer_waiting *waiting, enum mm_process process);

/* Answer those whose time is over; all of them. */
void issuer_waiting_expire(struct issuer_waiting *waiting, int64_t now_ms);
void issuer_waiting_fail_all(struct issuer_waiting *waiting);

/* The same, and none comes behind them: what waits when the server ends would end the process. */
void issuer_waiting_close(struct issuer_waiting *waiting);

/* How it stands, for status and metrics. */
struct issuer_waiting_counts {
	size_t questions;
	bool verifier_there, ledger_there;
	enum mm_mint_status trouble;
	uint64_t tokens_made, tokens_not_made, timed_out;
};

void issuer_waiting_get_counts(struct issuer_waiting *waiting, struct issuer_waiting_counts *counts);

/* A sentence of why there is no token; NULL of MM_MINT_DONE. */
const char *issuer_mint_status_text(enum mm_mint_status status);

/* CLOCK_BOOTTIME in milliseconds. */
int64_t issuer_now_ms(void);

#endif
