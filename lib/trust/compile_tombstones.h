/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Dead keys of a compilation: collected from all documents and the configuration, then held against all candidates.
 */
#ifndef MM_TRUST_COMPILE_TOMBSTONES_H
#define MM_TRUST_COMPILE_TOMBSTONES_H

#include "lib/base/limits.h"
#include "lib/trust/compile.h"

#include <stddef.h>
#include <stdint.h>

/* Dead material. */
struct mm_tombstone {
	uint8_t material[MM_DIGEST_LEN];
	int64_t revoked_at_s; /* INT64_MIN: not known */
	const struct mm_builder_document *source; /* dead in the realms whose source this is; NULL: in every realm */
};

/* In the compilation's pool; all zeroes: an empty list. */
struct mm_tombstones {
	struct mm_tombstone *items;
	size_t count, max;
};

/* Where memory is short the compilation fails. */
void mm_tombstones_add(struct mm_compilation *compilation, struct mm_tombstones *list,
    const struct mm_tombstone *tombstone);

/*
 * What the configuration revokes by kid: the material that has this kid in this realm is added as dead in every realm,
 * and a kid that no key has becomes a candidate that is dead.
 */
void mm_tombstones_bury_kids(struct mm_compilation *compilation, struct mm_tombstones *list);

/* Dead material is dead under every kid and spelling: take it from every candidate, and tell of what is published. */
void mm_tombstones_apply(struct mm_compilation *compilation, const struct mm_tombstones *list);

#endif
