/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looking for tokens' records in the ledger's files, for operators: a thread does it, one after the other, since it may
 * have to read an hour of records, and nobody's sign-in waits for that.
 */
#ifndef MM_DAEMON_LEDGER_SHOW_H
#define MM_DAEMON_LEDGER_SHOW_H

#include "daemon/ipc/mint_ask.h"
#include "engine/ledger_search.h"
#include "lib/token/token_id.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LEDGER_SHOWS_MAX 16

struct ledger;
struct ledger_realm;

struct ledger_show_question {
	uint64_t number; /* mintmarkd's, for the answer */
	const struct ledger_realm *realm;
	struct mm_token_place place;
	struct mm_ask_token token;
};

struct ledger_show {
	bool has_event;
	int event_fd; /* readable when something was found */
	struct ledger_show_question questions[LEDGER_SHOWS_MAX]; /* the first one is being looked for */
	size_t count;
	pthread_t thread;
	bool running;
	atomic_bool stop;
	int folder_fd;
	const uint8_t *signer; /* of the anchor */
	struct mm_ledger_finding finding;
};

/* Have a question looked for, and answered with ledger_question_shown(). False where too many wait. */
MM_MUST_USE bool ledger_show_begin(struct ledger *ledger, const struct ledger_show_question *question);

/* Something was found: answer, and look for the next. */
void ledger_show_go_on(struct ledger *ledger);

/* End what is under way, without an answer. */
void ledger_show_end(struct ledger *ledger);

#endif
