/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tables of JWE's algorithms.
 */
#include "lib/jose/jwe_algorithm.h"

#include "lib/base/array.h"

static const struct mm_jwe_algorithm algorithms[] = {
	{ "RSA-OAEP", MM_JWE_RSA_OAEP, 0, false },
	{ "RSA-OAEP-256", MM_JWE_RSA_OAEP, 0, true },
	{ "ECDH-ES", MM_JWE_AGREE, 0, false },
	{ "ECDH-ES+A128KW", MM_JWE_AGREE_WRAP, 16, false },
	{ "ECDH-ES+A192KW", MM_JWE_AGREE_WRAP, 24, false },
	{ "ECDH-ES+A256KW", MM_JWE_AGREE_WRAP, 32, false },
	{ "dir", MM_JWE_DIRECT, 0, false },
	{ "A128KW", MM_JWE_AES_WRAP, 16, false },
	{ "A192KW", MM_JWE_AES_WRAP, 24, false },
	{ "A256KW", MM_JWE_AES_WRAP, 32, false },
	{ "A128GCMKW", MM_JWE_GCM_WRAP, 16, false },
	{ "A192GCMKW", MM_JWE_GCM_WRAP, 24, false },
	{ "A256GCMKW", MM_JWE_GCM_WRAP, 32, false },
};

static const struct mm_jwe_encryption encryptions[] = {
	{ "A128GCM", { MM_CONTENT_GCM, 16, 12, 16 } },
	{ "A192GCM", { MM_CONTENT_GCM, 24, 12, 16 } },
	{ "A256GCM", { MM_CONTENT_GCM, 32, 12, 16 } },
	{ "A128CBC-HS256", { MM_CONTENT_CBC_HMAC, 32, 16, 16 } },
	{ "A192CBC-HS384", { MM_CONTENT_CBC_HMAC, 48, 16, 24 } },
	{ "A256CBC-HS512", { MM_CONTENT_CBC_HMAC, 64, 16, 32 } },
};

const struct mm_jwe_algorithm *
mm_jwe_algorithm_find(struct mm_slice name)
{
	for (size_t i = 0; i < MM_COUNT_OF(algorithms); i++)
		if (mm_slice_equal(name, mm_slice_str(algorithms[i].name)))
			return &algorithms[i];
	return NULL;
}

const struct mm_jwe_encryption *
mm_jwe_encryption_find(struct mm_slice name)
{
	for (size_t i = 0; i < MM_COUNT_OF(encryptions); i++)
		if (mm_slice_equal(name, mm_slice_str(encryptions[i].name)))
			return &encryptions[i];
	return NULL;
}
