/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the bench decides about: one key and one genuine token of an algorithm, and the trust that accepts it.
 */
#ifndef BENCH_SUBJECT_H
#define BENCH_SUBJECT_H

#include "test/maker/text.h"

#include <mintmark.h>

#include <openssl/evp.h>

struct bench_subject {
	const char *algorithm;
	char kid[32];
	EVP_PKEY *key;
	struct maker_text jwk;   /* public, with kid and alg */
	struct maker_text pem;   /* public, SubjectPublicKeyInfo */
	struct maker_text token; /* about 1.3 kB, 19 claims, one of them an array */
	struct mm_slice signed_input, signature_text;
	struct maker_text signature;
	struct mm_trust *trust;
};

#define BENCH_AUDIENCE "https://mail.example"
#define BENCH_TENANT "aaaaaaaa-0000-4000-8000-00000000000a"
#define BENCH_CLIENT "d3590ed6-52b3-4102-aeff-aad2292ab01c"
#define BENCH_MAILBOX "alice@contoso.example"
#define BENCH_ISSUER "https://login.example/" BENCH_TENANT "/v2.0"

/* One more genuine token of the subject's, for another subject, session and token id of this number. */
void bench_subject_sign(const struct bench_subject *subject, unsigned number, struct maker_text *token);

/* Make it for the present time, so that peers which look at the clock accept it. Ends the program where it cannot. */
void bench_subject_make(struct bench_subject *subject, const char *algorithm);
void bench_subject_free(struct bench_subject *subject);

#endif
