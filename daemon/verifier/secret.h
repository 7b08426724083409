/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Secrets that the verifier makes and hands out: codes, cookies, refresh tokens. The table has their digests alone, so
 * that a thief of it can present none.
 */
#ifndef MM_DAEMON_VERIFIER_SECRET_H
#define MM_DAEMON_VERIFIER_SECRET_H

#include "daemon/ipc/sign_in.h"

#include <mintmark/slice.h>
#include <mintmark/version.h>

#include <stdbool.h>
#include <stdint.h>

#define VERIFIER_SECRET_LEN 32
#define VERIFIER_FAMILY_LEN 16 /* the first half of a refresh token names its family */
#define VERIFIER_ID_TEXT_LEN 22 /* 128 random bits in base64url */

/* Random bytes. False where the system gives none. */
MM_MUST_USE bool verifier_random(void *bytes, size_t len);

/* A new secret and its text. */
MM_MUST_USE bool verifier_secret_make(uint8_t secret[VERIFIER_SECRET_LEN], char text[MM_SECRET_TEXT_LEN]);
void verifier_secret_text(const uint8_t secret[VERIFIER_SECRET_LEN], char text[MM_SECRET_TEXT_LEN]);

/* A new name that nobody can guess: of a subject, of a session. */
MM_MUST_USE bool verifier_id_make(char text[VERIFIER_ID_TEXT_LEN]);

/* The secret that a text is. False where it is none. */
MM_MUST_USE bool verifier_secret_read(struct mm_slice text, uint8_t secret[VERIFIER_SECRET_LEN]);

/* SHA-256 of the secret that a text is: what the table looks it up by. False where it is none. */
MM_MUST_USE bool verifier_secret_digest(struct mm_slice text, uint8_t digest[MM_DIGEST_LEN]);

#endif
