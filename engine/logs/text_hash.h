/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A hash of short texts for tables in memory: NH (RFC 4418 section 5.2, here with words of 64 bits) under a random key,
 * its sum folded. Whoever wrote the texts did so before the key was drawn and never learns of it, so cannot choose many
 * that meet; that is all that is asked of it. lib/crypto/keyed_digest.h is for tables whose users see how they behave.
 */
#ifndef MM_ENGINE_LOGS_TEXT_HASH_H
#define MM_ENGINE_LOGS_TEXT_HASH_H

#include <mintmark/slice.h>
#include <mintmark/version.h>

#include <stdbool.h>
#include <stdint.h>

/* The longest text, in bytes: MM_NAMES_TEXT_MAX. */
#define MM_TEXT_HASH_MAX 2048

struct mm_text_hash_key {
	uint64_t words[MM_TEXT_HASH_MAX / 8 + 2];
};

/* Draw a key. Returns false where the system gives no random bytes. */
MM_MUST_USE bool mm_text_hash_key_init(struct mm_text_hash_key *key);

/* The hash of a text of at most MM_TEXT_HASH_MAX bytes. */
uint64_t mm_text_hash(const struct mm_text_hash_key *key, struct mm_slice text);

#endif
