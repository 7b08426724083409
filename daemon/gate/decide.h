/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a request's token to an outcome that may be answered: decided, recorded, counted.
 */
#ifndef MM_DAEMON_GATE_DECIDE_H
#define MM_DAEMON_GATE_DECIDE_H

#include "daemon/gate/exchange.h"

#include <mintmark/decide.h>

/*
 * Make the room for logins that callers tell of, and the token cache that the settings ask for; they live as long as
 * the gate. An entry of the cache counts under the epoch that it was made at alone, so that nothing is to be done where
 * the view is replaced. False, told on standard error, without memory or randomness.
 */
MM_MUST_USE bool gate_decide_begin(struct gate *gate);
void gate_decide_end(struct gate *gate);

struct gate_question {
	const char *protocol;  /* "introspect", "auth", "ext_authz", "shadow" */
	struct mm_slice token; /* absent: there is none */
	struct mm_slice mailbox;
	bool of_login; /* who asks may have told of a login before: what it said of it is recorded */
	const struct mm_evidence *evidence; /* of possession of the token's key; NULL: there is none */
	enum mm_reason refused; /* MM_OK: decide it; else the request cannot be read, and this is why it is denied */
};

struct gate_outcome {
	bool allowed;
	enum mm_reason reason;
	const struct mm_decision *decision; /* what it says is the thread's until its next question; NULL: denied */
};

/*
 * Decide and record what would have been decided, and count it apart. Nothing is returned: nobody can answer by it.
 */
void gate_decide_in_shadow(const struct gate_exchange *exchange, const struct gate_question *question);

/*
 * Decide, write the record, count; in this order, so that nothing is answered that the journal lacks.
 * Where the record cannot be written the outcome is a denial for MM_JOURNAL_UNAVAILABLE.
 */
MM_MUST_USE struct gate_outcome
gate_decide(const struct gate_exchange *exchange, const struct gate_question *question);

#endif
