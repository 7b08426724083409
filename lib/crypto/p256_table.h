/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ES256 under a key that signs often: a table of the key's multiples, with which a verification takes a third of its
 * time. doc/decisions/0035 says why, and what it costs.
 *
 * The answers are those of mm_public_key_verify(); it stays the way for every key that has no table.
 */
#ifndef MM_CRYPTO_P256_TABLE_H
#define MM_CRYPTO_P256_TABLE_H

#include "lib/base/limits.h"
#include "lib/crypto/public_key.h"

#include <mintmark/reason.h>
#include <mintmark/slice.h>

#include <stdint.h>

/* A table takes as much memory, and as long to make as some 500 verifications without one. */
#define MM_P256_TABLE_BYTES ((size_t)160 * 1024)

struct mm_p256_table;
struct mm_p256_room;

/*
 * Make the table of a key of MM_CURVE_P256. NULL where the point is none of the curve, memory is short, or this
 * libcrypto is not quicker with a table. It never changes after it was made and may be shared by threads.
 */
struct mm_p256_table *mm_p256_table_new(const struct mm_key_material *material);
void mm_p256_table_free(struct mm_p256_table **table);

/* What one thread needs to verify; made once, used for any number of tables. NULL where memory is short. */
struct mm_p256_room *mm_p256_room_new(void);
void mm_p256_room_free(struct mm_p256_room **room);

/*
 * Verify an ES256 signature (RFC 7518 section 3.4, FIPS 186-5 section 6.4.2), exactly 64 bytes, over what has this
 * SHA-256. Returns MM_OK or MM_SIGNATURE_INVALID; MM_INTERNAL where libcrypto cannot work.
 */
MM_MUST_USE enum mm_reason
mm_p256_table_verify(const struct mm_p256_table *table, struct mm_p256_room *room,
    const uint8_t digest[MM_DIGEST_LEN], struct mm_slice signature);

#endif
