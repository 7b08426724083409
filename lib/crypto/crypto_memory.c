/* SPDX-License-Identifier: Apache-2.0 */
/* Where libcrypto takes its memory from. */
#include "lib/crypto/crypto_memory.h"

#include <openssl/crypto.h>

bool
mm_crypto_memory_set(mm_crypto_alloc_function *alloc, mm_crypto_realloc_function *resize,
    mm_crypto_free_function *give_back)
{
	return CRYPTO_set_mem_functions(alloc, resize, give_back) == 1;
}
