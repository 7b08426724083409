/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rhonabwy, on GnuTLS.
 */
#include "test/interop/c_peers.h"

#include <rhonabwy.h>
#include <string.h>

bool
c_peer_rhonabwy_begin(void)
{
	return r_global_init() == RHN_OK;
}

bool
c_peer_rhonabwy_accepts(const struct c_peer_question *question)
{
	jwk_t *key = r_jwk_quick_import(R_IMPORT_JSON_STR, question->jwk);
	jwt_t *jwt = NULL;

	return key != NULL && r_jwt_init(&jwt) == RHN_OK &&
	    r_jwt_parsen(jwt, question->token, strlen(question->token), R_FLAG_IGNORE_REMOTE) == RHN_OK &&
	    r_jwt_verify_signature(jwt, key, R_FLAG_IGNORE_REMOTE) == RHN_OK;
}
