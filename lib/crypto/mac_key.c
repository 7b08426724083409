/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HMAC with stored states (RFC 2104 section 4 suggests it): a code begins with a copy of each half's state.
 *
 * EVP and EVP_MAC copy contexts by allocating them, 0.3 us and more each time, and a shared one cannot be copied from
 * by threads without a lock. libcrypto's SHA256_CTX is a plain struct, which is copied onto the stack; the functions
 * that use it are deprecated in favour of EVP, not for what they do, and stand in every release of OpenSSL 3.
 */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "lib/crypto/mac_key.h"

#include "lib/crypto/digest.h"

#include <openssl/sha.h>

#include <stdlib.h>

#define BLOCK_LEN SHA256_CBLOCK

struct mm_mac_key {
	SHA256_CTX inner, outer;
};

/* RFC 2104 section 2: "K XOR ipad" and "K XOR opad", ipad 0x36 and opad 0x5C. */
static bool
begin(SHA256_CTX *state, const unsigned char block[BLOCK_LEN], unsigned char pad)
{
	unsigned char padded[BLOCK_LEN];
	bool begun;

	for (size_t i = 0; i < BLOCK_LEN; i++)
		padded[i] = block[i] ^ pad;
	begun = SHA256_Init(state) == 1 && SHA256_Update(state, padded, sizeof(padded)) == 1;
	mm_secret_wipe(padded, sizeof(padded));
	return begun;
}

struct mm_mac_key *
mm_mac_key_new(const void *key, size_t key_len)
{
	unsigned char block[BLOCK_LEN] = { 0 };
	struct mm_mac_key *made;

	if (key_len > sizeof(block))
		return NULL;
	made = calloc(1, sizeof(*made));
	if (made == NULL)
		return NULL;
	memcpy(block, key, key_len);
	if (!begin(&made->inner, block, 0x36) || !begin(&made->outer, block, 0x5C))
		mm_mac_key_free(&made);
	mm_secret_wipe(block, sizeof(block));
	return made;
}

void
mm_mac_key_free(struct mm_mac_key **key)
{
	if (key == NULL || *key == NULL)
		return;
	mm_secret_wipe(*key, sizeof(**key));
	free(*key);
	*key = NULL;
}

static bool
make(SHA256_CTX *inner, SHA256_CTX *outer, const struct mm_slice *pieces, size_t count, uint8_t mac[MM_MAC_LEN])
{
	for (size_t i = 0; i < count; i++)
		if (SHA256_Update(inner, pieces[i].ptr, pieces[i].len) != 1)
			return false;
	return SHA256_Final(mac, inner) == 1 && SHA256_Update(outer, mac, MM_MAC_LEN) == 1 &&
	    SHA256_Final(mac, outer) == 1;
}

bool
mm_mac_key_make(const struct mm_mac_key *key, const struct mm_slice *pieces, size_t count, uint8_t mac[MM_MAC_LEN])
{
	SHA256_CTX inner = key->inner, outer = key->outer;
	bool made = make(&inner, &outer, pieces, count, mac);

	mm_secret_wipe(&inner, sizeof(inner));
	mm_secret_wipe(&outer, sizeof(outer));
	if (!made)
		memset(mac, 0, MM_MAC_LEN);
	return made;
}
