/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Evidence that who presents a token also holds the key that it is bound to: DPoP (RFC 9449) and certificates of
 * mutual TLS (RFC 8705).
 */
#ifndef MINTMARK_EVIDENCE_H
#define MINTMARK_EVIDENCE_H

#include <mintmark/slice.h>
#include <mintmark/version.h>

#include <stddef.h>
#include <stdint.h>

struct mm_replay_store;

#define MM_EVIDENCE_SECRET_LEN 32
#define MM_CERTIFICATE_DIGEST_LEN 32

/*
 * The request that a token came with. Only what its receiver saw himself, or whom he trusts, belongs in here.
 *
 * A token with 'cnf.jkt' needs a DPoP proof, one with 'cnf.x5t#S256' the certificate, one with both needs both, one
 * with any other 'cnf' is refused. What is not there gives BINDING_MISSING, what does not fit BINDING_MISMATCH, a proof
 * that was used before or cannot be remembered REPLAYED.
 *
 * "a DPoP-bound access token received as a bearer token" must be refused (RFC 9449 section 7.2): where the request says
 * "Authorization: Bearer", leave dpop_proof absent. Where it says "Authorization: DPoP" without a field DPoP, set it to
 * the empty text: a token that is not bound is refused then too, as it is with a proof.
 */
struct mm_evidence {
	struct mm_slice dpop_proof;  /* the header field DPoP; absent: there is none */
	size_t dpop_proof_count;     /* how often the field stands there; more than once is refused */
	struct mm_slice http_method; /* "GET" */
	struct mm_slice http_url;    /* "https://host/path", its query and fragment do not count */
	/* SHA-256 of the client's certificate in DER, MM_CERTIFICATE_DIGEST_LEN bytes; NULL: it showed none. */
	const unsigned char *certificate_digest;
	/*
	 * What nonces are made with, MM_EVIDENCE_SECRET_LEN random bytes; NULL: none can be asked for, and a service
	 * that demands one denies with BINDING_MISMATCH.
	 */
	const unsigned char *nonce_secret;
	/* The same request is decided once more, after its proof was entered as used: it is not entered again. */
	bool dpop_entered;
	/* Where used proofs are remembered; NULL: no proof is accepted, REPLAYED. */
	struct mm_replay_store *replay_store;
};

#define MM_DPOP_NONCE_LEN 43

/* The least that a store of used proofs takes; it has room for some hundred. */
#define MM_REPLAY_BYTES_MIN 65536

struct mm_replay_stats {
	uint64_t entered;      /* proofs that were new */
	uint64_t used;         /* refused: used before, or so old that they may have been */
	uint64_t without_room; /* refused: the store, or the token's share of it, was full */
	uint64_t kept, room;   /* proofs that are in it now, and that it has room for */
};

#ifdef __cplusplus
extern "C" {
#endif

/*
 * A store of used proofs of at most max_bytes, MM_REPLAY_BYTES_MIN at least, all of it taken now; 64 bytes a proof.
 * seed is MM_EVIDENCE_SECRET_LEN random bytes that nobody else knows. A proof is remembered as long as it could be
 * accepted again, two minutes at most. A store that is full, or whose share for one token is used up, accepts no proof:
 * nothing is forgotten for want of room.
 * NULL where memory is short or max_bytes too few. Any number of threads may decide with it at once. Free it with
 * mm_replay_store_free(). Not checked here: that seed is random, and what another store has seen: who decides in two
 * processes accepts a proof in each.
 */
MM_API struct mm_replay_store *mm_replay_store_new(size_t max_bytes, const unsigned char seed[MM_EVIDENCE_SECRET_LEN]);

/* Free *store and set it to NULL; NULL or a pointer to NULL does nothing. Not checked here: that nobody uses it. */
MM_API void mm_replay_store_free(struct mm_replay_store **store);

/* What it did so far; NULL did nothing. Not checked here: anything. */
MM_API void mm_replay_store_get_stats(struct mm_replay_store *store, struct mm_replay_stats *stats);

/*
 * Make the nonce that is current at now_s, for the header field DPoP-Nonce (RFC 9449 section 9): MM_DPOP_NONCE_LEN
 * characters and a NUL. A nonce is accepted for five minutes. Nothing is stored for it.
 * Not checked here: that the clock is right.
 */
MM_API void mm_dpop_nonce_make(const unsigned char secret[MM_EVIDENCE_SECRET_LEN], int64_t now_s,
    char nonce[MM_DPOP_NONCE_LEN + 1]);

#ifdef __cplusplus
}
#endif
#endif
