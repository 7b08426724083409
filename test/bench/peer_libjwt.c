/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libjwt 1.10: takes the key as PEM, at each call.
 */
#include "test/bench/peers.h"

#include <jwt.h>

static void *
libjwt_open(const struct bench_subject *subject)
{
	return bench_peer_context_new(subject, subject->pem.bytes);
}

static bool
libjwt_run(void *ctx)
{
	const struct bench_subject *subject = ((struct bench_peer_context *)ctx)->subject;
	jwt_t *jwt = NULL;
	bool fits = jwt_decode(&jwt, subject->token.bytes, (const unsigned char *)subject->pem.bytes,
	    (int)subject->pem.len) == 0 && bench_claims_fit(jwt_get_grant(jwt, "iss"), jwt_get_grant(jwt, "aud"),
	    jwt_get_grant_int(jwt, "exp"));

	jwt_free(jwt);
	return fits;
}

const struct bench_peer bench_peer_libjwt = { "libjwt", "RS256 ES256", libjwt_open, libjwt_run };
