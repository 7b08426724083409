/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What operators ask about users and clients, and change (daemon/ipc/mint_ask.h). Who changed what is in the table.
 */
#ifndef MM_DAEMON_VERIFIER_OPERATOR_H
#define MM_DAEMON_VERIFIER_OPERATOR_H

#include "daemon/ipc/mint_ask.h"
#include "daemon/verifier/text.h"
#include "daemon/verifier/verifier.h"
#include "engine/json_writer.h"
#include "lib/base/buf.h"

/* Answers are listed by the desk up to so much. */
#define VERIFIER_REPLY_LEN_MAX ((size_t)32 * 1024 * 1024)

/* An answer that waits for the end of its round. */
struct verifier_reply {
	struct verifier_reply *next;
	uint64_t number;
	bool done;
	int64_t owed; /* what was revoked up to this number is to be on record; 0: nothing */
	int64_t deadline_ms;
	struct mm_buf json;
};

/* Take the payload of VERIFIER_ASK. False where it is none. */
MM_MUST_USE bool verifier_operator_take(struct verifier *verifier, struct mm_slice payload);

/* Send the answers of a round that was kept, or not. */
void verifier_replies_send(struct verifier *verifier, bool kept);
void verifier_replies_forget(struct verifier *verifier);

/* When one has waited too long for the ledger. */
int64_t verifier_replies_due_ms(const struct verifier *verifier);

/* The questions about users and about clients. NULL, with the answer written, or a sentence of what is wrong. */
MM_MUST_USE const char *verifier_operator_user(struct verifier *verifier, const struct mm_mint_ask *head,
    const struct mm_ask_user *ask, struct mm_json_writer *writer);
MM_MUST_USE const char *verifier_operator_client(struct verifier *verifier, const struct mm_mint_ask *head,
    const struct mm_ask_client *ask, struct mm_json_writer *writer);

/* A member that is a list of words, and the changes of one user or client. */
void verifier_write_words(struct mm_json_writer *writer, const char *name, struct mm_slice list);
void verifier_write_changes(struct verifier *verifier, struct mm_json_writer *writer, struct mm_slice whom);

/* "name tenant hash": what a question states, for the record. Static. */
struct mm_slice verifier_stated_words(uint32_t stated);

#endif
