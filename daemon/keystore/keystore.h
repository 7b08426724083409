/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a mint's private keys are kept: one interface, and behind it a folder of sealed files (sealed_store.h) or a
 * token that is reached by PKCS #11 (pkcs11_store.h).
 *
 * One thread makes, opens, forgets, lists and looks after the store; any number of others, each with a number of its
 * own, sign meanwhile with keys that are open. A key stays open until it is closed, also where it is forgotten before.
 */
#ifndef MM_DAEMON_KEYSTORE_KEYSTORE_H
#define MM_DAEMON_KEYSTORE_KEYSTORE_H

#include "lib/base/limits.h"
#include "lib/jose/algorithm.h"

#include <mintmark/slice.h>
#include <mintmark/version.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Threads that sign: their numbers are from 0 to one less. */
#define KEYSTORE_THREADS_MAX MM_KEY_STORE_THREADS_MAX

/* Keys that stand in a store: each rotation leaves one until it is forgotten. */
#define KEYSTORE_KEYS_MAX 256

/* The longest public JWK: that of RSA-4096; and the longest signature, the same. */
#define KEYSTORE_JWK_MAX 1024
#define KEYSTORE_SIGNATURE_MAX 512

enum keystore_result {
	KEYSTORE_DONE,
	KEYSTORE_NO_KEY,  /* there is no such key */
	KEYSTORE_DAMAGED, /* what is there is not what was written, or does not keep what it promises */
	KEYSTORE_AWAY,    /* the store cannot be reached now */
	KEYSTORE_FAILED,  /* it could not do it */
};

/* What went wrong, in words, for a log; set by every result but KEYSTORE_DONE. Never a secret. */
struct keystore_trouble {
	char text[256];
};

/* A key that was made: its public JWK, canonical as in RFC 7638, and the digest of it. */
struct keystore_public {
	uint8_t thumbprint[MM_DIGEST_LEN];
	char jwk[KEYSTORE_JWK_MAX];
	size_t jwk_len;
};

/* A key that is open; the stores' own begin with it. */
struct keystore_key {
	const struct mm_algorithm *algorithm;
	uint8_t thumbprint[MM_DIGEST_LEN];
};

struct keystore;

typedef void keystore_visit(void *context, const uint8_t thumbprint[MM_DIGEST_LEN]);

struct keystore_ops {
	/* Make a key and keep it, closed. Only when this returned DONE does the store have it. */
	enum keystore_result (*make)(struct keystore *store, const struct mm_algorithm *algorithm,
	    struct keystore_public *made, struct keystore_trouble *trouble);

	/* Open a key for signing; *key is set on DONE alone, and is given back with close(). */
	enum keystore_result (*open)(struct keystore *store, const uint8_t thumbprint[MM_DIGEST_LEN],
	    struct keystore_key **key, struct keystore_trouble *trouble);
	void (*close)(struct keystore *store, struct keystore_key **key);

	/* Destroy a key. DONE too where there is none: nothing of it is left. */
	enum keystore_result (*forget)(struct keystore *store, const uint8_t thumbprint[MM_DIGEST_LEN],
	    struct keystore_trouble *trouble);

	/* Name every key that is kept. */
	enum keystore_result (*list)(struct keystore *store, keystore_visit *visit, void *context,
	    struct keystore_trouble *trouble);

	/* The JWS signature of an input; *len on DONE alone. thread: the caller's number. */
	enum keystore_result (*sign)(struct keystore *store, struct keystore_key *key, unsigned thread,
	    struct mm_slice input, unsigned char signature[KEYSTORE_SIGNATURE_MAX], size_t *len,
	    struct keystore_trouble *trouble);

	/* Whether the store can be reached: DONE or AWAY. One that was away is tried again. */
	enum keystore_result (*state)(struct keystore *store, struct keystore_trouble *trouble);

	/* Wipe and free *store, and set it to NULL. Every key was closed before. */
	void (*free)(struct keystore **store);
};

/* The stores' own begin with it. */
struct keystore {
	const struct keystore_ops *ops;
};

/* Write the words of a trouble and return the result, for a return statement. */
enum keystore_result keystore_trouble(struct keystore_trouble *trouble, enum keystore_result result, const char *format,
    ...) __attribute__((format(printf, 3, 4)));

/* The kid of a thumbprint: its base64url, with a NUL. */
#define KEYSTORE_KID_LEN 43
void keystore_kid(const uint8_t thumbprint[MM_DIGEST_LEN], char kid[KEYSTORE_KID_LEN + 1]);

/* The thumbprint that a kid is; false: it is none. */
MM_MUST_USE bool keystore_kid_read(struct mm_slice kid, uint8_t thumbprint[MM_DIGEST_LEN]);

/* Fill in what is public of a key's material. False where libcrypto fails, or the JWK is too long. */
MM_MUST_USE bool keystore_public_of(const struct mm_key_material *material, struct keystore_public *made);

/* Whether keys of this algorithm can be made and kept: RS256, PS256, ES256, EdDSA. */
MM_MUST_USE bool keystore_algorithm_is_supported(const struct mm_algorithm *algorithm);

#endif
