/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who a client is, for a proxy that asks with the client's own request: what forward auth, Envoy's and the shadow's
 * questions have in common.
 */
#ifndef MM_DAEMON_GATE_IDENTITY_H
#define MM_DAEMON_GATE_IDENTITY_H

#include "daemon/gate/decide.h"
#include "daemon/gate/evidence.h"

/* What a request asks, and what that points to; not to be copied. */
struct gate_identity {
	struct gate_question question;
	struct gate_evidence evidence;
	bool as_dpop; /* the token was sent as one that is bound */
};

/*
 * Read the client's token (RFC 6750 section 2.1), the caller and its target, and the evidence of possession.
 *
 * Returns false, and counts it, where the request names a caller who is none, a target without a caller, or evidence
 * that it may not hand in or that cannot be read: it must not be decided.
 */
MM_MUST_USE bool gate_identity_read(struct gate_identity *identity, struct gate_exchange *exchange,
    const char *protocol);

/* Decide, and answer with a status and, when allowed, with headers that say who it is. */
void gate_identity_answer(const struct gate_identity *identity, const struct gate_exchange *exchange,
    struct mm_http_answer *answer);

/* The answer to a request that cannot be read, which nothing is decided for. */
void gate_identity_answer_unreadable(const struct gate_exchange *exchange, struct mm_http_answer *answer);

#endif
