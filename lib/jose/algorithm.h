/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signature algorithms (RFC 7518 section 3.1, RFC 8037, RFC 9864): one row each.
 */
#ifndef MM_JOSE_ALGORITHM_H
#define MM_JOSE_ALGORITHM_H

#include "lib/crypto/public_key.h"

#include <mintmark/slice.h>

#include <stdint.h>

struct mm_algorithm {
	const char *name;
	size_t name_len;
	uint8_t number; /* in snapshots and journals: never changes, never used again */
	enum mm_key_type key_type;
	enum mm_curve curve; /* the only one it may use */
	enum mm_scheme scheme;
	enum mm_hash hash;
};

/* The algorithm of this name, exactly (names are case-sensitive, RFC 7515 section 4.1.1); NULL: none known here. */
const struct mm_algorithm *mm_algorithm_find(struct mm_slice name);

/* The algorithm of this number; NULL: none. */
const struct mm_algorithm *mm_algorithm_by_number(uint8_t number);

/* Whether a key of this type and curve can be used with it. */
bool mm_algorithm_fits(const struct mm_algorithm *algorithm, enum mm_key_type type, enum mm_curve curve);

#endif
