/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Proofs of possession as clients make them: DPoP (RFC 9449), and what binds a token to a key or a certificate.
 */
#ifndef MAKER_PROOF_H
#define MAKER_PROOF_H

#include "test/maker/text.h"

#include <openssl/evp.h>
#include <stdint.h>

/* What proofs of recipes are made for, where they do not say something else. */
#define MAKER_PROOF_URL "https://mail.example/inbox"

/* What a proof is made for. */
struct maker_proof_request {
	const char *method, *url, *token, *jti;
	int64_t now_s;
};

/* A number that is new each time, for the 'jti' of proofs. */
unsigned long maker_random(void);

/* Header and claims of a genuine proof by this key. */
void maker_proof_draft(EVP_PKEY *key, const char *algorithm, const struct maker_proof_request *request,
    struct maker_object *header, struct maker_object *claims);

/* A genuine proof: a JWS in compact form. */
struct maker_text maker_proof_make(EVP_PKEY *key, const struct maker_proof_request *request);

/* Sign header and claims; the text is what a genuine client would have sent had it meant this. */
struct maker_text maker_proof_sign(EVP_PKEY *key, const char *algorithm, const struct maker_object *header,
    const struct maker_object *claims);

/* Append the thumbprint of a key (RFC 7638 with SHA-256, base64url). */
void maker_add_thumbprint(struct maker_text *text, EVP_PKEY *key);

/* The value of 'cnf' that binds a token to this key, {"jkt":"…"}. */
struct maker_text maker_binding_of_key(EVP_PKEY *key);

/* The value of 'cnf' that binds a token to this certificate in PEM, {"x5t#S256":"…"}. */
struct maker_text maker_binding_of_certificate(const char *path);

#endif
