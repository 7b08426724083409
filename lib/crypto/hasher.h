/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A hasher: SHA-256 again and again with one context, so that a call does not look for the algorithm and allocates
 * nothing of ours (libcrypto 3.0 makes its inner context anew each time), or over what comes in pieces. mm_sha256() is
 * for single digests.
 */
#ifndef MM_CRYPTO_HASHER_H
#define MM_CRYPTO_HASHER_H

#include "lib/base/limits.h"

#include <mintmark/slice.h>
#include <mintmark/version.h>

#include <stdbool.h>
#include <stdint.h>

struct mm_hasher;

/* NULL where libcrypto cannot. One thread at a time may use it. */
struct mm_hasher *mm_hasher_new(void);
void mm_hasher_free(struct mm_hasher **hasher);

/* SHA-256 (FIPS 180-4) of bytes. Returns false where libcrypto fails; digest is then all zeroes. */
MM_MUST_USE bool mm_hasher_sha256(struct mm_hasher *hasher, struct mm_slice bytes, uint8_t digest[MM_DIGEST_LEN]);

/*
 * The same piece by piece: begin, add as often as there is more, end. Each returns false where libcrypto fails, and
 * digest is then all zeroes. mm_hasher_sha256() between begin and end makes both of them wrong.
 */
MM_MUST_USE bool mm_hasher_begin(struct mm_hasher *hasher);
MM_MUST_USE bool mm_hasher_add(struct mm_hasher *hasher, struct mm_slice bytes);
MM_MUST_USE bool mm_hasher_end(struct mm_hasher *hasher, uint8_t digest[MM_DIGEST_LEN]);

#endif
