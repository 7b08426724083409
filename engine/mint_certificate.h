/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The certificate of a key that a mint's processes sign with for each other: the offline root says whose it is, what
 * for and how long. doc/PROTOCOL.ledger has its bytes.
 */
#ifndef MM_ENGINE_MINT_CERTIFICATE_H
#define MM_ENGINE_MINT_CERTIFICATE_H

#include "lib/crypto/ed25519.h"

#include <mintmark/slice.h>
#include <mintmark/version.h>

#include <stdbool.h>
#include <stdint.h>

#define MM_MINT_CERTIFICATE_LEN 136

/* What the certified key may sign. */
enum mm_mint_purpose {
	MM_PURPOSE_KEY_STATE = 1, /* key lists, index batches and heartbeats */
};

struct mm_mint_certificate {
	enum mm_mint_purpose purpose;
	uint64_t serial;     /* another one with each certificate of a root */
	int64_t not_before_s;
	int64_t not_after_s; /* the last second of it */
	uint8_t public_key[MM_ED25519_PUBLIC_LEN];
};

/* Sign a certificate with the root's key. False where libcrypto fails, or the times are none. */
MM_MUST_USE bool mm_mint_certificate_make(const struct mm_mint_certificate *certificate, const struct mm_ed25519 *root,
    uint8_t bytes[MM_MINT_CERTIFICATE_LEN]);

/*
 * Read a certificate: exactly MM_MINT_CERTIFICATE_LEN bytes, a known purpose, not_before_s no later than not_after_s,
 * and a signature that holds under the root's public key.
 * Returns NULL on success, else a constant sentence of what is wrong; *certificate is set on success only.
 * Not checked here: the time (mm_mint_certificate_holds()), and whether the purpose is the one that is needed.
 */
MM_MUST_USE const char *mm_mint_certificate_read(struct mm_slice bytes, const uint8_t root[MM_ED25519_PUBLIC_LEN],
    struct mm_mint_certificate *certificate);

/* The last second that a certificate states, of a holder who knows it to be his own: nothing is verified. */
int64_t mm_mint_certificate_end(const uint8_t bytes[MM_MINT_CERTIFICATE_LEN]);

/* The MM_ED25519_PUBLIC_LEN bytes of the key that a certificate states, within it: nothing is verified. */
const uint8_t *mm_mint_certificate_key(const uint8_t bytes[MM_MINT_CERTIFICATE_LEN]);

/* Whether now_s lies in its time; clocks may differ by MM_CLOCK_SKEW_S. */
bool mm_mint_certificate_holds(const struct mm_mint_certificate *certificate, int64_t now_s);

#endif
