/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a mint's ledger adds to a token: its id, its mark, and where a derived one is from.
 */
#ifndef MAKER_MINT_H
#define MAKER_MINT_H

#include "test/maker/text.h"

#include <openssl/evp.h>
#include <stdint.h>

/* The mark root of every mint of the tests' world: 32 bytes. */
#define MAKER_MARK_ROOT "the one mark root of our tests.."

/* Whose tokens are marked for what: a mint's audience and the day of a time. */
struct maker_marking {
	const char *realm, *audience;
	int64_t iat_s;
};

/* The jti of the token with this number of signer 1 in the minute of now_s, 22 characters. */
void maker_token_id(const char *realm, int64_t now_s, uint32_t number, char id[23]);

/* Append ',"mark":"…"' to a payload without its last brace. header: encoded. */
void maker_mark(const struct maker_marking *marking, const char *header, struct maker_text *payload);

/* The member 'root' of a token that goes back to one of this realm, kid and key. */
struct maker_text maker_root(const char *realm, const char *kid, EVP_PKEY *key, const char *proof, int64_t iat_s);

#endif
