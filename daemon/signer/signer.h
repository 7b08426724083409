/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a signer has: its realm, its store of keys, those that are open, and requests on their way.
 *
 * One thread runs the loop, and owns all of this; what the others work at is a job or an order that the loop gave away.
 */
#ifndef MM_DAEMON_SIGNER_SIGNER_H
#define MM_DAEMON_SIGNER_SIGNER_H

#include "daemon/ipc/message.h"
#include "daemon/keystore/sealed_file.h"
#include "daemon/signer/keys.h"
#include "daemon/signer/pool.h"
#include "daemon/signer/realm.h"
#include "daemon/signer/state.h"

#include <sys/types.h>

/* Requests that are being signed or answered; those behind them wait in the socket. */
#define SIGNER_JOBS_MAX 128

/* A ledger makes and opens a few keys at a time. */
#define SIGNER_ORDERS_MAX 32

/* A request to sign. */
struct signer_job {
	struct signer_work work;
	uint64_t generation; /* of the peer that wants the answer */
	struct mm_sign head;
	struct signer_key *key; /* held; NULL where it was refused at once */
	enum mm_sign_status status;
	size_t signature_len;
	unsigned char signature[KEYSTORE_SIGNATURE_MAX];
	struct keystore_trouble trouble;
	char input[MM_MINT_SIGNING_INPUT_MAX];
};

enum signer_order_kind {
	SIGNER_ORDER_LOOK, /* after the store; nobody waits for the answer */
	SIGNER_ORDER_MAKE,
	SIGNER_ORDER_OPEN,
	SIGNER_ORDER_FORGET,
	SIGNER_ORDER_NEXT,
};

struct signer_order {
	struct signer_work work;
	uint64_t generation;
	enum signer_order_kind kind;
	struct mm_key_order head;
	enum keystore_result result;
	enum mm_sign_status status; /* of the answer, set by the loop */
	struct keystore_trouble trouble;
	struct keystore_public made; /* of NEXT its thumbprint alone … */
	bool found;                  /* … where there is one */
	struct keystore_key *opened;
};

/* The ledger. */
struct signer_peer {
	int fd; /* -1: there is none */
	uint64_t generation; /* one more with each */
	uint64_t serial;     /* of the last request */
	bool tell_state;
	struct signer_list answers; /* that wait for room in the socket */
};

/* What comes before the start. */
struct signer_settings {
	bool has_realm;
	int folder_fd; /* -1: none */
	struct sealed_file_seal *seal; /* in locked memory; NULL: none */
	char *module, *label;          /* of PKCS #11; NULL: sealed files */
	unsigned module_threads;       /* that sign with it */
	int pin_fd;
	uid_t uid;
	gid_t gid;
};

/* An alarm of the ledger's requests: one a second, with how many others there were. */
struct signer_complaints {
	int64_t last_ms;
	uint64_t silent;
};

struct signer {
	struct signer_settings settings;
	struct signer_realm realm;
	struct keystore *store;
	struct signer_keys keys;
	struct signer_pool pool;
	struct signer_state state;
	struct signer_peer peer;
	struct signer_complaints complaints;
	struct signer_list free_jobs, free_orders;
	unsigned makes; /* orders of keys that are being made */
	int64_t made_ms; /* when the first of them came, or the last one was done */
	struct signer_job jobs[SIGNER_JOBS_MAX];
	struct signer_order orders[SIGNER_ORDERS_MAX];
	struct signer_check_room room;
	uint64_t count; /* signatures that were handed to the ledger's socket */
	uint64_t last_serial;
};

enum signer_end {
	SIGNER_END_NOT,
	SIGNER_END_STOP,
	SIGNER_END_GONE, /* mintmarkd is gone, or broken */
};

/* Serve until the end. The store is there and the sandbox closed. */
enum signer_end signer_serve(struct signer *signer);

/* Do a job or an order; on one of the pool's threads. */
void signer_run_work(void *signer, struct signer_work *work, unsigned thread);

#endif
