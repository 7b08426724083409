/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The keys of one realm at the ledger: what keys.c, keys_signer.c and keys_ask.c know of each other.
 */
#ifndef MM_DAEMON_LEDGER_KEYS_REALM_H
#define MM_DAEMON_LEDGER_KEYS_REALM_H

#include "daemon/ledger/keys.h"
#include "engine/key_clock.h"
#include "engine/key_life.h"

/* Keys that the signer has open at one time: the one that signs, those before it whose tokens are in the making. */
#define LEDGER_KEYS_OPEN_MAX 8
/* Events that are told as history, the newest ones; all of them are in the ledger. */
#define LEDGER_KEYS_HISTORY_MAX 4096
/* Questions of operators that wait for the record before them. */
#define LEDGER_KEYS_WAITING_MAX 16

/* An event with the texts that it borrows from. */
struct ledger_key_event {
	struct mm_life_event event;
	char by[MM_NAME_LEN_MAX], why[MM_LIFE_WHY_MAX];
};

/* What the signer was told to do, and has not answered. */
struct ledger_key_order {
	uint64_t number; /* 0: nothing */
	enum mm_message_type type;
	uint8_t thumbprint[MM_DIGEST_LEN];
	int64_t since_ms;
};

struct ledger_key_question {
	struct mm_mint_ask ask;
	struct mm_ask_key what;
};

struct ledger_keys_realm {
	struct ledger_keys *keys;
	struct ledger_realm *realm;
	struct mm_key_life life;

	struct ledger_key_event *history;
	size_t history_count, history_size;

	/* The record that is being made durable. */
	bool recording, records_question;
	struct mm_life_event event;
	char event_texts[MM_NAME_LEN_MAX + MM_LIFE_WHY_MAX + MM_LIFE_JWK_MAX];
	struct ledger_key_question question; /* that it answers */
	struct ledger_key_question waiting[LEDGER_KEYS_WAITING_MAX];
	size_t waiting_count;

	/* The signer. */
	bool signer_is_here, store_is_away;
	char store_text[255];
	uint8_t open[LEDGER_KEYS_OPEN_MAX][MM_DIGEST_LEN];
	size_t open_count;
	bool has_lost; /* the signer does not have this one: it is not asked for it again */
	uint8_t lost[MM_DIGEST_LEN];
	struct ledger_key_order order;
	int64_t order_again_ms; /* after one that failed */
	bool has_answer;        /* of the order, which waits for the record before its own */
	struct mm_key_done answer;
	char answer_jwk[MM_LIFE_JWK_MAX];
	/* Whether it keeps keys that are on no record. */
	int64_t look_at_ms; /* when it is asked; INT64_MAX: all that it keeps is known */
	uint8_t looked_at[MM_DIGEST_LEN];

	/* The key list. */
	uint64_t sequence;
	uint8_t previous[MM_DIGEST_LEN];
	int64_t document_s;
	bool untold; /* what is told is not what is so */

	unsigned alarms;
	int64_t alarms_told_s;
};

struct ledger_keys {
	struct ledger *ledger;
	struct mm_key_clock clock;
	int64_t now_s; /* by that clock, of the last tick */
	int64_t due_s; /* by the wall clock: when the next tick is wanted */
	bool begun;
	int64_t certificate_told_s;
	uint64_t last_order;
	struct ledger_keys_realm *realms[MM_MINT_REALMS_MAX];
};

/* Of the realm's number; NULL: there is none. */
struct ledger_keys_realm *ledger_keys_realm(const struct ledger_keys *keys, const struct ledger_realm *realm);

/*
 * Record an event, which comes true when that is durable; question: whom it answers then, or NULL. False where nothing
 * can be recorded now.
 */
MM_MUST_USE bool ledger_keys_record(struct ledger_keys_realm *realm, const struct mm_life_event *event,
    const struct ledger_key_question *question);

/* Look at the clock. */
void ledger_keys_read_clock(struct ledger_keys *keys);

/* Do what is due in a realm. */
void ledger_keys_do_due(struct ledger_keys_realm *realm);

/* ---- keys_signer.c ---- */

bool ledger_keys_is_open(const struct ledger_keys_realm *realm, const uint8_t thumbprint[MM_DIGEST_LEN]);

/* Have the signer do its part of a step, unless it is at one, was not able a moment ago, or is away. */
void ledger_keys_order(struct ledger_keys_realm *realm, enum mm_message_type type,
    const uint8_t thumbprint[MM_DIGEST_LEN]);

/* Have the signer open what signs and is not open. */
void ledger_keys_open_signing(struct ledger_keys_realm *realm);

/* Have the signer name its keys, one after the other, where it may keep one that is on no record. */
void ledger_keys_look_after(struct ledger_keys_realm *realm);

/* It may, since something of a key was not recorded. */
void ledger_keys_look_again(struct ledger_keys_realm *realm);

/* Take the answer that waited for a record. */
void ledger_keys_take_answer(struct ledger_keys_realm *realm);

/* ---- keys_ask.c ---- */

/* Answer a question, now or when its event is recorded. */
void ledger_keys_answer(struct ledger_keys *keys, struct ledger_keys_realm *realm,
    const struct ledger_key_question *question);

/* Append to an object whether no key of a realm signs, and which one will when. */
void ledger_keys_add_idle(const struct ledger_keys_realm *realm, struct mm_json_writer *writer);

/* The event that a question asked for came true. */
void ledger_keys_answer_done(struct ledger_keys_realm *realm, const struct ledger_key_question *question,
    const struct mm_life_event *event);

#endif
