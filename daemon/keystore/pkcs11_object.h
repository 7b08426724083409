/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys as objects of a PKCS #11 token. Each is a private and a public object with the thumbprint as CKA_ID and
 * "mintmark REALM ALGORITHM" as CKA_LABEL; what is being made is labelled "mintmark REALM making" until it is whole.
 *
 * The caller holds the token. All by its own session, but finding, which each thread does by its own.
 */
#ifndef MM_DAEMON_KEYSTORE_PKCS11_OBJECT_H
#define MM_DAEMON_KEYSTORE_PKCS11_OBJECT_H

#include "daemon/keystore/pkcs11_token.h"

#define PKCS11_LABEL_MAX (sizeof("mintmark  ") + MM_NAME_LEN_MAX + 8)

/* "mintmark REALM WORD". */
void pkcs11_object_label(const char *realm, const char *word, char label[PKCS11_LABEL_MAX]);

/*
 * The one object of a class (CKO_PRIVATE_KEY, CKO_PUBLIC_KEY) and thumbprint. NO_KEY where there is none, DAMAGED where
 * there are two.
 */
MM_MUST_USE enum keystore_result pkcs11_object_find(struct pkcs11_token *token, unsigned session,
    CK_OBJECT_CLASS object_class, const uint8_t thumbprint[MM_DIGEST_LEN], CK_OBJECT_HANDLE *object,
    struct keystore_trouble *trouble);

/* Visit the CKA_ID of each private key with a label. */
MM_MUST_USE enum keystore_result pkcs11_object_list(struct pkcs11_token *token, const char *label,
    keystore_visit *visit, void *context, struct keystore_trouble *trouble);

/* Destroy every object with a label: what was left while it was made. */
MM_MUST_USE enum keystore_result pkcs11_object_destroy_labelled(struct pkcs11_token *token, const char *label,
    struct keystore_trouble *trouble);

/* Destroy the private and the public object of a key, the private one first. DONE too where there is none. */
MM_MUST_USE enum keystore_result pkcs11_object_destroy(struct pkcs11_token *token,
    const uint8_t thumbprint[MM_DIGEST_LEN], struct keystore_trouble *trouble);

/* Make a key in the token under the label of what is being made, and read what is public of it. */
MM_MUST_USE enum keystore_result pkcs11_object_make(struct pkcs11_token *token, const struct mm_algorithm *algorithm,
    const char *realm, struct keystore_public *made, struct keystore_trouble *trouble);

/*
 * Check a key that is to be opened: its label is this realm's and names the algorithm, it can neither be read nor be
 * taken out of the token, and its public object has the numbers that the thumbprint is of. DAMAGED where it is not so.
 */
MM_MUST_USE enum keystore_result pkcs11_object_check(struct pkcs11_token *token, const char *realm,
    const uint8_t thumbprint[MM_DIGEST_LEN], const struct mm_algorithm **algorithm, struct keystore_trouble *trouble);

#endif
