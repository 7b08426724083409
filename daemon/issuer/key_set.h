/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The keys that the issuer publishes: those of the newest signed list, with their public members.
 */
#ifndef MM_DAEMON_ISSUER_KEY_SET_H
#define MM_DAEMON_ISSUER_KEY_SET_H

#include "lib/base/buf.h"
#include "lib/crypto/ed25519.h"

#include <mintmark/slice.h>
#include <mintmark/version.h>

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

/* SHA-256 in hexadecimal digits, quoted. */
#define ISSUER_ETAG_LEN 66

struct issuer_key_set {
	pthread_mutex_t lock;
	char *jwks; /* NULL: there is none yet */
	size_t len;
	char etag[ISSUER_ETAG_LEN + 1];
	uint64_t sequence; /* of its list */
	int64_t signs_until_s; /* as it says; INT64_MIN: no key signs */
};

MM_MUST_USE bool issuer_key_set_begin(struct issuer_key_set *set);
void issuer_key_set_end(struct issuer_key_set *set);

/*
 * Take a signed list (engine/key_list.h). Returns NULL, else a sentence of why it is not taken: it does not hold under
 * the root, is another realm's, or older than the one that is published; that one stays then.
 */
MM_MUST_USE const char *issuer_key_set_take(struct issuer_key_set *set, struct mm_slice list, const char *realm,
    const uint8_t root[MM_ED25519_PUBLIC_LEN], int64_t now_s);

/* Any thread: append the set to buf and copy its tag. False where there is none. */
MM_MUST_USE bool issuer_key_set_get(struct issuer_key_set *set, struct mm_buf *buf, char etag[ISSUER_ETAG_LEN + 1]);

bool issuer_key_set_is_there(struct issuer_key_set *set);

/* Whether a key of it signs at a time. */
bool issuer_key_set_signs(struct issuer_key_set *set, int64_t now_s);

/*
 * How long others may keep it: less than a key is published before its first use, so that whoever sees its first token
 * fetches it, or has it.
 */
unsigned issuer_key_set_max_age_s(uint32_t publish_before_s);

#endif
