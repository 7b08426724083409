/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A cache of verified signatures, to spare the signature of a token that comes again.
 *
 * All that it keeps is "exactly these bytes were verified under this key at this epoch", with the claims that the
 * steps need. Steps 3 to 5 and 7 to 13 run on every hit, so that a revoked key, another service, another mailbox or
 * another time decides anew. The token itself is not kept.
 */
#ifndef MINTMARK_CACHE_H
#define MINTMARK_CACHE_H

#include <mintmark/version.h>

#include <stddef.h>
#include <stdint.h>

struct mm_cache;

#define MM_CACHE_SEED_LEN 32

/* The least that a cache takes; it has room for some hundred tokens. */
#define MM_CACHE_BYTES_MIN 262144

struct mm_cache_stats {
	uint64_t hits, misses;    /* of look-ups, one a decision */
	uint64_t stored, evicted; /* evicted: for want of room, not because a newer entry of its token replaced it */
	uint64_t entries;         /* that are kept now, those of older epochs too */
	size_t bytes;             /* of memory, all in all */
};

#ifdef __cplusplus
extern "C" {
#endif

/*
 * A new cache of at most max_bytes, MM_CACHE_BYTES_MIN at least, all of it taken now. seed is MM_CACHE_SEED_LEN random
 * bytes that nobody else knows: who knew them could make two tokens that the cache takes for one.
 * A token needs some 600 bytes; where they are full, the oldest make room.
 * NULL where memory is short or max_bytes too few. Any number of threads may decide with it at once.
 * Free it with mm_cache_free(). Not checked here: that seed is random.
 */
MM_API struct mm_cache *mm_cache_new(size_t max_bytes, const unsigned char seed[MM_CACHE_SEED_LEN]);

/* Free *cache and set it to NULL; NULL or a pointer to NULL does nothing. Not checked here: that nobody uses it. */
MM_API void mm_cache_free(struct mm_cache **cache);

/* What it did so far. Not checked here: anything. */
MM_API void mm_cache_get_stats(const struct mm_cache *cache, struct mm_cache_stats *stats);

#ifdef __cplusplus
}
#endif
#endif
