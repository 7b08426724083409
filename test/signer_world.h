/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plays mintmarkd and the ledger for a real mintmark-signer: starts it in mintmarkd's sandbox, sets it up over its
 * control socket, and is the ledger at the other end of a pair. For unit tests, behaviour tests and the bench.
 *
 * What cannot be done ends the program with a message: a test that cannot be set up has failed.
 */
#ifndef TEST_SIGNER_WORLD_H
#define TEST_SIGNER_WORLD_H

#include "daemon/ipc/message.h"
#include "lib/base/limits.h"
#include "lib/jose/algorithm.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define SIGNER_WORLD_ISSUER "https://login.example/{tenant}/v2.0"
#define SIGNER_WORLD_TENANT "aaaaaaaa-0000-4000-8000-00000000000a"

struct signer_world {
	/* What it is started with; signer_world_init() sets defaults. */
	const char *realm, *issuer, *algorithm, *parent; /* parent: a realm that it is derived from; NULL: none */
	const char *tenants[4];
	uint32_t max_lifetime_s;
	const char *module, *label; /* NULL: sealed files */
	unsigned module_threads;
	const char *variables[4], *paths[4];
	bool bare; /* not in mintmarkd's sandbox: its starter allows it cores */
	const char *tail; /* NULL: what it says on standard error goes where ours does; else a file */

	/* What is there. */
	char folder[64];
	char keys[96], sealing_key[96], pin[96];
	pid_t pid;
	int control, ledger;
	uint64_t serial, number;
	struct mm_signer_state state; /* as it was told last */
	struct mm_message message; /* the last that came … */
	struct mm_slice answers;   /* … where it is SIGNED: those in it that were not taken */
};

/* A key that the signer made. */
struct signer_world_key {
	uint8_t thumbprint[MM_DIGEST_LEN];
	const struct mm_algorithm *algorithm;
	char jwk[2048];
	size_t jwk_len;
};

/* A folder of its own with an empty folder of keys and a sealing key, or a token of SoftHSM where with_token. */
void signer_world_init(struct signer_world *world, bool with_token);

/* false: there is no SoftHSM here. */
bool signer_world_has_softhsm(void);

/* Start the signer, and wait until it is ready and has told its first state. */
void signer_world_start(struct signer_world *world);

/* Only start it and send the set-up; false where it ended instead of being ready. */
bool signer_world_try_start(struct signer_world *world);

/* Tell it to stop, or kill it; its wait status. */
int signer_world_stop(struct signer_world *world);
int signer_world_kill(struct signer_world *world, int signal);

/* Stop it where it runs, and remove the folder. */
void signer_world_end(struct signer_world *world);

/* Be another ledger, or the same one anew. */
void signer_world_connect(struct signer_world *world);

/* The tenants anew. */
void signer_world_send_tenants(struct signer_world *world, const char *const *tenants);

/* The next message of this type from the ledger's end; others are passed over. false: the signer closed it. */
bool signer_world_wait(struct signer_world *world, enum mm_message_type type);

/* The next alarm; "" where none came within 10 s. It stands until the next call. */
const char *signer_world_alarm(struct signer_world *world);

/* Order, and wait for the answer's status. */
enum mm_sign_status signer_world_make(struct signer_world *world, struct signer_world_key *key);
enum mm_sign_status signer_world_open(struct signer_world *world, const uint8_t thumbprint[MM_DIGEST_LEN]);
/* Of the key that is kept behind a thumbprint, which becomes its own; zeroes: the first. */
enum mm_sign_status signer_world_next(struct signer_world *world, uint8_t thumbprint[MM_DIGEST_LEN]);
enum mm_sign_status signer_world_forget(struct signer_world *world, const uint8_t thumbprint[MM_DIGEST_LEN]);

/* What a signing input is made of; the defaults are good. */
struct signer_world_token {
	const char *header;  /* NULL: the canonical one */
	const char *payload; /* NULL: made of the rest */
	const char *iss, *tid, *extra; /* extra: members between jti and mark, each ended by ','; tid NULL: none */
	int64_t iat_s, lifetime_s;
	unsigned token_class;
	int64_t deadline_ms; /* CLOCK_BOOTTIME */
};

void signer_world_token(struct signer_world_token *token);

/* Write header.payload of a token; returns its length. */
size_t signer_world_input(const struct signer_world_token *token, const struct signer_world_key *key,
    char input[MM_MINT_SIGNING_INPUT_MAX]);

/* Write a request with the next serial number, as it stands in a message; returns its length. */
size_t signer_world_request(struct signer_world *world, const struct signer_world_token *token,
    const struct signer_world_key *key, struct mm_slice input, unsigned char *request);

/* Send requests, one behind the other, in one message. */
void signer_world_send_requests(struct signer_world *world, const void *requests, size_t len);

/* Send a request without waiting; its serial number. */
uint64_t signer_world_send(struct signer_world *world, const struct signer_world_token *token,
    const struct signer_world_key *key, const char *input, size_t len);

/* Take the next answer to a request; *signature lies in world->message. False where the signer ended the connection. */
bool signer_world_answer(struct signer_world *world, struct mm_signed *answer, struct mm_slice *signature);

/* Have a token signed; *signature lies in world->message. */
enum mm_sign_status signer_world_sign(struct signer_world *world, const struct signer_world_token *token,
    const struct signer_world_key *key, struct mm_signed *answer, struct mm_slice *signature);

/* Whether a signature of an input holds under the key's JWK. */
bool signer_world_holds(const struct signer_world_key *key, struct mm_slice input, struct mm_slice signature);

int64_t signer_world_now_s(void);
int64_t signer_world_now_ms(void); /* CLOCK_BOOTTIME */

#endif
