/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The secrets of a mint, each derived from its mark root by HKDF-SHA-256 (RFC 5869), salt absent. doc/mint.md has the
 * labels: info is the label, then each argument, each of them with its length before it.
 *
 * A thief of one of them has that one alone: none leads to the root or to another.
 */
#ifndef MM_TOKEN_MINT_SECRET_H
#define MM_TOKEN_MINT_SECRET_H

#include <mintmark/slice.h>
#include <mintmark/version.h>

#include <stdbool.h>
#include <stdint.h>

#define MM_MARK_ROOT_LEN 32
#define MM_TOKEN_ID_KEY_LEN 16
#define MM_MARK_KEY_LEN 32
#define MM_INDEX_KEY_LEN 32

/* Days since 1970-01-01 UTC of a time in seconds, which is not negative. */
uint32_t mm_mint_day(int64_t time_s);

/*
 * Derive a secret of the realm of this name (1 to MM_NAME_LEN_MAX bytes), for an audience of 1 to MM_CLAIM_LEN_MAX
 * bytes and a day before the year 10000. Return false where libcrypto fails or an argument is none; key is then all
 * zeroes. The caller wipes it.
 */
MM_MUST_USE bool mm_mint_token_id_key(const uint8_t root[MM_MARK_ROOT_LEN], struct mm_slice realm,
    uint8_t key[MM_TOKEN_ID_KEY_LEN]);
MM_MUST_USE bool mm_mint_mark_key(const uint8_t root[MM_MARK_ROOT_LEN], struct mm_slice realm,
    struct mm_slice audience, uint32_t day, uint8_t key[MM_MARK_KEY_LEN]);
MM_MUST_USE bool mm_mint_index_key(const uint8_t root[MM_MARK_ROOT_LEN], struct mm_slice realm, uint32_t day,
    uint8_t key[MM_INDEX_KEY_LEN]);

#endif
