/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The index of issued tokens: exactly which tokens of one realm the ledger has on record, 8 bytes a token.
 *
 * An entry is the first 8 bytes (big-endian) of HMAC-SHA-256, under the index key of the day of iat, over the recorded
 * digest (SHA-256 of header.payload); it stands at [signer][minute][counter], which the jti tells. So a look-up is
 * exact but for a chance of 2^-64, and no entry lets anybody tell a token. An entry of zero is a void record; a code
 * that would be zero is one.
 *
 * One thread adds (in the order of the ledger's stream) and forgets; any number look up meanwhile without locks.
 */
#ifndef MM_TOKEN_ISSUED_H
#define MM_TOKEN_ISSUED_H

#include "lib/token/token_id.h"

#include <mintmark/version.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mm_issued;

/* Tokens of one signer and minute: 24 times 10^9 a day. */
#define MM_ISSUED_COUNTERS_MAX (UINT32_C(1) << 24)

/* An empty index that holds at most max_bytes; NULL where memory is short. */
MM_MUST_USE struct mm_issued *mm_issued_new(size_t max_bytes);

/* Free *issued and set it to NULL. Not checked here: that nobody looks up. */
void mm_issued_free(struct mm_issued **issued);

/*
 * Add entries of one signer and minute from a counter on, which is the next one there (0 in a new minute): false where
 * it is not, where the minute is forgotten, where there is no room for them or memory is short; nothing is added then.
 */
MM_MUST_USE bool mm_issued_add(struct mm_issued *issued, struct mm_token_place first, const uint64_t *entries,
    size_t count);

/* Make a record void. False where there is no such entry. */
MM_MUST_USE bool mm_issued_void(struct mm_issued *issued, struct mm_token_place place);

/*
 * Forget minutes before this one, whose tokens have all expired. Their memory is used again only after every look-up
 * that began before has ended: this call does not wait for them, the next ones of the adding thread see to it.
 */
void mm_issued_forget_before(struct mm_issued *issued, uint32_t minute);

/*
 * Everything before this place of the current stream has been received: what is not there before it is absent. It may
 * be the place of the last token that was received, whose entry tells of itself. It never goes back within a signer;
 * when it goes on to another signer, everything of the one before has been received.
 */
void mm_issued_set_high_water(struct mm_issued *issued, struct mm_token_place high_water);

enum mm_issued_result {
	MM_ISSUED_FOUND = 1, /* and the entry is this one */
	MM_ISSUED_ABSENT,    /* received, and not there, void, or another one */
	MM_ISSUED_NOT_YET,   /* not received yet: behind the high-water mark, or of a signer that is not known */
	MM_ISSUED_FORGOTTEN, /* older than what is kept */
};

/* Look up one. An entry of zero is never found. */
MM_MUST_USE enum mm_issued_result mm_issued_find(const struct mm_issued *issued, struct mm_token_place place,
    uint64_t entry);

struct mm_issued_probe {
	struct mm_token_place place;
	uint64_t entry;
	enum mm_issued_result result;
};

/* Look up many, which do not wait for each other's memory. */
void mm_issued_find_many(const struct mm_issued *issued, struct mm_issued_probe *probes, size_t count);

struct mm_mac_key;

/* The entry of a digest. False where libcrypto fails. */
MM_MUST_USE bool mm_issued_entry(const uint8_t index_key[MM_INDEX_KEY_LEN], const uint8_t digest[32], uint64_t *entry);

/* The same under a key that is ready, made of MM_INDEX_KEY_LEN bytes: for who makes many. Threads may share it. */
MM_MUST_USE bool mm_issued_entry_with(const struct mm_mac_key *index_key, const uint8_t digest[32], uint64_t *entry);

size_t mm_issued_bytes(const struct mm_issued *issued); /* that it holds now */
uint64_t mm_issued_count(const struct mm_issued *issued);

#endif
