/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys of a set while it is merged: keyset_read.c makes them of bytes, keyset.c merges them, keyset_write.c makes bytes
 * of them again.
 */
#ifndef MM_JOSE_KEYSET_ENTRY_H
#define MM_JOSE_KEYSET_ENTRY_H

#include "lib/base/pool.h"
#include "lib/jose/jwk.h"
#include "lib/jose/keyset.h"
#include "lib/jose/keyset_marks.h"

struct mm_keyset_entry {
	struct mm_jwk jwk;
	struct mm_keyset_marks marks;
	bool left_out; /* it is not in the result */
};

struct mm_keyset_entries {
	struct mm_keyset_entry *items;
	size_t count;
	struct mm_slice *bad_kids; /* of keys that are published and bad; of a stranger's set alone */
	size_t bad_count;
};

/* Tell of a key that is not in the result as it was published. */
void mm_keyset_tell(struct mm_keyset_report *report, enum mm_keyset_event event, struct mm_slice kid, const char *text);

/*
 * Read a stranger's set: its good keys and tombstones, first seen now_s; what else is in it is told. Everything is
 * borrowed from fetched and pool. Returns MM_KEYSET_NEW where there is at least one.
 */
enum mm_keyset_result mm_keyset_read_fetched(struct mm_slice fetched, int64_t now_s, struct mm_pool *pool,
    struct mm_keyset_report *report, struct mm_keyset_entries *entries);

/* Read a set in the canonical form; what is not in it is passed over, and said in the report. */
enum mm_keyset_result mm_keyset_read_kept(struct mm_slice kept, struct mm_pool *pool, struct mm_keyset_report *report,
    struct mm_keyset_entries *entries);

/* Write those that are not left out, in their order. */
void mm_keyset_write(const struct mm_keyset_entries *entries, struct mm_buf *out);

#endif
