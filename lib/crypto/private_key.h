/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Private keys that a JWE's content key is got with: RSA decrypts it, EC and X25519 agree on it. None signs.
 */
#ifndef MM_CRYPTO_PRIVATE_KEY_H
#define MM_CRYPTO_PRIVATE_KEY_H

#include "lib/crypto/public_key.h"

#include <mintmark/slice.h>
#include <mintmark/version.h>

#include <stdbool.h>
#include <stddef.h>

/* Its public part, and the private numbers as big-endian bytes. */
struct mm_private_material {
	struct mm_key_material public; /* of MM_KEY_OKP: curve MM_CURVE_X25519 */
	struct mm_slice d;
	struct mm_slice p, q, dp, dq, qi; /* of RSA: all five, or all absent */
};

struct mm_private_key;

/* The coordinate of P-521: the longest shared secret. */
#define MM_SHARED_SECRET_LEN_MAX 66

/*
 * Make a key, checked as mm_public_key_new() checks one, and that both parts belong together. NULL where it is not
 * good or memory is short. Nothing of material is kept. Threads may share it.
 */
struct mm_private_key *mm_private_key_new(const struct mm_private_material *material);
void mm_private_key_free(struct mm_private_key **key);

/*
 * Decrypt with RSAES-OAEP (RFC 8017 section 7.1.2), MGF1 with the same hash, no label. cipher must be as long as the
 * modulus, the plaintext exactly out_len bytes. False, and out wiped, where it is not so.
 */
MM_MUST_USE bool mm_private_key_oaep(const struct mm_private_key *key, bool sha256, struct mm_slice cipher,
    unsigned char *out, size_t out_len);

/*
 * The secret that key and the other's public point agree on (SP 800-56A section 5.7.1.2; RFC 7748 section 6.1, whose
 * all-zero value is refused). The point is checked to lie on the key's curve. *secret_len is set only on success.
 */
MM_MUST_USE bool mm_private_key_agree(const struct mm_private_key *key, const struct mm_key_material *other,
    unsigned char secret[MM_SHARED_SECRET_LEN_MAX], size_t *secret_len);

/* Concat KDF with SHA-256 (SP 800-56A section 5.8.1, RFC 7518 section 4.6.2): out_len bytes. */
MM_MUST_USE bool mm_concat_kdf(struct mm_slice secret, struct mm_slice other_info, unsigned char *out, size_t out_len);

#endif
