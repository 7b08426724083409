/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rhonabwy, on GnuTLS.
 */
#include "test/bench/peers.h"

#include <rhonabwy.h>

static void *
rhonabwy_open(const struct bench_subject *subject)
{
	static bool begun;

	if (!begun && r_global_init() != RHN_OK)
		maker_fail("rhonabwy cannot begin");
	begun = true;
	return bench_peer_context_new(subject, r_jwk_quick_import(R_IMPORT_JSON_STR, subject->jwk.bytes));
}

static bool
rhonabwy_run(void *ctx)
{
	struct bench_peer_context *context = ctx;
	const struct bench_subject *subject = context->subject;
	jwt_t *jwt = NULL;
	bool fits = r_jwt_init(&jwt) == RHN_OK &&
	    r_jwt_parsen(jwt, subject->token.bytes, subject->token.len, R_FLAG_IGNORE_REMOTE) == RHN_OK &&
	    r_jwt_verify_signature(jwt, context->key, R_FLAG_IGNORE_REMOTE) == RHN_OK &&
	    bench_claims_fit(r_jwt_get_claim_str_value(jwt, "iss"), r_jwt_get_claim_str_value(jwt, "aud"),
	    r_jwt_get_claim_int_value(jwt, "exp"));

	r_jwt_free(jwt);
	return fits;
}

const struct bench_peer bench_peer_rhonabwy = { "rhonabwy", "RS256 ES256 EdDSA", rhonabwy_open, rhonabwy_run };
