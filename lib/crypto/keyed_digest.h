/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A keyed digest of 128 bits of a text of some kilobytes, for tables that strangers fill: several times as fast as
 * SHA-256 or SipHash over the text. keyed_digest.c says why nobody without the key makes two texts of one digest.
 */
#ifndef MM_CRYPTO_KEYED_DIGEST_H
#define MM_CRYPTO_KEYED_DIGEST_H

#include "lib/base/limits.h"

#include <mintmark/slice.h>
#include <mintmark/version.h>

#include <stdbool.h>
#include <stdint.h>

#define MM_KEYED_DIGEST_SEED_LEN 32

/* The longest text, a token, in 64-bit words; the second pass of the digest needs two more words of key. */
#define MM_KEYED_DIGEST_WORDS (MM_TOKEN_LEN_MAX / 8)

struct mm_keyed_digest_key {
	uint64_t words[MM_KEYED_DIGEST_WORDS + 2];
	uint64_t outer[2];
};

struct mm_keyed_digest {
	uint64_t half[2];
};

/* Make a key from random bytes that nobody else knows. Returns false where libcrypto fails; key is then all zeroes. */
MM_MUST_USE bool
mm_keyed_digest_key_init(struct mm_keyed_digest_key *key, const unsigned char seed[MM_KEYED_DIGEST_SEED_LEN]);

/*
 * The digest of a text of at most MM_TOKEN_LEN_MAX bytes, of which a longer one has none: false.
 * Another processor may give another digest: it does not leave the process. Not a signature and not for comparing
 * secrets: whoever has the key makes collisions at will.
 */
MM_MUST_USE bool mm_keyed_digest_make(const struct mm_keyed_digest_key *key, struct mm_slice text,
    struct mm_keyed_digest *digest);

static inline bool
mm_keyed_digest_equal(const struct mm_keyed_digest *a, const struct mm_keyed_digest *b)
{
	return a->half[0] == b->half[0] && a->half[1] == b->half[1];
}

#endif
