/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bytes of a sealed key's file: doc/PROTOCOL.keystore. What is in the open (algorithm, public JWK) is bound to what
 * is sealed, and both to the realm and to the key's kid.
 */
#ifndef MM_DAEMON_KEYSTORE_SEALED_FILE_H
#define MM_DAEMON_KEYSTORE_SEALED_FILE_H

#include "daemon/keystore/keystore.h"
#include "lib/crypto/seal.h"
#include "lib/crypto/signing_key.h"

#define SEALED_FILE_HEAD_LEN 16
#define SEALED_FILE_LEN_MAX (SEALED_FILE_HEAD_LEN + KEYSTORE_JWK_MAX + MM_SIGNING_SECRET_MAX + MM_SEAL_OVERHEAD)

/* A file's parts, borrowed from its bytes. */
struct sealed_file {
	const struct mm_algorithm *algorithm;
	struct mm_slice open;   /* the head and the JWK: the context of the seal */
	struct mm_slice jwk;
	struct mm_slice sealed;
};

/*
 * Read a file's parts. Returns NULL, or a constant sentence of what is wrong. Checked: every length, magic, version,
 * the algorithm. Not checked here: the JWK and the seal.
 */
MM_MUST_USE const char *sealed_file_parse(struct mm_slice bytes, struct sealed_file *file);

/* What the files of a realm are sealed with. */
struct sealed_file_seal {
	uint8_t key[MM_SEALING_KEY_LEN];
	char realm[MM_NAME_LEN_MAX + 1];
};

/* Write a key's file; returns its length, 0 where libcrypto fails. */
MM_MUST_USE size_t sealed_file_write(const struct sealed_file_seal *seal, const struct mm_algorithm *algorithm,
    const struct keystore_public *made, struct mm_slice secret, unsigned char file[SEALED_FILE_LEN_MAX]);

/*
 * Open a file that is said to hold the key of this thumbprint. Returns NULL with *key and *algorithm set, or a constant
 * sentence of why not: damaged, sealed with another sealing key or for another realm, or another key's.
 */
MM_MUST_USE const char *sealed_file_open(const struct sealed_file_seal *seal, const uint8_t thumbprint[MM_DIGEST_LEN],
    struct mm_slice bytes, struct mm_signing_key **key, const struct mm_algorithm **algorithm);

#endif
