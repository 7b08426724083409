/* SPDX-License-Identifier: Apache-2.0 */
/* Proofs of possession. */
#include "test/maker/proof.h"

#include "test/maker/key.h"

#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <openssl/x509.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

unsigned long
maker_random(void)
{
	unsigned long number;

	if (RAND_bytes((unsigned char *)&number, sizeof number) != 1)
		maker_fail("no random bytes");
	return number;
}

static void
add_digest(struct maker_text *text, const void *bytes, size_t len)
{
	unsigned char digest[SHA256_DIGEST_LENGTH];

	if (EVP_Digest(bytes, len, digest, NULL, EVP_sha256(), NULL) != 1)
		maker_fail("no SHA-256");
	maker_text_add_base64url(text, digest, sizeof digest);
}

static int
compare_names(const void *a, const void *b)
{
	return strcmp(((const struct maker_member *)a)->name, ((const struct maker_member *)b)->name);
}

/* RFC 7638 section 3: the required members, which are all that is published, in the order of their names. */
void
maker_add_thumbprint(struct maker_text *text, EVP_PKEY *key)
{
	struct maker_object jwk = { .count = 0 };
	struct maker_text json = { 0 };

	maker_key_publish(key, &jwk);
	qsort(jwk.members, jwk.count, sizeof jwk.members[0], compare_names);
	maker_object_write(&jwk, &json);
	add_digest(text, json.bytes, json.len);
	maker_text_clear(&json);
	maker_object_clear(&jwk);
}

struct maker_text
maker_binding_of_key(EVP_PKEY *key)
{
	struct maker_text cnf = { 0 };

	maker_text_add_str(&cnf, "{\"jkt\":\"");
	maker_add_thumbprint(&cnf, key);
	maker_text_add_str(&cnf, "\"}");
	return cnf;
}

struct maker_text
maker_binding_of_certificate(const char *path)
{
	FILE *file = fopen(path, "re");
	X509 *certificate = file == NULL ? NULL : PEM_read_X509(file, NULL, NULL, NULL);
	unsigned char *der = NULL;
	int len = certificate == NULL ? 0 : i2d_X509(certificate, &der);
	struct maker_text cnf = { 0 };

	if (len <= 0)
		maker_fail("%s is no certificate", path);
	maker_text_add_str(&cnf, "{\"x5t#S256\":\"");
	add_digest(&cnf, der, (size_t)len);
	maker_text_add_str(&cnf, "\"}");
	OPENSSL_free(der);
	X509_free(certificate);
	fclose(file);
	return cnf;
}

void
maker_proof_draft(EVP_PKEY *key, const char *algorithm, const struct maker_proof_request *request,
    struct maker_object *header, struct maker_object *claims)
{
	struct maker_object jwk = { .count = 0 };
	struct maker_text json = { 0 }, ath = { 0 };

	maker_key_publish(key, &jwk);
	maker_object_write(&jwk, &json);
	add_digest(&ath, request->token, strlen(request->token));
	maker_object_set_string(header, "typ", "dpop+jwt");
	maker_object_set_string(header, "alg", algorithm);
	maker_object_set(header, "jwk", json.bytes);
	maker_object_set_string(claims, "jti", request->jti);
	maker_object_set_string(claims, "htm", request->method);
	maker_object_set_string(claims, "htu", request->url);
	maker_object_set_number(claims, "iat", request->now_s);
	maker_object_set_string(claims, "ath", ath.bytes);
	maker_text_clear(&json);
	maker_text_clear(&ath);
	maker_object_clear(&jwk);
}

struct maker_text
maker_proof_sign(EVP_PKEY *key, const char *algorithm, const struct maker_object *header,
    const struct maker_object *claims)
{
	struct maker_text json = { 0 }, proof = { 0 }, signature = { 0 };

	maker_object_write(header, &json);
	maker_text_add_base64url(&proof, json.bytes, json.len);
	maker_text_clear(&json);
	maker_object_write(claims, &json);
	maker_text_add_str(&proof, ".");
	maker_text_add_base64url(&proof, json.bytes, json.len);
	maker_key_sign(key, algorithm, &proof, &signature);
	maker_text_add_str(&proof, ".");
	maker_text_add_base64url(&proof, signature.bytes, signature.len);
	maker_text_clear(&json);
	maker_text_clear(&signature);
	return proof;
}

struct maker_text
maker_proof_make(EVP_PKEY *key, const struct maker_proof_request *request)
{
	const char *algorithm = maker_key_algorithm(key);
	struct maker_object header = { .count = 0 }, claims = { .count = 0 };
	struct maker_text proof;

	maker_proof_draft(key, algorithm, request, &header, &claims);
	proof = maker_proof_sign(key, algorithm, &header, &claims);
	maker_object_clear(&header);
	maker_object_clear(&claims);
	return proof;
}
