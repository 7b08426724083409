/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The nearest spelling, by Levenshtein distance over bytes.
 */
#include "engine/nearest.h"

#include <stdint.h>

void
mm_nearest_init(struct mm_nearest *nearest, struct mm_slice wanted)
{
	*nearest = (struct mm_nearest){ .wanted = wanted, .distance = SIZE_MAX };
}

static size_t
least(size_t a, size_t b, size_t c)
{
	size_t ab = a < b ? a : b;

	return ab < c ? ab : c;
}

/* One row of the usual table at a time: row[j] is the distance of the first i bytes of a to the first j of b. */
static size_t
distance(struct mm_slice a, struct mm_slice b)
{
	uint16_t row[MM_NEAREST_LEN_MAX + 1];

	for (size_t j = 0; j <= b.len; j++)
		row[j] = (uint16_t)j;
	for (size_t i = 1; i <= a.len; i++) {
		size_t diagonal = row[0];

		row[0] = (uint16_t)i;
		for (size_t j = 1; j <= b.len; j++) {
			size_t replaced = diagonal + (a.ptr[i - 1] != b.ptr[j - 1]);

			diagonal = row[j];
			row[j] = (uint16_t)least(replaced, row[j] + 1u, row[j - 1] + 1u);
		}
	}
	return row[b.len];
}

void
mm_nearest_offer(struct mm_nearest *nearest, struct mm_slice candidate)
{
	size_t place = nearest->offered++, found;

	if (nearest->wanted.len > MM_NEAREST_LEN_MAX || candidate.len > MM_NEAREST_LEN_MAX)
		return;
	found = distance(nearest->wanted, candidate);
	if (found >= nearest->distance)
		return;
	nearest->best = candidate;
	nearest->distance = found;
	nearest->place = place;
}
