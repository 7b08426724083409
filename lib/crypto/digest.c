/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Digests and secret comparison, through libcrypto.
 */
#include "lib/crypto/digest.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include <string.h>

static bool
digest_bytes(const EVP_MD *md, struct mm_slice bytes, uint8_t *digest, size_t digest_len)
{
	bool done;

	(void)ERR_set_mark();
	done = EVP_Digest(bytes.ptr, bytes.len, digest, NULL, md, NULL) == 1;
	(void)ERR_pop_to_mark();
	if (!done)
		memset(digest, 0, digest_len);
	return done;
}

bool
mm_sha256(struct mm_slice bytes, uint8_t digest[MM_DIGEST_LEN])
{
	return digest_bytes(EVP_sha256(), bytes, digest, MM_DIGEST_LEN);
}

bool
mm_sha1(struct mm_slice bytes, uint8_t digest[MM_SHA1_LEN])
{
	return digest_bytes(EVP_sha1(), bytes, digest, MM_SHA1_LEN);
}

bool
mm_secret_equal(const void *a, const void *b, size_t len)
{
	return CRYPTO_memcmp(a, b, len) == 0;
}

void
mm_secret_wipe(void *secret, size_t len)
{
	/* As good as OPENSSL_cleanse(), which writes eight bytes at a time. */
	if (len > 0)
		explicit_bzero(secret, len);
}
