/* SPDX-License-Identifier: Apache-2.0 */
/* HKDF, by libcrypto. */
#include "lib/crypto/hkdf.h"

#include "lib/crypto/digest.h"

#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include <stdint.h>
#include <string.h>

static bool
derive(const void *key, size_t key_len, struct mm_slice info, void *out, size_t out_len)
{
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
	EVP_KDF_CTX *ctx = kdf == NULL ? NULL : EVP_KDF_CTX_new(kdf);
	/* A parameter has no const; deriving only reads. */
	const OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char *)(uintptr_t)"SHA256", 0),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (void *)(uintptr_t)key, key_len),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, (void *)(uintptr_t)info.ptr, info.len),
		OSSL_PARAM_construct_end(),
	};
	bool derived = ctx != NULL && EVP_KDF_derive(ctx, out, out_len, params) == 1;

	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
	return derived;
}

bool
mm_hkdf_sha256(const void *key, size_t key_len, struct mm_slice info, void *out, size_t out_len)
{
	if (derive(key, key_len, info, out, out_len))
		return true;
	memset(out, 0, out_len);
	return false;
}
