/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Proof of issuance: what a gate knows of the tokens that mints made (step 12 of the decision).
 *
 * A proof holds, for each realm with a mint, the day keys of its own services' marks and the index of issued tokens.
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

/* An empty proof, whose indexes hold at most max_bytes together; NULL where memory is short. */
MM_API MM_MUST_USE struct mm_proof *mm_proof_new(size_t max_bytes);

/* Free *proof and set it to NULL. Not checked here: whether another thread still decides with it. */
MM_API void mm_proof_free(struct mm_proof **proof);

#ifdef __cplusplus
}
#endif
#endif
