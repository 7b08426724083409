/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the ledger alone knows: the mark root of each realm and the seed of the key-state key, sealed in the ledger's
 * folder as secrets.sealed (doc/PROTOCOL.ledger). 'mintmark init' makes the file, the ledger opens it.
 */
#ifndef MM_ENGINE_LEDGER_SECRETS_H
#define MM_ENGINE_LEDGER_SECRETS_H

#include "lib/base/limits.h"
#include "lib/crypto/ed25519.h"
#include "lib/crypto/seal.h"
#include "lib/token/mint_secret.h"

#include <mintmark/slice.h>
#include <mintmark/version.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MM_LEDGER_SECRETS_FILE "secrets.sealed"

/* As many as there may be mints; those that were taken out of the configuration keep theirs. */
#define MM_LEDGER_SECRETS_REALMS_MAX 128

/* The longest file. */
#define MM_LEDGER_SECRETS_LEN_MAX \
	(8 + MM_SEAL_OVERHEAD + MM_ED25519_SEED_LEN + 4 + \
	    MM_LEDGER_SECRETS_REALMS_MAX * (1 + MM_NAME_LEN_MAX + MM_MARK_ROOT_LEN))

struct mm_ledger_secret {
	char realm[MM_NAME_LEN_MAX + 1];
	uint8_t mark_root[MM_MARK_ROOT_LEN];
};

/* Who has one wipes it with mm_secret_wipe(). */
struct mm_ledger_secrets {
	uint8_t key_state_seed[MM_ED25519_SEED_LEN];
	size_t count;
	struct mm_ledger_secret realms[MM_LEDGER_SECRETS_REALMS_MAX];
};

/*
 * Read secrets.sealed below an open folder. Returns NULL on success, else a constant sentence of what is wrong, with
 * *secrets all zeroes. A file that is not there: "it is not there" (errno ENOENT).
 */
MM_MUST_USE const char *mm_ledger_secrets_load(int dir_fd, const uint8_t sealing_key[MM_SEALING_KEY_LEN],
    struct mm_ledger_secrets *secrets);

/*
 * Write it, in place of what was there, so that after a crash there is the one or the other; mode 0600. False with
 * errno where it cannot be; the old one stays then.
 */
MM_MUST_USE bool mm_ledger_secrets_store(int dir_fd, const uint8_t sealing_key[MM_SEALING_KEY_LEN],
    const struct mm_ledger_secrets *secrets);

/* The bytes of the file, for it and for tests: NULL or a sentence, as above. */
MM_MUST_USE const char *mm_ledger_secrets_decode(struct mm_slice bytes, const uint8_t sealing_key[MM_SEALING_KEY_LEN],
    struct mm_ledger_secrets *secrets);

/* bytes holds MM_LEDGER_SECRETS_LEN_MAX; 0 where libcrypto fails or a name is none. */
MM_MUST_USE size_t mm_ledger_secrets_encode(const struct mm_ledger_secrets *secrets,
    const uint8_t sealing_key[MM_SEALING_KEY_LEN], uint8_t *bytes);

/* The mark root of a realm; NULL: it has none. */
const uint8_t *mm_ledger_secrets_find(const struct mm_ledger_secrets *secrets, struct mm_slice realm);

/* Give a realm a root; false where it has one already, the name is none, or there are too many. */
MM_MUST_USE bool mm_ledger_secrets_add(struct mm_ledger_secrets *secrets, struct mm_slice realm,
    const uint8_t mark_root[MM_MARK_ROOT_LEN]);

#endif
