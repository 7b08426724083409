/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as an address: what comes out is at most a byte longer, is plain ASCII, and comes out again unchanged.
 */
#include "lib/codec/http_url.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mm_slice normal, again;
	struct mm_scratch scratch;
	char *room = malloc(2 * size + 3);

	if (room == NULL)
		abort();
	mm_scratch_init(&scratch, room, 2 * size + 3);
	if (mm_http_url_normalize(mm_slice(data, size), &scratch, &normal)) {
		if (normal.len > size + 1)
			abort();
		for (size_t i = 0; i < normal.len; i++) {
			if (normal.ptr[i] < '!' || normal.ptr[i] > '~' || normal.ptr[i] == '?' || normal.ptr[i] == '#')
				abort();
		}
		/* One byte more than the limit has no second normal form. */
		if (normal.len <= MM_HTTP_URL_LEN_MAX && (!mm_http_url_normalize(normal, &scratch, &again) ||
		    !mm_slice_equal(normal, again)))
			abort();
	}
	free(room);
	return 0;
}
