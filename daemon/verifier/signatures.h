/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Verifying clients' signatures. A key of ES256 that signs often is given a table (lib/crypto/p256_table.h), with which
 * its signatures take a third of their time.
 *
 * Tables cost memory and time, and a client chooses how often it signs: there are VERIFIER_TABLES_MAX of them at most,
 * only signatures that held count, and once there have been as many, each further one must have been paid for by a
 * thousand of its key's.
 */
#ifndef MM_DAEMON_VERIFIER_SIGNATURES_H
#define MM_DAEMON_VERIFIER_SIGNATURES_H

#include "lib/base/limits.h"
#include "lib/crypto/hasher.h"
#include "lib/crypto/p256_table.h"
#include "lib/crypto/public_key.h"
#include "lib/jose/algorithm.h"

#include <stdbool.h>
#include <stdint.h>

/* 10 MiB. */
#define VERIFIER_TABLES_MAX 64

/* Signatures of a key before its table: of the first tables, which cost a second in all, and of those after them. */
#define VERIFIER_TABLE_SOON 64
#define VERIFIER_TABLE_LATER 1024

#define VERIFIER_COORDINATE_LEN 32

struct verifier_key {
	struct mm_public_key *key;
	const struct mm_algorithm *algorithm;
	char kid[MM_KID_LEN_MAX];
	size_t kid_len; /* 0: it has none */
	uint8_t x[VERIFIER_COORDINATE_LEN], y[VERIFIER_COORDINATE_LEN]; /* of ES256 */

	struct mm_p256_table *table; /* NULL: none */
	uint64_t held; /* signatures that held since there is no table */
	uint64_t used; /* when the last one held, in signatures that were looked at */
};

struct verifier_signatures {
	struct mm_verifier *plain;
	struct mm_p256_room *room;
	struct mm_hasher *hasher;
	struct verifier_key *owners[VERIFIER_TABLES_MAX]; /* of tables; NULL: free */
	struct verifier_key *due; /* to be given one; NULL: nobody */
	uint64_t made; /* tables, since the start */
	uint64_t now;  /* signatures that held, since the start */
};

/* False: memory is short; close it all the same. */
MM_MUST_USE bool verifier_signatures_open(struct verifier_signatures *signatures);
void verifier_signatures_close(struct verifier_signatures *signatures);

/* Whether the signature holds under the key. */
MM_MUST_USE bool verifier_signature_holds(struct verifier_signatures *signatures, struct verifier_key *key,
    struct mm_slice signed_input, struct mm_slice signature);

/* Make the table of a key that is due. It takes some 15 ms: for the end of a round, when its answers are sent. */
void verifier_signatures_make_table(struct verifier_signatures *signatures);

/* Take away a key's table, and forget the key: before its memory is used for another, or given back. */
void verifier_signatures_forget(struct verifier_signatures *signatures, struct verifier_key *key);

#endif
