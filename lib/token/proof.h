/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What proof of issuance is made of: for each mint the day keys of its audiences, and the index of its tokens; and what
 * it revoked.
 *
 * Fed by one thread. The index (mm_proof_index()) may be fed while others decide; setting days and forgetting them may
 * not: the owner keeps decisions out meanwhile. Secrets are wiped when they go.
 */
#ifndef MM_TOKEN_PROOF_H
#define MM_TOKEN_PROOF_H

#include "lib/base/limits.h"
#include "lib/crypto/mac_key.h"
#include "lib/token/issued.h"
#include "lib/token/mark.h"
#include "lib/token/mint_secret.h"
#include "lib/token/revoked.h"

#include <mintmark/proof.h>
#include <mintmark/slice.h>
#include <mintmark/version.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* As many mints as a configuration may have. */
#define MM_PROOF_REALMS_MAX 64

/* Audiences times days of one mint. */
#define MM_PROOF_DAYS_MAX 4096

/* One audience's day. */
struct mm_proof_day {
	uint32_t day; /* days since 1970-01-01 UTC, of 'iat' */
	char *audience;
	struct mm_mark_key *mark_key;
	struct mm_mac_key *index_key;
};

struct mm_proof_realm {
	char name[MM_NAME_LEN_MAX + 1];
	bool has_token_id_key;
	uint8_t token_id_key[MM_TOKEN_ID_KEY_LEN];
	struct mm_proof_day *days;
	size_t day_count;
	struct mm_issued *issued; /* NULL: nothing of it came yet */
	const struct mm_revoked *revoked; /* the owner's, who keeps it longer than a proof; NULL: not known */
};

struct mm_proof {
	size_t max_bytes;
	struct mm_proof_realm realms[MM_PROOF_REALMS_MAX];
	size_t realm_count;
};

/* The secrets of one realm, audience and day. */
struct mm_proof_secrets {
	struct mm_slice realm, audience;
	uint32_t day;
	const uint8_t *token_id_key, *mark_key, *index_key; /* as long as mint_secret.h says */
};

/* Set them, in place of what was there. False where memory is short, there are too many, or libcrypto fails. */
MM_MUST_USE bool mm_proof_set_day(struct mm_proof *proof, const struct mm_proof_secrets *secrets);

/* Forget the days before this one. */
void mm_proof_forget_before(struct mm_proof *proof, uint32_t day);

/* The index of a realm, made where there was none; NULL where memory is short or there are too many realms. */
struct mm_issued *mm_proof_index(struct mm_proof *proof, struct mm_slice realm);

/* Say where it stands what a realm revoked; false where there are too many realms. */
MM_MUST_USE bool mm_proof_set_revoked(struct mm_proof *proof, struct mm_slice realm, const struct mm_revoked *revoked);

/* What it has of a realm; NULL: nothing. And of an audience and day of it. */
const struct mm_proof_realm *mm_proof_find_realm(const struct mm_proof *proof, struct mm_slice realm);
const struct mm_proof_day *mm_proof_find_day(const struct mm_proof_realm *realm, struct mm_slice audience,
    uint32_t day);

struct mm_decision;

/* What the gate asks the ledger where a decision needs its word. */
struct mm_ledger_question {
	struct mm_slice realm; /* its name; of the trust */
	char token_id[MM_TOKEN_ID_LEN];
	uint8_t digest[MM_DIGEST_LEN]; /* of header.payload, as they stand in the token */
};

/* The question of a decision for which mm_decision_wants_ledger() holds; false where there is none to ask. */
MM_MUST_USE bool mm_decision_ledger_question(const struct mm_decision *decision, struct mm_ledger_question *question);

#endif
