/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Decrypting a JWE (RFC 7516) for an application that is sent one, a nested token perhaps: what comes out of it is
 * what anybody may have encrypted, and proves nothing about who did. Give a nested token to mm_decide().
 *
 * Key management: RSA-OAEP, RSA-OAEP-256, ECDH-ES, ECDH-ES+A128KW, +A192KW, +A256KW, dir, A128KW, A192KW, A256KW,
 * A128GCMKW, A192GCMKW, A256GCMKW. Content: A128GCM, A192GCM, A256GCM, A128CBC-HS256, A192CBC-HS384, A256CBC-HS512.
 * Never RSA1_5 (its padding answers questions), PBES2 (its work is the sender's choice) or zip (so is its size).
 */
#ifndef MINTMARK_JWE_H
#define MINTMARK_JWE_H

#include <mintmark/slice.h>
#include <mintmark/version.h>

#include <stddef.h>

struct mm_jwe_key;

/* The longest JWE that is decrypted. */
#define MM_JWE_LEN_MAX ((size_t)256 * 1024)

enum mm_jwe_result {
	MM_JWE_DECRYPTED,
	MM_JWE_TOO_LARGE,
	MM_JWE_MALFORMED,        /* no compact serialization (RFC 7516 section 7.1), or no strict JSON header */
	MM_JWE_ALG_FORBIDDEN,    /* 'alg' is not the key's, or 'enc' is none of the above */
	MM_JWE_HEADER_FORBIDDEN, /* crit or zip */
	MM_JWE_NOT_DECRYPTED,    /* another key, or altered: nobody is told which */
	MM_JWE_INTERNAL,         /* room too small, memory short, libcrypto failed */
};

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Read a private or symmetric JWK (RFC 7517) for one algorithm of key management: what it states in 'alg' (or dir,
 * where it states one of content encryption), else algorithm (NULL where it states one), which must be equal where both
 * stand. So the key and not a JWE chooses.
 *
 * Checked: member types and strict base64url; that 'use' and 'key_ops' allow it; that the type and length of the key
 * fit; that private and public part belong together; RSA of 2048 to 8192 bits.
 * Returns NULL and sets *why (may be NULL) to a constant sentence where it cannot be used or memory is short. jwk is
 * not kept. Free it with mm_jwe_key_free(). Threads may share it.
 * Not checked here: whose key it is.
 */
MM_API struct mm_jwe_key *mm_jwe_key_new(struct mm_slice jwk, const char *algorithm, const char **why);

/*
 * Wipe and free *key and set it to NULL; NULL or a pointer to NULL does nothing. Not checked here: that nobody uses it.
 */
MM_API void mm_jwe_key_free(struct mm_jwe_key **key);

/*
 * Decrypt a compact JWE (RFC 7516 section 5.2). plaintext has at least jwe.len bytes of room and gets *plaintext_len
 * bytes; where it fails nothing of it is left there. The authentication tag is verified before anything is given out,
 * and with CBC before anything is decrypted; all lengths are exact.
 * Not checked here: who encrypted it; 'kid', 'typ', 'cty' and what else the header says.
 */
MM_API MM_MUST_USE enum mm_jwe_result
mm_jwe_decrypt(const struct mm_jwe_key *key, struct mm_slice jwe, char *plaintext, size_t room, size_t *plaintext_len);

/* A constant sentence for a result. Not checked here: anything. */
MM_API const char *mm_jwe_result_text(enum mm_jwe_result result);

#ifdef __cplusplus
}
#endif
#endif
