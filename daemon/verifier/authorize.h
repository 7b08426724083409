/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Authorization requests: what is checked of each, whichever way it comes.
 */
#ifndef MM_DAEMON_VERIFIER_AUTHORIZE_H
#define MM_DAEMON_VERIFIER_AUTHORIZE_H

#include "daemon/verifier/work.h"

/*
 * Check an authorization request (RFC 6749 section 4.1.1, RFC 7636, RFC 8707): client and redirect URI first, and only
 * behind them the answer may be redirected. The work is answered where it returns false.
 */
MM_MUST_USE bool verifier_authorize_check(struct verifier *verifier, struct verifier_work *work,
    const struct mm_authorize *authorize);

/* Whether the user of a session has to agree first. */
bool verifier_authorize_asks(struct verifier *verifier, struct verifier_work *work, int64_t user);

/* Make the code for work->session and work->user, and answer with it. */
void verifier_authorize_grant(struct verifier *verifier, struct verifier_work *work,
    const struct mm_authorize *authorize);

/* What the page shows of who is signed in. */
void verifier_tell_user(struct verifier_work *work);

/* The session of a cookie, and its user into work->user; false: there is none, or he may not sign in here. */
MM_MUST_USE bool verifier_session_of(struct verifier *verifier, struct verifier_work *work, struct mm_slice cookie);

#endif
