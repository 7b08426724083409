/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A pool: memory that is given out piece by piece and freed all at once.
 */
#include "lib/base/pool.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>

struct mm_pool_block {
	struct mm_pool_block *next;
	alignas(max_align_t) char bytes[];
};

void *
mm_pool_alloc(struct mm_pool *pool, size_t size)
{
	struct mm_pool_block *block;

	if (size > SIZE_MAX - sizeof(*block))
		return NULL;
	block = calloc(1, sizeof(*block) + size);
	if (block == NULL)
		return NULL;
	block->next = pool->blocks;
	pool->blocks = block;
	return block->bytes;
}

void *
mm_pool_array(struct mm_pool *pool, size_t count, size_t size)
{
	size_t total;

	if (__builtin_mul_overflow(count, size, &total))
		return NULL;
	return mm_pool_alloc(pool, total);
}

char *
mm_pool_copy(struct mm_pool *pool, struct mm_slice text)
{
	char *copy = text.len == SIZE_MAX ? NULL : mm_pool_alloc(pool, text.len + 1);

	if (copy != NULL && text.len > 0)
		memcpy(copy, text.ptr, text.len);
	return copy;
}

void
mm_pool_clear(struct mm_pool *pool)
{
	while (pool->blocks != NULL) {
		struct mm_pool_block *block = pool->blocks;

		pool->blocks = block->next;
		free(block);
	}
}
