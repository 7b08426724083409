/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table behind <mintmark/cache.h>: entries of bytes by the name of a token. cache_entry.h says what the bytes are.
 */
#ifndef MM_TOKEN_CACHE_H
#define MM_TOKEN_CACHE_H

#include "lib/base/scratch.h"
#include "lib/crypto/keyed_digest.h"

#include <mintmark/cache.h>
#include <mintmark/slice.h>

#include <stdbool.h>

/* The longest entry. Genuine tokens need some five hundred bytes; what needs more is verified each time. */
#define MM_CACHE_ENTRY_LEN_MAX 2048

/*
 * Under what a token is kept: the digest of its whole text, so that neither another signature nor a missing one is
 * taken for it, its length, and the epoch of the trust that it was verified under.
 */
struct mm_cache_name {
	struct mm_keyed_digest digest;
	uint64_t epoch;
	uint64_t token_len;
};

/* Name a token; false for one that is absent, empty or too large: it has no entry. */
MM_MUST_USE bool mm_cache_name_token(const struct mm_cache *cache, struct mm_slice token, uint64_t epoch,
    struct mm_cache_name *name);

/*
 * Copy the entry of this name into scratch. Returns false where there is none, where scratch is full, and where
 * another thread holds that part of the table for longer than a look-up takes: nobody waits for a thread that does not
 * run, a signature more is cheaper.
 */
MM_MUST_USE bool mm_cache_find(struct mm_cache *cache, const struct mm_cache_name *name, struct mm_scratch *scratch,
    struct mm_slice *entry);

/*
 * Keep an entry, in the place of an older one of the same token; the oldest entries make room for it. One that is too
 * long is not kept, nor one whose part of the table is held by another thread.
 */
void mm_cache_store(struct mm_cache *cache, const struct mm_cache_name *name, struct mm_slice entry);

#endif
