/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one thread keeps between verifications: a context for digests, and for each of the keys that it used last a
 * context that is ready to verify, so that a verification neither makes nor copies one.
 */
#ifndef MM_CRYPTO_VERIFIER_H
#define MM_CRYPTO_VERIFIER_H

#include "lib/crypto/public_key.h"

#include <openssl/evp.h>

/* Keys that sign at one time: a realm or two, each with a key and its successor. More only cost a new context. */
#define MM_VERIFIER_KEYS 8

struct mm_verifier {
	EVP_MD_CTX *digest;
	EVP_MD_CTX *message; /* Ed25519's; one that verified a message makes no digest any more */
	EVP_PKEY_CTX *ready[MM_VERIFIER_KEYS]; /* NULL: free. Each holds a reference to its key */
	unsigned next;                         /* to be replaced */
};

/*
 * A context that is ready to verify digests under key with this scheme and hash. The key's address names it: as long as
 * a context is kept it holds the key, so that no other key can have its address. NULL where libcrypto cannot.
 */
EVP_PKEY_CTX *
mm_verifier_context(struct mm_verifier *verifier, EVP_PKEY *key, enum mm_scheme scheme, const EVP_MD *hash);

/* Never use this context again. */
void mm_verifier_forget(struct mm_verifier *verifier, EVP_PKEY_CTX *ctx);

#endif
