/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The store of used DPoP proofs: entering one, and why it may be refused.
 *
 * A proof is known by its key, its address and its 'jti': not by its text, since somebody without the key can write an
 * ECDSA signature in a second way. RFC 9449 section 11.1 has the address in it because clients need not make a 'jti'
 * that is new for every server.
 */
#ifndef MM_TOKEN_REPLAY_H
#define MM_TOKEN_REPLAY_H

#include "lib/base/limits.h"
#include "lib/codec/http_url.h"

#include <mintmark/evidence.h>
#include <mintmark/slice.h>
#include <mintmark/version.h>

#include <stdint.h>

/* A 'jti' of a proof; RFC 9449 section 4.2 wants 96 bits of randomness or a UUID. */
#define MM_PROOF_JTI_LEN_MAX 256

struct mm_used_proof {
	uint8_t thumbprint[MM_DIGEST_LEN]; /* of its key */
	struct mm_slice url;               /* normalized, at most MM_HTTP_URL_LEN_MAX bytes and one */
	struct mm_slice jti;               /* at most MM_PROOF_JTI_LEN_MAX bytes */
	struct mm_slice token;             /* what it came with, without the signature, which has several spellings */
	int64_t accepted_until_s;          /* the last second at which it could be accepted */
};

enum mm_replay {
	MM_REPLAY_ENTERED,     /* it was not there, and is now */
	MM_REPLAY_USED,        /* it is there */
	MM_REPLAY_FORGOTTEN,   /* so old that it may have been there */
	MM_REPLAY_FULL,        /* there is no room */
	MM_REPLAY_SHARE_FULL,  /* this token's share of the room is used up */
	MM_REPLAY_FAILED,      /* it is longer than what proofs are */
};

/*
 * Enter a proof, unless it is there already: only MM_REPLAY_ENTERED lets it be accepted, and gives that to one of any
 * number of threads that enter the same one.
 *
 * Times that go back make nothing acceptable again: what may have been forgotten by the latest time ever given here is
 * refused. A token may fill a quarter of its shard, so that who holds one cannot lock out all others.
 * Not checked here: the proof. Enter it last, so that nobody fills the store with what he could not have used.
 */
MM_MUST_USE enum mm_replay
mm_replay_enter(struct mm_replay_store *store, const struct mm_used_proof *proof, int64_t now_s);

#endif
