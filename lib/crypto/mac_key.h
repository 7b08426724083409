/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HMAC-SHA-256 (RFC 2104) under one key again and again: the states of its two halves are kept, so that a code costs
 * its bytes and one block. mm_hmac_sha256() is for single codes.
 */
#ifndef MM_CRYPTO_MAC_KEY_H
#define MM_CRYPTO_MAC_KEY_H

#include "lib/crypto/mac.h"

struct mm_mac_key;

/* A key of at most 64 bytes, made ready; NULL where memory is short or libcrypto fails. It keeps no copy of key. */
MM_MUST_USE struct mm_mac_key *mm_mac_key_new(const void *key, size_t key_len);

/* Wipe and free *key, and set it to NULL. */
void mm_mac_key_free(struct mm_mac_key **key);

/*
 * The code of the pieces, one behind the other. Threads may share a key; nothing is allocated. False where libcrypto
 * fails; mac is then all zeroes. Compare two with mm_secret_equal().
 */
MM_MUST_USE bool mm_mac_key_make(const struct mm_mac_key *key, const struct mm_slice *pieces, size_t count,
    uint8_t mac[MM_MAC_LEN]);

#endif
