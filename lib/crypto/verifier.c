/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one thread keeps between verifications.
 */
#include "lib/crypto/verifier.h"

#include <stdlib.h>

#include <openssl/rsa.h>

struct mm_verifier *
mm_verifier_new(void)
{
	struct mm_verifier *verifier = (struct mm_verifier *)calloc(1, sizeof(*verifier));

	if (verifier == NULL)
		return NULL;
	verifier->digest = EVP_MD_CTX_new();
	verifier->message = EVP_MD_CTX_new();
	if (verifier->digest == NULL || verifier->message == NULL)
		mm_verifier_free(&verifier);
	return verifier;
}

void
mm_verifier_free(struct mm_verifier **verifier)
{
	if (verifier == NULL || *verifier == NULL)
		return;
	for (size_t i = 0; i < MM_VERIFIER_KEYS; i++)
		EVP_PKEY_CTX_free((*verifier)->ready[i]);
	EVP_MD_CTX_free((*verifier)->digest);
	EVP_MD_CTX_free((*verifier)->message);
	free(*verifier);
	*verifier = NULL;
}

/*
 * RFC 7518 section 3.5: "The size of the salt value is the same size as the hash function output";
 * the same hash stands in MGF1.
 */
static bool
set_padding(EVP_PKEY_CTX *ctx, enum mm_scheme scheme, const EVP_MD *hash)
{
	switch (scheme) {
	case MM_SCHEME_PKCS1:
		return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1;
	case MM_SCHEME_PSS:
		return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) == 1 &&
		    EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, hash) == 1 &&
		    EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_DIGEST) == 1;
	case MM_SCHEME_ECDSA:
		return true;
	case MM_SCHEME_ED25519:
		break; /* signs messages, not digests */
	}
	return false;
}

static EVP_PKEY_CTX *
make_context(EVP_PKEY *key, enum mm_scheme scheme, const EVP_MD *hash)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);

	if (ctx != NULL && EVP_PKEY_verify_init(ctx) == 1 && EVP_PKEY_CTX_set_signature_md(ctx, hash) == 1 &&
	    set_padding(ctx, scheme, hash))
		return ctx;
	EVP_PKEY_CTX_free(ctx);
	return NULL;
}

EVP_PKEY_CTX *
mm_verifier_context(struct mm_verifier *verifier, EVP_PKEY *key, enum mm_scheme scheme, const EVP_MD *hash)
{
	EVP_PKEY_CTX **slot;

	for (size_t i = 0; i < MM_VERIFIER_KEYS; i++) {
		if (verifier->ready[i] != NULL && EVP_PKEY_CTX_get0_pkey(verifier->ready[i]) == key)
			return verifier->ready[i];
	}
	slot = &verifier->ready[verifier->next++ % MM_VERIFIER_KEYS];
	EVP_PKEY_CTX_free(*slot);
	*slot = make_context(key, scheme, hash);
	return *slot;
}

void
mm_verifier_forget(struct mm_verifier *verifier, EVP_PKEY_CTX *ctx)
{
	for (size_t i = 0; i < MM_VERIFIER_KEYS; i++) {
		if (verifier->ready[i] == ctx) {
			EVP_PKEY_CTX_free(ctx);
			verifier->ready[i] = NULL;
		}
	}
}
