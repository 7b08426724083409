/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How often somebody may guess (doc/decisions/0027): counters in memory, by keyed digests, so that nothing here tells
 * names or addresses and nobody chooses where his counter lies.
 *
 *	the pair of an account and a place: from VERIFIER_FREE_FAILURES on it waits, after each failure twice as long
 *	an address (of IPv6 its /64): at most VERIFIER_ADDRESS_FAILURES in VERIFIER_ADDRESS_WINDOW_S
 *	an account that many places fail at: places that it does not know have one free failure less each
 *
 * A place is the browser, by its cookie, else the address. One from which the account signed in well is not slowed by
 * what happens elsewhere: nobody locks a user out from another place. A place that is new has one attempt always.
 */
#ifndef MM_DAEMON_VERIFIER_ATTEMPTS_H
#define MM_DAEMON_VERIFIER_ATTEMPTS_H

#include "lib/base/limits.h"

#include <mintmark/slice.h>
#include <mintmark/version.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VERIFIER_FREE_FAILURES 4
#define VERIFIER_FREE_FAILURES_ATTACKED 1
#define VERIFIER_WAIT_FIRST_S 2
#define VERIFIER_WAIT_FIRST_ATTACKED_S 60
#define VERIFIER_WAIT_MAX_S 900
#define VERIFIER_ADDRESS_FAILURES 30
#define VERIFIER_ADDRESS_WINDOW_S 600
/* Wrong user codes of one user, in the same window; a code that is read off a screen is right the first time. */
#define VERIFIER_USER_GUESSES 10
/* Failures of an account at places that it does not know, in an hour, from which on it counts as attacked. */
#define VERIFIER_ACCOUNT_FAILURES 50
#define VERIFIER_ACCOUNT_WINDOW_S 3600
/* A pair without failures for so long begins anew. */
#define VERIFIER_PAIR_FORGET_S 3600

struct verifier_attempts;

/* Who tries to sign in, where. */
struct verifier_attempt {
	struct mm_slice account;            /* the name as it was given, lower-cased: there need be no such user */
	const uint8_t *address;             /* 16 bytes */
	uint8_t place[MM_DIGEST_LEN];       /* of the browser or the address */
	bool known;                         /* the account signed in well from this place before */
	bool by_browser;                    /* the place is a browser, known by its cookie */
};

/* Room for count counters, a power of two. NULL where memory is short, or there are no random bytes. */
MM_MUST_USE struct verifier_attempts *verifier_attempts_new(size_t count);
void verifier_attempts_free(struct verifier_attempts **attempts);

/*
 * now_s here and below is of a clock that is never set: with one that is, a step back would lock people out for as long
 * as it went.
 */

/* Seconds that this attempt must wait; 0: it may be made now. */
MM_MUST_USE uint32_t verifier_attempts_wait_s(struct verifier_attempts *attempts,
    const struct verifier_attempt *attempt, int64_t now_s);

/*
 * It begins: it counts as a failure until verifier_attempts_succeeded(), so that many at once do not slip through.
 */
void verifier_attempts_begin(struct verifier_attempts *attempts, const struct verifier_attempt *attempt, int64_t now_s);
void verifier_attempts_succeeded(struct verifier_attempts *attempts, const struct verifier_attempt *attempt,
    int64_t now_s);

/*
 * Guesses of another kind, of user codes of devices (RFC 8628 section 5.1), by a user who signed in: seconds that he
 * must wait, wherever he is, or whoever is where he is; 0: he may try. While he waits the right one is as good as a
 * wrong one. guessed: it was a wrong one.
 */
MM_MUST_USE uint32_t verifier_attempts_guess_wait_s(struct verifier_attempts *attempts, struct mm_slice account,
    const uint8_t address[16], int64_t now_s);
void verifier_attempts_guessed(struct verifier_attempts *attempts, struct mm_slice account, const uint8_t address[16],
    int64_t now_s);

/* The place that an address is. */
MM_MUST_USE bool verifier_place_of_address(const uint8_t address[16], uint8_t place[MM_DIGEST_LEN]);

#endif
