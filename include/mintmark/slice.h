/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A borrowed run of bytes: not owned, not NUL-terminated, possibly with any byte in it.
 * An absent slice has ptr NULL; an empty one has a ptr and len 0.
 */
#ifndef MINTMARK_SLICE_H
#define MINTMARK_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct mm_slice {
	const char *ptr;
	size_t len;
};

#define MM_SLICE_ABSENT ((struct mm_slice){ NULL, 0 })

/* Borrow len bytes at ptr. */
static inline struct mm_slice
mm_slice(const void *ptr, size_t len)
{
	struct mm_slice slice = { (const char *)ptr, len };
	return slice;
}

/* Borrow a NUL-terminated string without its NUL; NULL gives the absent slice. */
static inline struct mm_slice
mm_slice_str(const char *text)
{
	return mm_slice(text, text == NULL ? 0 : strlen(text));
}

static inline bool
mm_slice_present(struct mm_slice slice)
{
	return slice.ptr != NULL;
}

/*
 * Byte equality; two absent slices are not equal to anything, not even to each other.
 * Not for secrets: it takes the time that memcmp takes. Not checked here: encoding, case.
 */
static inline bool
mm_slice_equal(struct mm_slice a, struct mm_slice b)
{
	return a.ptr != NULL && b.ptr != NULL && a.len == b.len &&
	    (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

#endif
