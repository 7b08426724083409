/* SPDX-License-Identifier: Apache-2.0 */
/*
 * signature-only: the validator of 2023, for the demo alone. NEVER use it or link it into anything.
 *
 * It does what a mail service did then: it looks the key up by its kid in the one shared key document, checks that
 * the signature holds under it and that the token is not over, and believes the rest. It never asks whether that key
 * may speak for that issuer. Only RS256, only as much parsing as the demo's tokens need.
 *
 *	signature-only KEYS.jwks TOKEN
 */
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TEXT_MAX 65536

struct text {
	char bytes[TEXT_MAX];
	size_t len;
};

static _Noreturn void
reject(const char *why)
{
	printf("rejected: %s\n", why);
	exit(1);
}

/* Base64url, taking anything: '+' and '/' and unused bits as well. */
static void
decode(const char *in, size_t in_len, struct text *out)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	unsigned bits = 0, pending = 0;

	out->len = 0;
	for (size_t i = 0; i < in_len && out->len < TEXT_MAX - 1; i++) {
		const char *place = in[i] == '\0' ? NULL : strchr(alphabet, in[i]);

		if (place == NULL)
			reject("not base64url");
		bits = (bits << 6 | (unsigned)(place - alphabet)) & 0xffffff;
		pending += 6;
		if (pending >= 8) {
			pending -= 8;
			out->bytes[out->len++] = (char)(bits >> pending);
		}
	}
	out->bytes[out->len] = '\0';
}

/* What stands behind "name": in a text of JSON, without its quotes; false where it is not there. */
static bool
find_member(const char *json, const char *name, char *value, size_t size)
{
	char quoted[64];
	const char *at;
	size_t len;

	snprintf(quoted, sizeof quoted, "\"%s\":", name);
	at = strstr(json, quoted);
	if (at == NULL)
		return false;
	at += strlen(quoted);
	at += *at == '"';
	len = strcspn(at, "\",}");
	if (len >= size)
		return false;
	memcpy(value, at, len);
	value[len] = '\0';
	return true;
}

/* The key of this kid, whoever it belongs to: the flaw. */
static const char *
find_key(const char *document, const char *kid)
{
	char member[512];
	const char *at;

	snprintf(member, sizeof member, "\"kid\":\"%s\"", kid);
	at = strstr(document, member);
	if (at == NULL)
		reject("no such key");
	while (at > document && *at != '{')
		at--;
	return at;
}

static BIGNUM *
number_of(const char *jwk, const char *member)
{
	static struct text bytes;
	char encoded[2048];

	if (!find_member(jwk, member, encoded, sizeof encoded))
		reject("not an RSA key");
	decode(encoded, strlen(encoded), &bytes);
	return BN_bin2bn((const unsigned char *)bytes.bytes, (int)bytes.len, NULL);
}

static EVP_PKEY *
rsa_key(const char *jwk)
{
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	EVP_PKEY *key = NULL;

	if (build == NULL || ctx == NULL ||
	    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, number_of(jwk, "n")) != 1 ||
	    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, number_of(jwk, "e")) != 1 ||
	    EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, OSSL_PARAM_BLD_to_param(build)) != 1)
		reject("not an RSA key");
	return key;
}

static bool
signature_holds(EVP_PKEY *key, const char *token, size_t signed_len, const struct text *signature)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	return ctx != NULL && EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
	    EVP_DigestVerify(ctx, (const unsigned char *)signature->bytes, signature->len, (const unsigned char *)token,
	    signed_len) == 1;
}

static void
read_file(const char *path, struct text *text)
{
	FILE *file = fopen(path, "re");

	if (file == NULL)
		reject("no key document");
	text->len = fread(text->bytes, 1, TEXT_MAX - 1, file);
	text->bytes[text->len] = '\0';
	fclose(file);
}

int
main(int argc, char **argv)
{
	static struct text document, header, payload, signature;
	const char *first, *second;
	char kid[256], mailbox[256], exp[32];

	if (argc != 3 || (first = strchr(argv[2], '.')) == NULL || (second = strchr(first + 1, '.')) == NULL)
		reject("usage: signature-only KEYS.jwks TOKEN");
	read_file(argv[1], &document);
	decode(argv[2], (size_t)(first - argv[2]), &header);
	decode(first + 1, (size_t)(second - first - 1), &payload);
	decode(second + 1, strlen(second + 1), &signature);
	if (!find_member(header.bytes, "kid", kid, sizeof kid))
		reject("no kid");
	if (!signature_holds(rsa_key(find_key(document.bytes, kid)), argv[2], (size_t)(second - argv[2]), &signature))
		reject("the signature does not hold");
	if (!find_member(payload.bytes, "exp", exp, sizeof exp) || strtoll(exp, NULL, 10) < time(NULL))
		reject("over");
	if (!find_member(payload.bytes, "preferred_username", mailbox, sizeof mailbox))
		reject("no user");
	printf("ACCEPTED: the signature holds under key %s, welcome %s\n", kid, mailbox);
	return 0;
}
