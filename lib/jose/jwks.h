/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JWK sets (RFC 7517 section 5): the walk over their keys.
 */
#ifndef MM_JOSE_JWKS_H
#define MM_JOSE_JWKS_H

#include "lib/codec/json.h"

#include <mintmark/reason.h>
#include <mintmark/slice.h>

/* A scanned set; each element of keys is a JWK to be read by mm_jwk_parse(). */
struct mm_jwks {
	struct mm_json_value keys;
};

/*
 * Scan a document of at most MM_DOCUMENT_LEN_MAX bytes as a JWK set; set->keys is an array of objects,
 * borrowed from text. Fails with MM_TOKEN_MALFORMED or MM_CLAIM_DUPLICATE and tells where in *fault.
 * Not checked here: the keys.
 */
MM_MUST_USE enum mm_reason
mm_jwks_scan(struct mm_slice text, struct mm_json_names *names, struct mm_jwks *set, struct mm_json_fault *fault);

#endif
