/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The private keys of the tests' world: made, kept as PEM, published as JWK, and signing.
 */
#ifndef MAKER_KEY_H
#define MAKER_KEY_H

#include "test/maker/text.h"

#include <openssl/evp.h>

enum maker_key_kind {
	MAKER_RSA,              /* 2048 bits */
	MAKER_EC256,
	MAKER_EC384,
	MAKER_EC521,
	MAKER_ED25519,
	MAKER_OTHER_EXPONENT,   /* the primes of another RSA key, with another public exponent */
	MAKER_NEGATED,          /* another EC key's secret negated: the same x, -y */
};

/* Make a key; of is the key that the last two kinds are derived from. The caller frees it. */
EVP_PKEY *maker_key_new(enum maker_key_kind kind, EVP_PKEY *of);

EVP_PKEY *maker_key_load(const char *path);
void maker_key_store(EVP_PKEY *key, const char *path);

/* The public members of its JWK (RFC 7518 section 6, RFC 8037 section 2). */
void maker_key_publish(EVP_PKEY *key, struct maker_object *jwk);

/* 'x5c' with one certificate that the key signed for itself. */
void maker_key_publish_certificate(EVP_PKEY *key, struct maker_object *jwk);

/* Write a certificate that the key signed for itself, in PEM. */
void maker_key_store_certificate(EVP_PKEY *key, const char *path);

/* The algorithm that a key of this type uses where nothing else is said: RS256, ES256, EdDSA and so on. */
const char *maker_key_algorithm(EVP_PKEY *key);

/*
 * Sign with an algorithm (RFC 7518 section 3.1, RFC 8037), or with the key's own where the name is not one
 * that fits it: an attacker writes what he likes into 'alg'. ECDSA gives R || S.
 */
void maker_key_sign(EVP_PKEY *key, const char *algorithm, const struct maker_text *input, struct maker_text *signature);

/* A big-endian number of the key ("n", "e", "d", the curve's "order", …) by OpenSSL's name of it. */
BIGNUM *maker_key_number(EVP_PKEY *key, const char *name);

#endif
