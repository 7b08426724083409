/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Assertions by which clients authenticate (RFC 7523 section 3, private_key_jwt): a JWS that the client signs with a
 * registered key for one request.
 *
 * Two calls: what it says, whose client id is then looked up; whether that client signed it, for this server and now.
 * Neither of them alone proves anything. That it is used once is the table's business.
 */
#ifndef MM_DAEMON_VERIFIER_ASSERTION_H
#define MM_DAEMON_VERIFIER_ASSERTION_H

#include "daemon/ipc/sign_in.h"
#include "daemon/verifier/signatures.h"
#include "lib/base/scratch.h"
#include "lib/codec/json.h"
#include "lib/jose/algorithm.h"
#include "lib/token/compact.h"

#include <mintmark/slice.h>
#include <mintmark/version.h>

#include <stdbool.h>
#include <stdint.h>

#define VERIFIER_ASSERTION_MEMBERS_MAX 32
#define VERIFIER_ASSERTION_JTI_LEN_MAX 256
/* The longest time that one may still be good for: clients sign one a request. */
#define VERIFIER_ASSERTION_S 600

#define VERIFIER_KEYS_MAX 8 /* of a client: one that signs, its successor, and those of other machines */

struct verifier_assertion_room {
	struct mm_json_names names;
	struct mm_json_member header[VERIFIER_ASSERTION_MEMBERS_MAX], payload[VERIFIER_ASSERTION_MEMBERS_MAX];
	struct mm_scratch scratch;
	char bytes[3 * MM_ASSERTION_LEN_MAX];
};

/* What one says; nobody verified it. Borrowed from its room and its text. */
struct verifier_assertion {
	struct mm_compact parts;
	const struct mm_algorithm *algorithm;
	struct mm_slice kid; /* absent: none */
	struct mm_slice unverified_client; /* iss and sub, which are equal */
	struct mm_json_value audience; /* a text or a list of texts */
	struct mm_slice jti;
	int64_t exp_s;
	int64_t not_before_s; /* nbf and iat, the later; INT64_MIN: not stated */
};

/* A client's keys, each for one algorithm. */
struct verifier_keys {
	size_t count;
	struct verifier_key keys[VERIFIER_KEYS_MAX];
};

/*
 * Read a JWK set of a client: at least one key, each of them public, good and for one algorithm (an RSA key states
 * its 'alg'), no kid twice. NULL on success, with *keys to be cleared; else a sentence of what is wrong.
 */
MM_MUST_USE const char *verifier_keys_read(struct mm_slice jwks, struct verifier_keys *keys);
/* Of keys that were verified with, verifier_signatures_forget() each first. */
void verifier_keys_clear(struct verifier_keys *keys);

/* Read an assertion. Returns NULL with *assertion set, or a constant sentence. Not checked here: that it is true. */
MM_MUST_USE const char *verifier_assertion_parse(struct mm_slice text, struct verifier_assertion_room *room,
    struct verifier_assertion *assertion);

/*
 * Check that it was signed by one of these keys, for these two audiences or one of them and no other, and is good now.
 * NULL or a sentence as above. Not checked here: whose keys they are, and whether it was used before.
 */
MM_MUST_USE const char *verifier_assertion_check(const struct verifier_assertion *assertion,
    struct verifier_keys *keys, struct verifier_signatures *signatures, const char *const audiences[2],
    int64_t now_s);

#endif
