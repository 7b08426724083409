/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A pool: memory that is given out piece by piece and freed all at once. Not for the deciding path.
 */
#ifndef MM_BASE_POOL_H
#define MM_BASE_POOL_H

#include <mintmark/slice.h>

struct mm_pool_block;

struct mm_pool {
	struct mm_pool_block *blocks;
};

/* size zeroed bytes, aligned for anything; NULL where memory is short. An empty pool is all zeroes. */
void *mm_pool_alloc(struct mm_pool *pool, size_t size);

/* count elements of size, zeroed; NULL also where their product overflows. */
void *mm_pool_array(struct mm_pool *pool, size_t count, size_t size);

/* A NUL-terminated copy; NULL where memory is short. */
char *mm_pool_copy(struct mm_pool *pool, struct mm_slice text);

/* Free everything that came from it. */
void mm_pool_clear(struct mm_pool *pool);

#endif
