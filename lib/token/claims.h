/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The registered claims that any step reads (RFC 7519 section 4.1, RFC 9068 section 2.2).
 *
 * Claims of a token whose signature was not verified and claims that somebody signed are different types. Only
 * the decision turns the first into the second.
 */
#ifndef MM_TOKEN_CLAIMS_H
#define MM_TOKEN_CLAIMS_H

#include "lib/codec/json.h"

#include <mintmark/reason.h>
#include <mintmark/slice.h>

#include <stdbool.h>
#include <stdint.h>

/* Texts are unescaped; absent is not stated. */
struct mm_claim_set {
	struct mm_slice iss, sub, tid, azp, client_id, jti, sid, scope;
	struct mm_slice client;   /* client_id, else azp */
	struct mm_slice audience; /* the first of aud */
	size_t audience_count;
	int64_t exp_s, iat_s, nbf_s;
	bool has_exp, has_iat, has_nbf;
	bool has_cnf;
};

/* The texts of a set, for who keeps one; 'client' is one of the others. */
#define MM_CLAIM_TEXTS(TEXT) \
	TEXT(iss) TEXT(sub) TEXT(tid) TEXT(azp) TEXT(client_id) TEXT(jti) TEXT(sid) TEXT(scope) TEXT(audience)

struct mm_unverified_claims {
	struct mm_claim_set set;
};

struct mm_claims {
	struct mm_claim_set set;
};

/*
 * Read the claims of a scanned payload; strings are unescaped into scratch.
 *
 * Fails with MM_CLAIM_MALFORMED where one that stands there has the wrong type or range (times are whole seconds
 * from 0 to 2^53 - 1, exp after iat; client_id and azp equal where both stand), else with MM_CLAIM_MISSING where
 * iss, aud, exp or iat does not stand there. *what names the claim then; *claims is set as far as it was read.
 * Not checked here: what the claims say.
 */
MM_MUST_USE enum mm_reason
mm_claims_parse(const struct mm_json_index *payload, struct mm_scratch *scratch, struct mm_unverified_claims *claims,
    const char **what);

/* Set the client of a set whose client_id and azp are set. */
void mm_claims_choose_client(struct mm_claim_set *set);

#endif
