/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A keyed digest of 128 bits: NH (RFC 4418 section 5.2, here with words of 64 bits) and behind it SipHash-2-4-128.
 *
 * Why it cannot be attacked. NH is a universal hash: for any two different texts of one length, whoever chose them
 * and however, the share of keys under which their sums are equal is at most 2^-64 a pass; with the key of the second
 * pass shifted by two words it is at most 2^-128 for both (Black, Halevi, Krawczyk, Krovetz, Rogaway, "UMAC: Fast and
 * Secure Message Authentication", CRYPTO 1999, theorems 4.2 and 4.3). That holds for a key that the texts were chosen
 * without, so nothing of the key may show. The sums therefore never leave this file; they go through SipHash under a
 * key of its own, together with the length, so that texts of different lengths differ too. What anybody can see of the
 * digest, and be it by the time that a table takes, looks like random numbers, equal only where the sums are equal.
 * Who has shown q texts to tables that hold n has a chance of q * n * 2^-127 at most: for 10^12 texts and 10^6 entries
 * that is below 10^-20. The words of the key are those of AES-256 in counter mode under the seed, which are as good as
 * random.
 */
#include "lib/crypto/keyed_digest.h"

#include "lib/crypto/digest.h"

#include <openssl/err.h>
#include <openssl/evp.h>

__extension__ typedef unsigned __int128 sum128;

/* ---- the key ---- */

static bool
encrypt_zeroes(EVP_CIPHER_CTX *ctx, const unsigned char *seed, unsigned char *bytes, size_t len)
{
	/* The counter begins at zero: a seed makes one key only. */
	static const unsigned char start[16];
	int written = 0;

	return EVP_EncryptInit_ex(ctx, EVP_aes_256_ctr(), NULL, seed, start) == 1 &&
	    EVP_EncryptUpdate(ctx, bytes, &written, bytes, (int)len) == 1 && (size_t)written == len;
}

bool
mm_keyed_digest_key_init(struct mm_keyed_digest_key *key, const unsigned char seed[MM_KEYED_DIGEST_SEED_LEN])
{
	EVP_CIPHER_CTX *ctx;
	bool made;

	(void)ERR_set_mark();
	memset(key, 0, sizeof(*key));
	ctx = EVP_CIPHER_CTX_new();
	made = ctx != NULL && encrypt_zeroes(ctx, seed, (unsigned char *)key, sizeof(*key));
	EVP_CIPHER_CTX_free(ctx);
	(void)ERR_pop_to_mark();
	if (!made)
		mm_secret_wipe(key, sizeof(*key));
	return made;
}

/* ---- the inner hash ---- */

/* The sums of two passes. */
struct sums {
	sum128 first, second;
};

static inline uint64_t
load_word(const char *at)
{
	uint64_t word;

	memcpy(&word, at, sizeof(word));
	return word;
}

/* RFC 4418 section 5.2.2: two words, each with a word of the key added to it, are multiplied and added to the sum. */
static inline void
add_pair(struct sums *sums, const uint64_t *key, uint64_t left, uint64_t right)
{
	sums->first += (sum128)(left + key[0]) * (right + key[1]);
	sums->second += (sum128)(left + key[2]) * (right + key[3]);
}

static struct sums
sum_pairs(const uint64_t *key, struct mm_slice text)
{
	struct sums sums = { 0, 0 };
	const char *at = text.ptr;
	size_t left = text.len;
	char last[16] = { 0 };

	for (; left >= sizeof(last); left -= sizeof(last), at += sizeof(last), key += 2)
		add_pair(&sums, key, load_word(at), load_word(at + 8));
	if (left > 0) {
		/* Padded with zeroes: the length, which the outer hash takes too, tells them from bytes of the text. */
		memcpy(last, at, left);
		add_pair(&sums, key, load_word(last), load_word(last + 8));
	}
	return sums;
}

/* ---- the outer hash ---- */

struct sip {
	uint64_t v0, v1, v2, v3;
};

static inline uint64_t
rotate(uint64_t word, unsigned bits)
{
	return word << bits | word >> (64 - bits);
}

static inline void
sip_round(struct sip *sip)
{
	sip->v0 += sip->v1;
	sip->v1 = rotate(sip->v1, 13) ^ sip->v0;
	sip->v0 = rotate(sip->v0, 32);
	sip->v2 += sip->v3;
	sip->v3 = rotate(sip->v3, 16) ^ sip->v2;
	sip->v0 += sip->v3;
	sip->v3 = rotate(sip->v3, 21) ^ sip->v0;
	sip->v2 += sip->v1;
	sip->v1 = rotate(sip->v1, 17) ^ sip->v2;
	sip->v2 = rotate(sip->v2, 32);
}

static inline void
sip_add(struct sip *sip, uint64_t word)
{
	sip->v3 ^= word;
	sip_round(sip);
	sip_round(sip);
	sip->v0 ^= word;
}

static inline uint64_t
sip_end(struct sip *sip)
{
	for (int i = 0; i < 4; i++)
		sip_round(sip);
	return sip->v0 ^ sip->v1 ^ sip->v2 ^ sip->v3;
}

/*
 * SipHash-2-4 with 128 bits of output (Aumasson and Bernstein, "SipHash: a fast short-input PRF", INDOCRYPT 2012, and
 * the authors' siphash.c) of five words.
 */
static void
hash_five(const uint64_t key[2], const uint64_t words[5], struct mm_keyed_digest *digest)
{
	struct sip sip = {
		key[0] ^ UINT64_C(0x736F6D6570736575), key[1] ^ UINT64_C(0x646F72616E646F6D) ^ 0xEE,
		key[0] ^ UINT64_C(0x6C7967656E657261), key[1] ^ UINT64_C(0x7465646279746573),
	};

	for (size_t i = 0; i < 5; i++)
		sip_add(&sip, words[i]);
	sip_add(&sip, UINT64_C(5 * 8) << 56);
	sip.v2 ^= 0xEE;
	digest->half[0] = sip_end(&sip);
	sip.v1 ^= 0xDD;
	digest->half[1] = sip_end(&sip);
}

bool
mm_keyed_digest_make(const struct mm_keyed_digest_key *key, struct mm_slice text, struct mm_keyed_digest *digest)
{
	struct sums sums;

	if (!mm_slice_present(text) || text.len > MM_TOKEN_LEN_MAX)
		return false;
	sums = sum_pairs(key->words, text);
	hash_five(key->outer, (const uint64_t[5]){ (uint64_t)sums.first, (uint64_t)(sums.first >> 64),
	    (uint64_t)sums.second, (uint64_t)(sums.second >> 64), text.len }, digest);
	return true;
}
