/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Logins that a caller told of: who comes, from where, by which protocol. A mail server that asks about a token names
 * none of them, so what it said just before is written beside the decision.
 *
 * It is the caller's word, for a reader of the journal, and decides nothing. Of two who log in with one name at the
 * same moment, the last one is named. What one caller says of one service is never used for another's question.
 */
#ifndef MM_DAEMON_GATE_LOGINS_H
#define MM_DAEMON_GATE_LOGINS_H

#include "lib/base/limits.h"

#include <mintmark/slice.h>
#include <mintmark/version.h>

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

/* A mail server asks within milliseconds, and gives up after seconds. */
#define GATE_LOGIN_AGE_MAX_S 30

/* Logins of some seconds at a busy server, in sets; in each the oldest one gives way. */
#define GATE_LOGIN_SETS 256
#define GATE_LOGINS_IN_SET 4

/* Dovecot's have 16 to 24 characters. */
#define GATE_LOGIN_SESSION_LEN_MAX 64

struct gate_login {
	char source[INET6_ADDRSTRLEN];
	const char *protocol; /* a constant text */
	char session[GATE_LOGIN_SESSION_LEN_MAX + 1];
};

struct gate_logins;

/* NULL where memory or randomness are short. */
struct gate_logins *gate_logins_new(void);
void gate_logins_free(struct gate_logins **logins);

/* Whose word it is, of what. */
struct gate_login_key {
	struct mm_slice service, caller;
	struct mm_slice name; /* who logs in; letter case does not matter */
};

/* Keep a login; the last one of a key counts. Longer names than a mailbox can have are not kept. Any thread. */
void gate_logins_note(struct gate_logins *logins, const struct gate_login_key *key, const struct gate_login *login,
    int64_t now_s);

/* Find what was kept of a key and is not too old. Any thread. */
MM_MUST_USE bool gate_logins_find(struct gate_logins *logins, const struct gate_login_key *key, int64_t now_s,
    struct gate_login *login);

#endif
