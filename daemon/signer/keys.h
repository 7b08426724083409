/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The keys that are open. The loop's alone: a request holds its key from when it is checked until it is answered, and a
 * key that was taken out is closed when nobody holds it any more.
 */
#ifndef MM_DAEMON_SIGNER_KEYS_H
#define MM_DAEMON_SIGNER_KEYS_H

#include "daemon/keystore/keystore.h"
#include "lib/codec/base64url.h"
#include "lib/jose/header.h"

/* Of these few sign at one time: the active one and its successor. */
#define SIGNER_KEYS_MAX 64

#define SIGNER_CLASSES 2
#define SIGNER_HEADER_MAX MM_BASE64URL_ENCODED_LEN(MM_HEADER_WRITTEN_MAX)

struct signer_key {
	struct keystore_key *opened; /* NULL: a free place */
	unsigned holders;
	bool out; /* it was taken out: nobody finds it any more */
	struct {
		char text[SIGNER_HEADER_MAX]; /* the one header of a class, encoded */
		size_t len;
	} headers[SIGNER_CLASSES];
};

struct signer_keys {
	struct keystore *store;
	struct signer_key keys[SIGNER_KEYS_MAX];
};

/* NULL: it is not open. */
struct signer_key *signer_keys_find(struct signer_keys *keys, const uint8_t thumbprint[MM_DIGEST_LEN]);

/* Add a key that was opened, which is taken over. One that is there already is closed. False: there is no place. */
MM_MUST_USE bool signer_keys_add(struct signer_keys *keys, struct keystore_key *opened);

/* Take a key out, where it is there. */
void signer_keys_take_out(struct signer_keys *keys, const uint8_t thumbprint[MM_DIGEST_LEN]);

/* The encoded header of a class; absent for a class that there is not. */
struct mm_slice signer_key_header(const struct signer_key *key, unsigned token_class);

void signer_key_hold(struct signer_key *key);
void signer_keys_let_go(struct signer_keys *keys, struct signer_key *key);

/* Close all. Nobody holds one. */
void signer_keys_clear(struct signer_keys *keys);

#endif
