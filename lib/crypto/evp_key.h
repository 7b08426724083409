/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OpenSSL's form of a public key. Only lib/crypto/ includes it.
 */
#ifndef MM_CRYPTO_EVP_KEY_H
#define MM_CRYPTO_EVP_KEY_H

#include "lib/crypto/public_key.h"

#include <openssl/evp.h>

/*
 * Make a key of libcrypto from material; the caller frees it with EVP_PKEY_free(). NULL where libcrypto
 * refuses it (an EC point off its curve, an RSA modulus above MM_RSA_BITS_MAX) or has no memory; the errors
 * then stand in its queue.
 * Not checked here: the exponent; for Ed25519, anything but the length.
 */
EVP_PKEY *mm_evp_key_new(const struct mm_key_material *material);

#endif
