/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cjose, and jansson for the claims.
 */
#include "test/bench/peers.h"

#include <cjose/cjose.h>
#include <jansson.h>

static bool
json_claims_fit(const json_t *claims)
{
	return bench_claims_fit(json_string_value(json_object_get(claims, "iss")),
	    json_string_value(json_object_get(claims, "aud")), json_integer_value(json_object_get(claims, "exp")));
}

static void *
cjose_open(const struct bench_subject *subject)
{
	cjose_err err;

	return bench_peer_context_new(subject, cjose_jwk_import(subject->jwk.bytes, subject->jwk.len, &err));
}

static bool
cjose_run(void *ctx)
{
	struct bench_peer_context *context = ctx;
	const struct bench_subject *subject = context->subject;
	uint8_t *plain = NULL;
	size_t plain_len = 0;
	json_t *claims = NULL;
	cjose_err err;
	cjose_jws_t *jws = cjose_jws_import(subject->token.bytes, subject->token.len, &err);
	bool fits = jws != NULL && cjose_jws_verify(jws, context->key, &err) &&
	    cjose_jws_get_plaintext(jws, &plain, &plain_len, &err) &&
	    (claims = json_loadb((const char *)plain, plain_len, JSON_REJECT_DUPLICATES, NULL)) != NULL &&
	    json_claims_fit(claims);

	json_decref(claims);
	cjose_jws_release(jws);
	return fits;
}

const struct bench_peer bench_peer_cjose = { "cjose + jansson", "RS256 ES256", cjose_open, cjose_run };
