/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Algorithms of JWE (RFC 7518 sections 4.1 and 5.1): one row each.
 */
#ifndef MM_JOSE_JWE_ALGORITHM_H
#define MM_JOSE_JWE_ALGORITHM_H

#include "lib/crypto/content_cipher.h"

#include <mintmark/slice.h>

#include <stdbool.h>

/* How a recipient's key gives the content key. */
enum mm_jwe_method {
	MM_JWE_RSA_OAEP,    /* decrypts it */
	MM_JWE_AGREE,       /* ECDH-ES: agrees on it */
	MM_JWE_AGREE_WRAP,  /* ECDH-ES+AxxxKW: agrees on the key that wraps it */
	MM_JWE_DIRECT,      /* is it */
	MM_JWE_AES_WRAP,    /* unwraps it */
	MM_JWE_GCM_WRAP,    /* decrypts it with AES-GCM */
};

/* 'alg' */
struct mm_jwe_algorithm {
	const char *name;
	enum mm_jwe_method method;
	size_t key_len; /* of the AES key that wraps; 0: none does */
	bool sha256;    /* of RSA-OAEP: with SHA-256, else with SHA-1 */
};

/* 'enc' */
struct mm_jwe_encryption {
	const char *name;
	struct mm_content_cipher cipher;
};

/* The row of this name, exactly; NULL: none that is accepted. */
const struct mm_jwe_algorithm *mm_jwe_algorithm_find(struct mm_slice name);
const struct mm_jwe_encryption *mm_jwe_encryption_find(struct mm_slice name);

#endif
