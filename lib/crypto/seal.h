/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sealing: AES-256-GCM (SP 800-38D) under a key of its own for each sealed text, so that no nonce repeats.
 *
 * sealed = salt (16) | nonce (12) | ciphertext (as long as the plaintext) | tag (16); the key is HKDF-SHA-256 of the
 * sealing key with info "mintmark seal v1", the purpose, each with its length before it as one byte, and the salt.
 */
#ifndef MM_CRYPTO_SEAL_H
#define MM_CRYPTO_SEAL_H

#include <mintmark/slice.h>
#include <mintmark/version.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MM_SEALING_KEY_LEN 32
#define MM_SEAL_OVERHEAD (16 + 12 + 16)

/* The longest purpose: what is sealed and for whom, so that no sealed text passes for another. */
#define MM_SEAL_PURPOSE_MAX 255

/*
 * Seal plain into sealed, which holds plain.len + MM_SEAL_OVERHEAD bytes. context is bound to it and not in it (what
 * the file says in the open). False where libcrypto fails; sealed is then all zeroes.
 */
MM_MUST_USE bool mm_seal(const uint8_t key[MM_SEALING_KEY_LEN], const char *purpose, struct mm_slice context,
    struct mm_slice plain, uint8_t *sealed);

/*
 * Open a sealed text into plain, which holds sealed.len - MM_SEAL_OVERHEAD bytes. False, with plain all zeroes, where
 * it is too short, or not what was sealed with this key, purpose and context.
 */
MM_MUST_USE bool mm_unseal(const uint8_t key[MM_SEALING_KEY_LEN], const char *purpose, struct mm_slice context,
    struct mm_slice sealed, uint8_t *plain);

#endif
