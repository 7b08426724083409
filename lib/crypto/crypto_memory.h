/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where libcrypto takes its memory from: for a process that holds private keys and wants all of libcrypto's copies of
 * them, its intermediate numbers too, in memory of its own choice.
 */
#ifndef MM_CRYPTO_CRYPTO_MEMORY_H
#define MM_CRYPTO_CRYPTO_MEMORY_H

#include <mintmark/version.h>

#include <stdbool.h>
#include <stddef.h>

/* As malloc(3), realloc(3) and free(3); file and line are libcrypto's own, where it was called. */
typedef void *mm_crypto_alloc_function(size_t size, const char *file, int line);
typedef void *mm_crypto_realloc_function(void *block, size_t size, const char *file, int line);
typedef void mm_crypto_free_function(void *block, const char *file, int line);

/*
 * Have every allocation of libcrypto made by these, for the whole process and for ever. False where libcrypto has
 * allocated already: call it first of all.
 */
MM_MUST_USE bool mm_crypto_memory_set(mm_crypto_alloc_function *alloc, mm_crypto_realloc_function *resize,
    mm_crypto_free_function *give_back);

#endif
