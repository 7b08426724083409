/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Of several texts, the one that is spelled most like another: for "do you mean".
 */
#ifndef MM_ENGINE_NEAREST_H
#define MM_ENGINE_NEAREST_H

#include <mintmark/slice.h>

#include <stddef.h>

/* Longer texts are not compared: the time grows with the square. */
#define MM_NEAREST_LEN_MAX 1024

struct mm_nearest {
	struct mm_slice wanted;
	struct mm_slice best; /* borrowed from what was offered; absent: nothing comparable was */
	size_t distance;      /* bytes to insert, remove or replace; SIZE_MAX: nothing was */
	size_t place;         /* of the best among what was offered, from 0 */
	size_t offered;
};

void mm_nearest_init(struct mm_nearest *nearest, struct mm_slice wanted);
void mm_nearest_offer(struct mm_nearest *nearest, struct mm_slice candidate);

#endif
