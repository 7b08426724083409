/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A realm's signed key list: what the ledger says of the realm's keys, signed with the key-state key, which the offline
 * root certifies. doc/PROTOCOL.ledger has its bytes, and the members of its keys.
 *
 * mintmarkd has 'keys' compiled (MM_DOCUMENT_MINT), the gate holds its snapshot against it, the issuer publishes what
 * mm_key_list_public_jwks() makes of it.
 */
#ifndef MM_ENGINE_KEY_LIST_H
#define MM_ENGINE_KEY_LIST_H

#include "engine/mint_certificate.h"
#include "lib/base/buf.h"
#include "lib/base/limits.h"

#include <mintmark/slice.h>
#include <mintmark/version.h>

#include <stdbool.h>
#include <stdint.h>

/* The whole of it, which a sealed memfd holds. */
#define MM_KEY_LIST_LEN_MAX (MM_DOCUMENT_LEN_MAX + 1024)

struct mm_key_list {
	uint64_t sequence; /* the term of the ledger, 32 bits, then one more with each list: never less */
	int64_t time_s;    /* when the ledger signed it */
	uint8_t previous[MM_DIGEST_LEN]; /* digest of the list before it; all zeroes: the first of a term */
	struct mm_slice realm;           /* its name */
	struct mm_slice keys;            /* the JWK set, with every key's state and times */

	/* Of a list that was read: */
	struct mm_mint_certificate certificate;
	uint8_t digest[MM_DIGEST_LEN]; /* SHA-256 of all its bytes */
};

/*
 * Append a signed list to buf: sequence, time_s, previous, realm and keys of list, the certificate as it is, and the
 * signature of key. False where libcrypto fails, the buffer is too small, or realm or keys are too long.
 * Not checked here: that the certificate is key's, and what keys holds.
 */
MM_MUST_USE bool mm_key_list_write(const struct mm_key_list *list, const uint8_t certificate[MM_MINT_CERTIFICATE_LEN],
    const struct mm_ed25519 *key, struct mm_buf *buf);

/*
 * Read a list and check all of it: form, the realm's name (absent: any), certificate under the pinned root and in its
 * time, signature, and that keys is a strict JWK set.
 * Returns NULL on success, else a constant sentence of what is wrong. *list is set on success only and borrows from
 * bytes. Not checked here: each key (the compiler does), and that the list is no older than another: the receiver
 * compares sequence with the last one that it had of this realm, and takes none that is less.
 */
MM_MUST_USE const char *mm_key_list_read(struct mm_slice bytes, struct mm_slice realm,
    const uint8_t root[MM_ED25519_PUBLIC_LEN], int64_t now_s, struct mm_key_list *list);

/*
 * Append the JWK set that the issuer publishes: of a list that was read, the keys that may still verify (prepared,
 * active and retiring, tainted or not; not retired, not revoked), with their public members alone.
 * False where buf is too small, or a key is not as the ledger writes it. Not checked here: the time.
 */
MM_MUST_USE bool mm_key_list_public_jwks(const struct mm_key_list *list, struct mm_buf *buf);

/* Until when a key of a list that was read signs, as far as the list says; INT64_MIN: none does. */
int64_t mm_key_list_signs_until(const struct mm_key_list *list);

#endif
