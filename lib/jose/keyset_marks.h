/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the canonical form of a fetched JWK set (doc/PROTOCOL.keys) says of a key beside the key itself.
 */
#ifndef MM_JOSE_KEYSET_MARKS_H
#define MM_JOSE_KEYSET_MARKS_H

#include "lib/codec/json.h"

#include <mintmark/version.h>

#include <stdbool.h>
#include <stdint.h>

#define MM_KEYSET_SEEN "mintmark_seen"
#define MM_KEYSET_GONE "mintmark_gone"
#define MM_KEYSET_NOT_AFTER "mintmark_not_after"

struct mm_keyset_marks {
	int64_t seen_s;      /* when it was first seen; INT64_MIN: not stated */
	int64_t gone_s;      /* it is published no more, and was last seen then; INT64_MAX: it is still */
	int64_t not_after_s; /* the end of the certificate that it was published with; INT64_MAX: there was none */
};

/*
 * Read the marks of a key of the canonical form. Returns false where one is no time. Not checked here: the key.
 * Only of documents of our own: a stranger's marks mean nothing.
 */
MM_MUST_USE bool mm_keyset_read_marks(struct mm_json_value key, struct mm_keyset_marks *marks);

#endif
