/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A stranger's JWK set brought into the canonical form (doc/PROTOCOL.keys) and merged with what was kept of it.
 *
 * The canonical form has only members known here, in one order, one key a line, sorted by kid; keys that cannot be used
 * are not in it. Keys that are not published any more stay in it, marked as gone, so that their last tokens still
 * verify for a while and that later ones are known for whose they are.
 */
#ifndef MM_JOSE_KEYSET_H
#define MM_JOSE_KEYSET_H

#include "lib/base/buf.h"

#include <mintmark/slice.h>
#include <mintmark/version.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Entra replaced 42 keys in ten years: this is a lifetime, and about 300 kB. */
#define MM_KEYSET_GONE_MAX 512

enum mm_keyset_result {
	MM_KEYSET_NEW,        /* *out differs from what was kept */
	MM_KEYSET_SAME,       /* *out is what was kept */
	MM_KEYSET_UNREADABLE, /* no JWK set: what was kept stays */
	MM_KEYSET_UNUSABLE,   /* it has neither a key that can be used nor a revoked one: what was kept stays */
	MM_KEYSET_TOO_LARGE,  /* the canonical form is longer than MM_DOCUMENT_LEN_MAX: what was kept stays */
	MM_KEYSET_FAILED,     /* memory is short, or libcrypto cannot work */
};

/* What became of a key that is not in *out as it was published. */
enum mm_keyset_event {
	MM_KEYSET_DROPPED,       /* bad, or its kid stands on two keys */
	MM_KEYSET_SKIPPED,       /* not for verifying signatures: nothing wrong with it */
	MM_KEYSET_STAYS_REVOKED, /* published as if it were not revoked: it is, for ever */
	MM_KEYSET_REPLACED,      /* its kid now stands on another key: the older one is forgotten */
	MM_KEYSET_FORGOTTEN,     /* gone, and more than MM_KEYSET_GONE_MAX are gone after it */
};

/* kid is absent where it cannot be read; any bytes: escape it. text is constant. Valid only during the call. */
typedef void mm_keyset_reporter(void *ctx, enum mm_keyset_event event, struct mm_slice kid, const char *text);

struct mm_keyset_report {
	mm_keyset_reporter *tell; /* set by the caller; NULL: nobody is told */
	void *tell_ctx;
	size_t present;      /* keys in *out that are neither gone nor revoked */
	size_t gone;         /* keys in *out that are gone */
	size_t revoked;      /* tombstones in *out */
	size_t dropped;      /* of the fetched ones, as MM_KEYSET_DROPPED */
	bool kept_is_lost;   /* 'kept' is not in the canonical form and was passed over: tell an operator */
	const char *why;     /* a constant sentence where *out was not made; NULL: it was */
	size_t why_offset;   /* where in fetched; 0: not at one place */
};

/*
 * Read fetched, any bytes that came at now_s, and merge it with kept, which is *out of an earlier call (absent: there
 * is none). kept_s is when kept was last the source's answer (fetched, or not modified): a key that is not in fetched
 * any more was last seen then. The same input gives the same bytes, and merging a document with its own result gives
 * MM_KEYSET_SAME at any time.
 *
 *   in fetched                        stands as fetched, first seen now_s or when its material was
 *   only in kept                      gone since kept_s, or since it went; the MM_KEYSET_GONE_MAX newest stay
 *   in kept, and bad in fetched       gone since 1970: over at once, unless a good key has its kid too
 *   gone, and in fetched again        not gone
 *   its kid was revoked in kept       stays revoked, whatever fetched says of this kid
 *   its kid has another key in kept   the new one takes the kid; nothing verifies with the older one any more
 *   one kid on two keys in fetched    both dropped; a revoked one stays, as revoked
 *
 * Members of ours in fetched (mintmark_…) are not believed. *out is cleared first; it holds a set only where the
 * result is MM_KEYSET_NEW or MM_KEYSET_SAME. Its maximum must be at least MM_DOCUMENT_LEN_MAX.
 * Not checked here: whose keys they are, which the compiler of the trust does for each realm.
 */
MM_MUST_USE enum mm_keyset_result
mm_keyset_merge(struct mm_slice fetched, int64_t now_s, struct mm_slice kept, int64_t kept_s,
    struct mm_keyset_report *report, struct mm_buf *out);

#endif
