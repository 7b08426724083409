/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scratch: memory that its owner handed over for one piece of work, given out in order and taken back
 * all at once. Nothing of it is freed singly, and nothing of it allocates.
 */
#ifndef MM_BASE_SCRATCH_H
#define MM_BASE_SCRATCH_H

#include <stddef.h>

struct mm_scratch {
	char *base;
	size_t size;
	size_t used;
};

static inline void
mm_scratch_init(struct mm_scratch *scratch, void *base, size_t size)
{
	scratch->base = base;
	scratch->size = size;
	scratch->used = 0;
}

/* len bytes, not aligned and not cleared; NULL where there is no more room. */
static inline char *
mm_scratch_take(struct mm_scratch *scratch, size_t len)
{
	char *taken;

	if (len > scratch->size - scratch->used)
		return NULL;
	taken = scratch->base + scratch->used;
	scratch->used += len;
	return taken;
}

#endif
