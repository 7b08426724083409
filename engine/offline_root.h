/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The offline root's private key as a text that an operator takes away: PKCS #8 (RFC 8410 section 7) in PEM
 * (RFC 7468 section 10), which OpenSSL reads too.
 */
#ifndef MM_ENGINE_OFFLINE_ROOT_H
#define MM_ENGINE_OFFLINE_ROOT_H

#include "lib/crypto/ed25519.h"

#include <mintmark/slice.h>
#include <mintmark/version.h>

#include <stdbool.h>

/* With the NUL behind it. */
#define MM_OFFLINE_ROOT_TEXT_SIZE 128

/* Write the text of a seed. Who has it wipes it. */
void mm_offline_root_encode(const uint8_t seed[MM_ED25519_SEED_LEN], char text[MM_OFFLINE_ROOT_TEXT_SIZE]);

/* Read such a text, line ends and all; false for anything else, with seed all zeroes. */
MM_MUST_USE bool mm_offline_root_decode(struct mm_slice text, uint8_t seed[MM_ED25519_SEED_LEN]);

#endif
