/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an operator asks of a mint: typed by the desk from the control socket's JSON, passed on by mintmarkd as it is,
 * answered in JSON by the ledger or a verifier. A row of mint_verbs.def and a structure here for each.
 *
 * The desk knows who asks (the kernel tells it) and whether he may look or change; the process that answers records who
 * changed what.
 */
#ifndef MM_DAEMON_IPC_MINT_ASK_H
#define MM_DAEMON_IPC_MINT_ASK_H

#include "daemon/ipc/mint.h"

enum mm_mint_verb {
#define MM_MINT_VERB(name, word, process, changes, structure) MM_MINT_VERB_##name,
#include "daemon/ipc/mint_verbs.def"
#undef MM_MINT_VERB
	MM_MINT_VERB_COUNT
};

/* Before the structure of the verb, in DESK_ASK_MINT, LEDGER_ASK and VERIFIER_ASK. */
struct mm_mint_ask {
	uint64_t number; /* of the question */
	uint32_t uid;    /* the operator's */
	uint16_t verb;   /* enum mm_mint_verb */
	uint16_t zero;
	char realm[MM_NAME_LEN_MAX]; /* padded with zeroes; empty: all of them (lists alone) */
};
MM_NO_HOLES(mm_mint_ask, 80);

struct mm_ask_key {
	int64_t until_s; /* of HOLD: when the hold ends; 0: after the usual 24 h */
	uint8_t now;     /* of ROTATE: 1 at once, although the next key was published for less than it should be */
	uint8_t zero[7];
	MM_MINT_TEXT(MM_KID_LEN_MAX) kid;  /* or a beginning of it that no other key of the realm has; empty: none */
	MM_MINT_TEXT(MM_NAME_LEN_MAX) by;  /* who approves, of RESTORE */
	MM_MINT_TEXT(254) why;             /* in words, for the record */
};

struct mm_ask_token {
	uint8_t has_digest; /* 1: a whole token was given */
	uint8_t zero[7];
	uint8_t digest[MM_DIGEST_LEN];
	char token_id[MM_TOKEN_ID_TEXT_LEN];
	char zero2[2];
};

#endif
