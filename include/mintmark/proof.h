/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Proof of issuance: what a gate knows of the tokens that mints made (step 12 of the decision), and of those that they
 * revoked (step 11).
 *
 * A proof holds, for each realm with a mint, the day keys of its own services' marks and the index of issued tokens; it
 * leads to what the realm revoked, too.
 * One thread feeds it from the ledger's stream; any number of threads decide with it meanwhile.
 */
#ifndef MINTMARK_PROOF_H
#define MINTMARK_PROOF_H

#include <mintmark/slice.h>
#include <mintmark/version.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mm_proof;

/* How far what the ledger said of the trust can be relied on; the gate counts its heartbeats. */
enum mm_freshness {
	MM_FRESH = 0,    /* it was heard a moment ago, or there is none that should be */
	MM_STALE,        /* it was not heard for too long, or names an epoch later than that of the trust */
	MM_CLOCK_IS_OFF, /* its clock and ours are too far apart */
};

/* What proves that a token of a mint was issued. */
enum mm_issuance {
	MM_ISSUANCE_NONE = 0,    /* its realm is no mint, or nobody looked */
	MM_ISSUANCE_UNPROVEN,    /* looked for, and not found */
	MM_ISSUANCE_MARKED,      /* its mark is right */
	MM_ISSUANCE_LEDGER_AWAY, /* its mark is right, and the ledger, which was to be asked too, is away */
	MM_ISSUANCE_ISSUED,      /* the ledger has it on record */
	MM_ISSUANCE_COUNT        /* none */
};

/* What the ledger answered when it was asked of one token. */
enum mm_ledger_answer {
	MM_LEDGER_NOT_ASKED = 0,
	MM_LEDGER_HAS_IT,
	MM_LEDGER_HAS_IT_NOT, /* never recorded, with another digest, or void */
	MM_LEDGER_SILENT,     /* it is away, did not answer, or cannot know */
};

#ifdef __cplusplus
extern "C" {
#endif

/*
 * An empty proof, the index of each of whose realms holds at most max_bytes; NULL where memory is short. Free it with
 * mm_proof_free(). Not checked here: how much the indexes of many realms hold together.
 */
MM_API MM_MUST_USE struct mm_proof *mm_proof_new(size_t max_bytes);

/* Free *proof and set it to NULL. Not checked here: whether another thread still decides with it. */
MM_API void mm_proof_free(struct mm_proof **proof);

/* "none", "unproven", "marked", "ledger away", "issued". Not checked here: anything; it reads a table. */
MM_API const char *mm_issuance_name(enum mm_issuance issuance);

#ifdef __cplusplus
}
#endif
#endif
