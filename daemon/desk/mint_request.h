/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an operator asks of a mint, typed: a verb of daemon/ipc/mint_verbs.def and the structure that belongs to it,
 * filled from the members of the question. Adding a member is a row.
 */
#ifndef MM_DAEMON_DESK_MINT_REQUEST_H
#define MM_DAEMON_DESK_MINT_REQUEST_H

#include "daemon/ipc/mint_ask.h"
#include "lib/codec/json.h"

#include <mintmark/slice.h>
#include <mintmark/version.h>

#include <stdbool.h>
#include <stddef.h>

struct desk_mint_request {
	struct mm_mint_ask ask; /* its number and uid are the connection's to set */
	size_t len;             /* of the structure */
	union {
		struct mm_ask_key key;
		struct mm_ask_token token;
		struct mm_ask_tenant tenant;
		struct mm_ask_user user;
		struct mm_ask_client client;
	} what;
};

/* The verb of a word ("key-list"); false: there is none. */
MM_MUST_USE bool desk_mint_verb_find(struct mm_json_value word, enum mm_mint_verb *verb);

/* Whether it changes anything. */
bool desk_mint_verb_changes(enum mm_mint_verb verb);

/* Begin the question of a verb: everything else is empty. */
void desk_mint_request_init(struct desk_mint_request *request, enum mm_mint_verb verb);

/*
 * Take a member of the question. False with *why, a constant sentence, where it does not belong to the verb or is not
 * as it must be: a text too long or with a control character, a list with an empty element or one with a blank.
 */
MM_MUST_USE bool desk_mint_request_take(struct desk_mint_request *request, const struct mm_json_member *member,
    const char **why);

#endif
