/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One token and one key for a library. libjwt's and rhonabwy's headers both have a jwt_t: rhonabwy has a file of its
 * own.
 */
#ifndef INTEROP_C_PEERS_H
#define INTEROP_C_PEERS_H

#include <stdbool.h>

struct c_peer_question {
	const char *token;
	const char *pem; /* the public key */
	const char *jwk; /* the same */
};

bool c_peer_rhonabwy_begin(void);
bool c_peer_rhonabwy_accepts(const struct c_peer_question *question);

#endif
