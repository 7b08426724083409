/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checking passwords against hashes of crypt(3), on threads of their own: one check takes some 20 ms, and no loop waits
 * for it.
 */
#ifndef MM_DAEMON_VERIFIER_PASSWORD_H
#define MM_DAEMON_VERIFIER_PASSWORD_H

#include "daemon/ipc/sign_in.h"

#include <mintmark/slice.h>
#include <mintmark/version.h>

#include <stdbool.h>
#include <stdint.h>

#define VERIFIER_PASSWORD_THREADS 2
/* Checks that wait or run: a second of work. More is refused, so that a sign-in is answered soon or not at all. */
#define VERIFIER_PASSWORD_QUEUE 64

/* The longest hash that is kept: yescrypt has 73 characters. */
#define VERIFIER_HASH_LEN_MAX 254

struct verifier_passwords;

/* Start the threads. NULL where they cannot be had. */
MM_MUST_USE struct verifier_passwords *verifier_passwords_new(void);
/* End them; what waits is not checked. */
void verifier_passwords_free(struct verifier_passwords **passwords);

/* Becomes readable when a check is done. */
int verifier_passwords_fd(const struct verifier_passwords *passwords);

/*
 * Check a password. hash absent: there is no such user; the same work is done and the answer is no. False: too many
 * wait. number is the caller's own.
 */
MM_MUST_USE bool verifier_passwords_check(struct verifier_passwords *passwords, uint64_t number, struct mm_slice hash,
    struct mm_slice password);

/* The next check that is done; false: none. */
MM_MUST_USE bool verifier_passwords_next(struct verifier_passwords *passwords, uint64_t *number, bool *right);

/* Whether a hash is one that is accepted: yescrypt, of a cost from the usual one on. */
MM_MUST_USE bool verifier_hash_check(struct mm_slice hash);

#endif
