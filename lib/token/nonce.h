/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Nonces for DPoP proofs (RFC 9449 section 9): a time and a code over it, so that nothing is stored for them.
 *
 * A nonce tells that its proof was made after it, by whoever has the key now: a proof that was prepared for later is
 * worth nothing. It is no secret, and any number of clients may get the same one.
 */
#ifndef MM_TOKEN_NONCE_H
#define MM_TOKEN_NONCE_H

#include <mintmark/evidence.h>
#include <mintmark/slice.h>
#include <mintmark/version.h>

#include <stdbool.h>
#include <stdint.h>

/* How long a nonce is accepted. */
#define MM_NONCE_LIFETIME_S 300

/* Within this time all nonces are one, so that clients need not change theirs with every answer. */
#define MM_NONCE_SLOT_S 60

/*
 * Whether nonce is one that mm_dpop_nonce_make() made with this secret, for its lifetime and up to one slot more.
 * Compared in time that does not tell where it differs. Not checked here: who got it.
 */
MM_MUST_USE bool
mm_nonce_check(const unsigned char secret[MM_EVIDENCE_SECRET_LEN], struct mm_slice nonce, int64_t now_s);

#endif
