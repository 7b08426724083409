/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a mint revoked: tokens by their id, sessions, subjects and clients, each up to a moment. A token whose 'iat' is
 * at or before it is refused (step 11 of the decision), one that was issued later is not.
 *
 * Entries are found by a keyed digest, so that strangers' texts cannot crowd one place, and cost 32 bytes, twice that
 * with the room between them. At most MM_REVOKED_MAX are kept apart. What is more, and what memory is short for,
 * becomes one entry for the whole realm: everything that it issued up to the newest moment is refused, and has to be
 * fetched anew. So a full set refuses too much, never too little.
 *
 * One thread adds and forgets, while nobody looks up; any number look up together.
 */
#ifndef MM_TOKEN_REVOKED_H
#define MM_TOKEN_REVOKED_H

#include "lib/base/limits.h"

#include <mintmark/slice.h>
#include <mintmark/version.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* By what tokens are named. The numbers stand in the ledger's records and in its stream: append only. */
enum mm_revoked_kind {
	MM_REVOKED_TOKEN = 1, /* jti */
	MM_REVOKED_SESSION,   /* sid; with a client beside it, that client's tokens of the session alone */
	MM_REVOKED_SUBJECT,   /* sub */
	MM_REVOKED_CLIENT,    /* client_id */
	MM_REVOKED_REALM,     /* all of the realm's, without a value: more was revoked than is kept apart */
	MM_REVOKED_KIND_END
};

const char *mm_revoked_kind_name(unsigned kind); /* "token"; NULL: there is no such kind */

/* The longest text that a mint writes into a token for any of them. */
#define MM_REVOKED_TEXT_MAX 128

struct mm_revoked_what {
	enum mm_revoked_kind kind;
	struct mm_slice value;
	struct mm_slice client; /* of a session; empty or absent: every client's */
};

/* Whether it is well formed: a known kind, a value where it has one, a client with a session alone, texts that fit. */
bool mm_revoked_what_check(const struct mm_revoked_what *what);

/*
 * How long a revocation matters: the longest life of a mint's token, one difference of clocks, and a minute in which a
 * token that is derived from it may still be made.
 */
#define MM_REVOKED_MATTERS_S (MM_LIFETIME_DEFAULT_S + 2 * MM_CLOCK_SKEW_S)

/*
 * Where the world's clock was set back, a token lives for longer than that, and a revocation as long as it: for a day
 * more at most, which is more than zones of time are apart. Else a clock that once was years ahead would fill the set.
 */
#define MM_REVOKED_SET_BACK_MAX_S 86400

/* Of one realm: 64 MiB with the room between them. */
#define MM_REVOKED_MAX ((size_t)1 << 20)

#define MM_REVOKED_SEED_LEN 32

struct mm_revoked;

/* An empty set; seed is random bytes that nobody else knows. NULL where memory is short or libcrypto fails. */
MM_MUST_USE struct mm_revoked *mm_revoked_new(const unsigned char seed[MM_REVOKED_SEED_LEN]);

/* Free *revoked and set it to NULL. Not checked here: that nobody looks up. */
void mm_revoked_free(struct mm_revoked **revoked);

/*
 * Add what passed mm_revoked_what_check(): tokens with an 'iat' of up_to_s or before. It is kept until keep_until, by a
 * clock of the caller's, in milliseconds, that never goes back and is more than 0. Of one that is there the later of
 * both times counts. False: it is not kept apart, but all of the realm's up to that moment are revoked with it.
 */
MM_MUST_USE bool mm_revoked_add(struct mm_revoked *revoked, const struct mm_revoked_what *what, int64_t up_to_s,
    int64_t keep_until);

/*
 * Whether it is to be kept still: at now_ms of the same clock, and now_s of the one by which tokens expire. Beyond
 * keep_until, too, where the latter was set back, and the tokens that it is about have not expired.
 */
bool mm_revoked_is_kept(int64_t up_to_s, int64_t keep_until, int64_t now_ms, int64_t now_s);

/* Forget what is not to be kept any more. */
void mm_revoked_forget(struct mm_revoked *revoked, int64_t now_ms, int64_t now_s);

/* Whether it is revoked for a token of this 'iat'. NULL: nothing is. */
bool mm_revoked_has(const struct mm_revoked *revoked, const struct mm_revoked_what *what, int64_t iat_s);

/* What a token says of itself; texts that it does not state are empty or absent. */
struct mm_revoked_facts {
	struct mm_slice token_id, session, subject, client;
	int64_t iat_s;
};

/* By which kind a token is revoked, in the order of their numbers; 0: by none. */
enum mm_revoked_kind mm_revoked_find(const struct mm_revoked *revoked, const struct mm_revoked_facts *facts);

size_t mm_revoked_count(const struct mm_revoked *revoked); /* of entries; one for the whole realm counts as one */
size_t mm_revoked_bytes(const struct mm_revoked *revoked);

#endif
