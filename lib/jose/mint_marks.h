/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a mint's key document (doc/PROTOCOL.ledger) says of a key beside the key itself; of a file's, whether it is
 * tainted.
 */
#ifndef MM_JOSE_MINT_MARKS_H
#define MM_JOSE_MINT_MARKS_H

#include "lib/codec/json.h"
#include "lib/jose/jwk.h"

#include <mintmark/version.h>

#include <stdbool.h>
#include <stdint.h>

struct mm_mint_marks {
	bool tainted;           /* good with proof of issuance alone */
	bool retired;           /* it verifies no more */
	int64_t verify_until_s; /* INT64_MAX: that is not stated */
};

/*
 * Read the marks of a key that was read. of_mint: the whole of them, with a known 'state' and a window that ends; a key
 * that is in state 'revoked' becomes a tombstone in *jwk. Else 'tainted' alone.
 * Returns NULL, or a sentence of what is wrong: *marks are then not to be used.
 */
MM_MUST_USE const char *mm_mint_marks_read(struct mm_json_value key, bool of_mint, struct mm_jwk *jwk,
    struct mm_mint_marks *marks);

#endif
