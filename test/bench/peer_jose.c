/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jose (latchset).
 */
#include "test/bench/peers.h"

#include <jose/jose.h>

static bool
json_claims_fit(const json_t *claims)
{
	return bench_claims_fit(json_string_value(json_object_get(claims, "iss")),
	    json_string_value(json_object_get(claims, "aud")), json_integer_value(json_object_get(claims, "exp")));
}

static void *
jose_open(const struct bench_subject *subject)
{
	return bench_peer_context_new(subject, json_loads(subject->jwk.bytes, 0, NULL));
}

static bool
jose_run(void *ctx)
{
	struct bench_peer_context *context = ctx;
	const struct bench_subject *subject = context->subject;
	const char *first = strchr(subject->token.bytes, '.'), *second = strchr(first + 1, '.');
	json_t *jws = json_pack("{s:s%,s:s%,s:s%}", "protected", subject->token.bytes,
	    (size_t)(first - subject->token.bytes), "payload", first + 1, (size_t)(second - first - 1),
	    "signature", subject->signature_text.ptr, subject->signature_text.len);
	json_t *claims = NULL;
	bool fits = jws != NULL && jose_jws_ver(NULL, jws, NULL, context->key, false) &&
	    (claims = jose_b64_dec_load(json_object_get(jws, "payload"))) != NULL && json_claims_fit(claims);

	json_decref(claims);
	json_decref(jws);
	return fits;
}

const struct bench_peer bench_peer_jose = { "jose + jansson", "RS256 ES256", jose_open, jose_run };
