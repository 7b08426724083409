/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One JSON Web Key (RFC 7517 section 4, RFC 7518 section 6, RFC 8037 section 2) for verifying.
 */
#ifndef MM_JOSE_JWK_H
#define MM_JOSE_JWK_H

#include "lib/base/scratch.h"
#include "lib/codec/json.h"
#include "lib/crypto/public_key.h"
#include "lib/jose/algorithm.h"

#include <mintmark/slice.h>

#include <stdbool.h>
#include <stdint.h>

struct mm_jwk {
	struct mm_slice kid;                  /* absent: none */
	struct mm_slice issuer;               /* absent: none */
	const struct mm_algorithm *algorithm; /* what 'alg' states; NULL: nothing */
	struct mm_key_material material;
	uint8_t thumbprint[MM_DIGEST_LEN];  /* RFC 7638 with SHA-256 */
	uint8_t material_id[MM_DIGEST_LEN]; /* the same for every spelling; thumbprint.h says of what */
	int64_t iat_s;                      /* INT64_MIN: not stated */
	int64_t nbf_s;                      /* INT64_MIN: not stated */
	int64_t exp_s;                      /* INT64_MAX: not stated */
	bool revoked;                       /* 'revoked' as in OpenID Federation's historical keys */
	int64_t revoked_at_s;               /* INT64_MIN: it is not */
	struct mm_slice certificate;        /* DER of the first of 'x5c', which holds this key; absent: none */
};

/* How a JWK was read: jwk_faults.def lists code, class, text and mend. */
enum mm_jwk_fault {
#define MM_JWK_FAULT(code, class, text, mend) MM_JWK_##code,
#include "lib/jose/jwk_faults.def"
#undef MM_JWK_FAULT
	MM_JWK_FAULT_COUNT
};

enum mm_jwk_class {
	MM_JWK_CLASS_GOOD,
	MM_JWK_CLASS_SKIP, /* not a signing key: nothing wrong with it, nothing to do with it */
	MM_JWK_CLASS_BAD,  /* never used; refuses a file */
};

enum mm_jwk_class mm_jwk_fault_class(enum mm_jwk_fault fault);
const char *mm_jwk_fault_text(enum mm_jwk_fault fault);
const char *mm_jwk_fault_mend(enum mm_jwk_fault fault);

/*
 * Read a JWK from a scanned JSON object. Numbers and strings are decoded into scratch and live as long.
 *
 * Checked: member types; required members; strict base64url; no leading zero in RSA numbers; no private
 * member of any key type; 'use' and 'key_ops' allow verifying and do not contradict; 'alg' is known and
 * fits; x5c's first certificate holds this very key, and x5t and x5t#S256 are its digests; nbf before exp.
 * Of a revoked key 'use', 'key_ops' and 'alg' may name encryption too: it must be known, not used.
 * *jwk is set only for MM_JWK_GOOD, its kid also for faults (absent where it cannot be read).
 * Not checked here: size and curve membership (mm_public_key_new() does), duplicates, whose key it is.
 */
MM_MUST_USE enum mm_jwk_fault
mm_jwk_parse(struct mm_json_value object, struct mm_scratch *scratch, struct mm_jwk *jwk);

#endif
