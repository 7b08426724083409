/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A hasher over libcrypto's EVP: the algorithm is fetched once, the context made once.
 */
#include "lib/crypto/hasher.h"

#include <openssl/evp.h>

#include <stdlib.h>

struct mm_hasher {
	EVP_MD *md;
	EVP_MD_CTX *ctx;
};

struct mm_hasher *
mm_hasher_new(void)
{
	struct mm_hasher *hasher = calloc(1, sizeof(*hasher));

	if (hasher == NULL)
		return NULL;
	hasher->md = EVP_MD_fetch(NULL, "SHA256", NULL);
	hasher->ctx = EVP_MD_CTX_new();
	if (hasher->md == NULL || hasher->ctx == NULL)
		mm_hasher_free(&hasher);
	return hasher;
}

void
mm_hasher_free(struct mm_hasher **hasher)
{
	if (*hasher == NULL)
		return;
	EVP_MD_CTX_free((*hasher)->ctx);
	EVP_MD_free((*hasher)->md);
	free(*hasher);
	*hasher = NULL;
}

bool
mm_hasher_begin(struct mm_hasher *hasher)
{
	return EVP_DigestInit_ex2(hasher->ctx, hasher->md, NULL) == 1;
}

bool
mm_hasher_add(struct mm_hasher *hasher, struct mm_slice bytes)
{
	return EVP_DigestUpdate(hasher->ctx, bytes.ptr, bytes.len) == 1;
}

bool
mm_hasher_end(struct mm_hasher *hasher, uint8_t digest[MM_DIGEST_LEN])
{
	if (EVP_DigestFinal_ex(hasher->ctx, digest, NULL) == 1)
		return true;
	memset(digest, 0, MM_DIGEST_LEN);
	return false;
}

bool
mm_hasher_sha256(struct mm_hasher *hasher, struct mm_slice bytes, uint8_t digest[MM_DIGEST_LEN])
{
	if (mm_hasher_begin(hasher) && mm_hasher_add(hasher, bytes))
		return mm_hasher_end(hasher, digest);
	memset(digest, 0, MM_DIGEST_LEN);
	return false;
}
