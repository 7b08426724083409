/* SPDX-License-Identifier: Apache-2.0 */
/*
 * NH over pairs of words; the last ones are filled up with zeroes, and the length, multiplied with a word of the key of
 * its own, tells them from bytes of the text.
 */
#include "engine/logs/text_hash.h"

#include <sys/random.h>

__extension__ typedef unsigned __int128 sum128;

bool
mm_text_hash_key_init(struct mm_text_hash_key *key)
{
	char *at = (char *)key->words;
	size_t left = sizeof(key->words);

	/* The system gives at most 256 bytes at once without being interrupted. */
	while (left > 0) {
		ssize_t got = getrandom(at, left < 256 ? left : 256, 0);

		if (got <= 0)
			return false;
		at += got;
		left -= (size_t)got;
	}
	return true;
}

static inline sum128
pair(const uint64_t *key, const char *at)
{
	uint64_t words[2];

	memcpy(words, at, sizeof(words));
	return (sum128)(words[0] + key[0]) * (words[1] + key[1]);
}

uint64_t
mm_text_hash(const struct mm_text_hash_key *key, struct mm_slice text)
{
	const uint64_t *words = key->words + 1;
	sum128 sum = (sum128)(text.len + 1) * (key->words[0] | 1);
	const char *at = text.ptr;
	size_t left = text.len;
	char last[16] = { 0 };

	for (; left >= sizeof(last); left -= sizeof(last), at += sizeof(last), words += 2)
		sum += pair(words, at);
	if (left > 0) {
		memcpy(last, at, left);
		sum += pair(words, last);
	}
	/* Both halves go into each bit of the upper half, which tables take their places from. */
	sum = (sum128)((uint64_t)sum ^ (uint64_t)(sum >> 64)) * UINT64_C(0x9E3779B97F4A7C15);
	return (uint64_t)sum ^ (uint64_t)(sum >> 64);
}
