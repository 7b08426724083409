/* SPDX-License-Identifier: Apache-2.0 */
/* Keys in a PKCS #11 token. */
#include "daemon/keystore/pkcs11_store.h"

#include "daemon/keystore/pkcs11_object.h"
#include "lib/base/array.h"
#include "lib/crypto/digest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ES256_SIGNATURE_LEN 64

struct pkcs11_store {
	struct keystore base;
	struct pkcs11_token token;
	char realm[MM_NAME_LEN_MAX + 1];
	bool tidy; /* what was left while it was made is destroyed */
};

struct pkcs11_key {
	struct keystore_key base;
	struct {
		uint64_t generation; /* of the sessions that it was found by; 0: not yet */
		CK_OBJECT_HANDLE object;
	} found[KEYSTORE_THREADS_MAX]; /* each of its thread alone */
	_Atomic uint64_t missed; /* the generation in which it was not found; 0: it was */
};

static enum keystore_result
pkcs11_make(struct keystore *base, const struct mm_algorithm *algorithm, struct keystore_public *made,
    struct keystore_trouble *trouble)
{
	struct pkcs11_store *store = (struct pkcs11_store *)base;
	enum keystore_result result;

	if (!pkcs11_token_hold(&store->token, trouble))
		return KEYSTORE_AWAY;
	result = pkcs11_object_make(&store->token, algorithm, store->realm, made, trouble);
	pkcs11_token_release(&store->token);
	return result;
}

static enum keystore_result
pkcs11_open(struct keystore *base, const uint8_t thumbprint[MM_DIGEST_LEN], struct keystore_key **opened,
    struct keystore_trouble *trouble)
{
	struct pkcs11_store *store = (struct pkcs11_store *)base;
	struct pkcs11_key *key = calloc(1, sizeof(*key));
	enum keystore_result result;

	if (key == NULL)
		return keystore_trouble(trouble, KEYSTORE_FAILED, "memory is short");
	memcpy(key->base.thumbprint, thumbprint, MM_DIGEST_LEN);
	result = KEYSTORE_AWAY;
	if (pkcs11_token_hold(&store->token, trouble)) {
		result = pkcs11_object_check(&store->token, store->realm, thumbprint, &key->base.algorithm, trouble);
		pkcs11_token_release(&store->token);
	}
	if (result == KEYSTORE_DONE)
		*opened = &key->base;
	else
		free(key);
	return result;
}

static void
pkcs11_close(struct keystore *base, struct keystore_key **key)
{
	(void)base;
	free(*key);
	*key = NULL;
}

static enum keystore_result
pkcs11_forget(struct keystore *base, const uint8_t thumbprint[MM_DIGEST_LEN], struct keystore_trouble *trouble)
{
	struct pkcs11_store *store = (struct pkcs11_store *)base;
	enum keystore_result result;

	if (!pkcs11_token_hold(&store->token, trouble))
		return KEYSTORE_AWAY;
	result = pkcs11_object_destroy(&store->token, thumbprint, trouble);
	pkcs11_token_release(&store->token);
	return result;
}

static enum keystore_result
pkcs11_list(struct keystore *base, keystore_visit *visit, void *context, struct keystore_trouble *trouble)
{
	static const char *const algorithms[] = { "RS256", "PS256", "ES256", "EdDSA" };
	struct pkcs11_store *store = (struct pkcs11_store *)base;
	enum keystore_result result = KEYSTORE_DONE;

	if (!pkcs11_token_hold(&store->token, trouble))
		return KEYSTORE_AWAY;
	for (size_t i = 0; i < MM_COUNT_OF(algorithms) && result == KEYSTORE_DONE; i++) {
		char label[PKCS11_LABEL_MAX];

		pkcs11_object_label(store->realm, algorithms[i], label);
		result = pkcs11_object_list(&store->token, label, visit, context, trouble);
	}
	pkcs11_token_release(&store->token);
	return result;
}

/* ---- signing ---- */

/* How the module signs for an algorithm; of ES256 it gets the digest, since few modules hash for ECDSA. */
static CK_MECHANISM
mechanism_of(const struct mm_algorithm *algorithm)
{
	static CK_RSA_PKCS_PSS_PARAMS pss = { CKM_SHA256, CKG_MGF1_SHA256, MM_DIGEST_LEN };

	switch (algorithm->scheme) {
	case MM_SCHEME_PKCS1:
		return (CK_MECHANISM){ CKM_SHA256_RSA_PKCS, NULL, 0 };
	case MM_SCHEME_PSS:
		return (CK_MECHANISM){ CKM_SHA256_RSA_PKCS_PSS, &pss, sizeof(pss) };
	case MM_SCHEME_ED25519:
		return (CK_MECHANISM){ CKM_EDDSA, NULL, 0 };
	case MM_SCHEME_ECDSA:
		break;
	}
	return (CK_MECHANISM){ CKM_ECDSA, NULL, 0 };
}

/*
 * A key that was there when it was opened is not found: where its token went away, some modules do not say so and show
 * an empty one. It counts as away, once; where the token was reached anew since and does not have it, the key is gone.
 */
static enum keystore_result
miss(struct pkcs11_store *store, struct pkcs11_key *key, struct keystore_trouble *trouble)
{
	uint64_t missed = key->missed;

	if (missed != 0 && missed != store->token.generation)
		return KEYSTORE_NO_KEY;
	key->missed = store->token.generation;
	return pkcs11_token_failed(&store->token, "an open key is not found", CKR_TOKEN_NOT_PRESENT, trouble);
}

static enum keystore_result
find_for_thread(struct pkcs11_store *store, struct pkcs11_key *key, unsigned thread, struct keystore_trouble *trouble)
{
	CK_OBJECT_HANDLE object = 0;
	enum keystore_result result;

	if (key->found[thread].generation == store->token.generation)
		return KEYSTORE_DONE;
	result = pkcs11_object_find(&store->token, thread, CKO_PRIVATE_KEY, key->base.thumbprint, &object, trouble);
	if (result == KEYSTORE_NO_KEY)
		return miss(store, key, trouble);
	if (result == KEYSTORE_DONE) {
		key->found[thread].object = object;
		key->found[thread].generation = store->token.generation;
		key->missed = 0;
	}
	return result;
}

static enum keystore_result
sign_held(struct pkcs11_store *store, struct pkcs11_key *key, unsigned thread, struct mm_slice input,
    unsigned char signature[KEYSTORE_SIGNATURE_MAX], size_t *len, struct keystore_trouble *trouble)
{
	CK_MECHANISM mechanism = mechanism_of(key->base.algorithm);
	CK_SESSION_HANDLE session = store->token.sessions[thread];
	CK_ULONG made = KEYSTORE_SIGNATURE_MAX;
	enum keystore_result result = find_for_thread(store, key, thread, trouble);
	CK_RV failure;

	if (result != KEYSTORE_DONE)
		return result;
	failure = store->token.calls->C_SignInit(session, &mechanism, key->found[thread].object);
	if (failure == CKR_OK)
		failure = store->token.calls->C_Sign(session, (CK_BYTE *)(uintptr_t)input.ptr, input.len, signature,
		    &made);
	if (failure != CKR_OK)
		return pkcs11_token_failed(&store->token, "signing", failure, trouble);
	if (key->base.algorithm->scheme == MM_SCHEME_ECDSA && made != ES256_SIGNATURE_LEN)
		return keystore_trouble(trouble, KEYSTORE_FAILED, "the token's signature has %lu bytes", made);
	*len = made;
	return KEYSTORE_DONE;
}

static enum keystore_result
pkcs11_sign(struct keystore *base, struct keystore_key *opened, unsigned thread, struct mm_slice input,
    unsigned char signature[KEYSTORE_SIGNATURE_MAX], size_t *len, struct keystore_trouble *trouble)
{
	struct pkcs11_store *store = (struct pkcs11_store *)base;
	uint8_t digest[MM_DIGEST_LEN];
	enum keystore_result result;

	if (opened->algorithm->scheme == MM_SCHEME_ECDSA) {
		if (!mm_sha256(input, digest))
			return keystore_trouble(trouble, KEYSTORE_FAILED, "libcrypto failed");
		input = mm_slice(digest, sizeof(digest));
	}
	if (!pkcs11_token_hold(&store->token, trouble))
		return KEYSTORE_AWAY;
	result = sign_held(store, (struct pkcs11_key *)opened, thread, input, signature, len, trouble);
	pkcs11_token_release(&store->token);
	return result;
}

/* ---- the store ---- */

/*
 * What was left when a process that was killed made a key: nobody was told of it. What a token does not let go of
 * stays, and is never used.
 */
static enum keystore_result
tidy(struct pkcs11_store *store, struct keystore_trouble *trouble)
{
	char label[PKCS11_LABEL_MAX];
	enum keystore_result result;

	if (!pkcs11_token_hold(&store->token, trouble))
		return KEYSTORE_AWAY;
	pkcs11_object_label(store->realm, "making", label);
	result = pkcs11_object_destroy_labelled(&store->token, label, trouble);
	pkcs11_token_release(&store->token);
	store->tidy = result != KEYSTORE_AWAY;
	return store->tidy ? KEYSTORE_DONE : KEYSTORE_AWAY;
}

static enum keystore_result
pkcs11_state(struct keystore *base, struct keystore_trouble *trouble)
{
	struct pkcs11_store *store = (struct pkcs11_store *)base;
	enum keystore_result result = pkcs11_token_connect(&store->token, trouble);

	if (result == KEYSTORE_DONE && !store->tidy)
		result = tidy(store, trouble);
	return result == KEYSTORE_DONE ? KEYSTORE_DONE : KEYSTORE_AWAY;
}

static void
pkcs11_free(struct keystore **base)
{
	struct pkcs11_store *store = (struct pkcs11_store *)*base;

	if (store == NULL)
		return;
	pkcs11_token_clear(&store->token);
	free(store);
	*base = NULL;
}

static const struct keystore_ops pkcs11_ops = {
	.make = pkcs11_make,
	.open = pkcs11_open,
	.close = pkcs11_close,
	.forget = pkcs11_forget,
	.list = pkcs11_list,
	.sign = pkcs11_sign,
	.state = pkcs11_state,
	.free = pkcs11_free,
};

struct keystore *
pkcs11_store_new(const char *module, const char *label, int pin_fd, const char *realm, struct keystore_trouble *trouble)
{
	struct pkcs11_store *store = calloc(1, sizeof(*store));

	if (store == NULL) {
		(void)keystore_trouble(trouble, KEYSTORE_FAILED, "memory is short");
		return NULL;
	}
	store->base.ops = &pkcs11_ops;
	(void)snprintf(store->realm, sizeof(store->realm), "%s", realm);
	if (pkcs11_token_load(&store->token, module, label, pin_fd, trouble) != NULL) {
		pkcs11_token_clear(&store->token);
		free(store);
		return NULL;
	}
	return &store->base;
}
