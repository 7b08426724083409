/* SPDX-License-Identifier: Apache-2.0 */
/* The private keys of the tests' world. */
#include "test/maker/key.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/obj_mac.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* The other exponent of row 10c: odd, above 65537, prime, and so most likely no divisor of p - 1 or q - 1. */
#define OTHER_EXPONENT 65539

static const struct curve {
	const char *group, *crv, *algorithm;
	int nid;
	size_t coordinate_len;
} curves[] = {
	{ "prime256v1", "P-256", "ES256", NID_X9_62_prime256v1, 32 },
	{ "secp384r1", "P-384", "ES384", NID_secp384r1, 48 },
	{ "secp521r1", "P-521", "ES512", NID_secp521r1, 66 },
};

static const struct rsa_algorithm {
	const char *name, *digest;
	bool pss;
} rsa_algorithms[] = {
	{ "RS256", "SHA256", false },
	{ "RS384", "SHA384", false },
	{ "RS512", "SHA512", false },
	{ "PS256", "SHA256", true },
	{ "PS384", "SHA384", true },
	{ "PS512", "SHA512", true },
};

static void
need(bool good, const char *what)
{
	if (!good)
		maker_fail("libcrypto: %s failed", what);
}

static const struct curve *
curve_of(EVP_PKEY *key)
{
	char group[32];
	size_t len;

	need(EVP_PKEY_get_group_name(key, group, sizeof group, &len) == 1, "naming the curve");
	for (size_t i = 0; i < sizeof curves / sizeof curves[0]; i++) {
		if (strcmp(group, curves[i].group) == 0)
			return &curves[i];
	}
	maker_fail("curve %s is not one of ours", group);
}

BIGNUM *
maker_key_number(EVP_PKEY *key, const char *name)
{
	BIGNUM *number = NULL;

	need(EVP_PKEY_get_bn_param(key, name, &number) == 1, name);
	return number;
}

static EVP_PKEY *
from_parameters(const char *type, OSSL_PARAM_BLD *build)
{
	OSSL_PARAM *parameters = OSSL_PARAM_BLD_to_param(build);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	EVP_PKEY *key = NULL;

	need(parameters != NULL && ctx != NULL && EVP_PKEY_fromdata_init(ctx) == 1, "beginning a key");
	need(EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_KEYPAIR, parameters) == 1, "making a key from numbers");
	OSSL_PARAM_free(parameters);
	OSSL_PARAM_BLD_free(build);
	EVP_PKEY_CTX_free(ctx);
	return key;
}

static void
push(OSSL_PARAM_BLD *build, const char *name, const BIGNUM *number)
{
	need(number != NULL && OSSL_PARAM_BLD_push_BN(build, name, number) == 1, name);
}

/* A number of another key, taken over as it is. */
static void
push_number_of(OSSL_PARAM_BLD *build, EVP_PKEY *of, const char *name, BN_CTX *ctx)
{
	BIGNUM *number = maker_key_number(of, name), *copy = BN_CTX_get(ctx);

	/* The builder keeps a reference and no copy: the number must live as long as ctx does. */
	need(copy != NULL && BN_copy(copy, number) != NULL, name);
	push(build, name, copy);
	BN_clear_free(number);
}

/* One less than a prime of the key. */
static void
less_one(EVP_PKEY *of, const char *prime, BIGNUM *out)
{
	BIGNUM *number = maker_key_number(of, prime);

	need(BN_sub(out, number, BN_value_one()) == 1, prime);
	BN_clear_free(number);
}

/* The private half that belongs to another public exponent: d and what the Chinese remainder theorem makes of it. */
static void
push_private_half(EVP_PKEY *of, const BIGNUM *e, BN_CTX *ctx, OSSL_PARAM_BLD *build)
{
	BIGNUM *p = BN_CTX_get(ctx), *q = BN_CTX_get(ctx), *phi = BN_CTX_get(ctx), *d = BN_CTX_get(ctx);
	BIGNUM *d_p = BN_CTX_get(ctx), *d_q = BN_CTX_get(ctx);

	need(d_q != NULL, "numbers");
	less_one(of, OSSL_PKEY_PARAM_RSA_FACTOR1, p);
	less_one(of, OSSL_PKEY_PARAM_RSA_FACTOR2, q);
	need(BN_mul(phi, p, q, ctx) == 1 && BN_mod_inverse(d, e, phi, ctx) != NULL &&
	    BN_mod(d_p, d, p, ctx) == 1 && BN_mod(d_q, d, q, ctx) == 1, "the other exponent");
	push(build, OSSL_PKEY_PARAM_RSA_D, d);
	push(build, OSSL_PKEY_PARAM_RSA_EXPONENT1, d_p);
	push(build, OSSL_PKEY_PARAM_RSA_EXPONENT2, d_q);
}

static EVP_PKEY *
with_other_exponent(EVP_PKEY *of)
{
	static const char *const kept[] = { OSSL_PKEY_PARAM_RSA_N, OSSL_PKEY_PARAM_RSA_FACTOR1,
		OSSL_PKEY_PARAM_RSA_FACTOR2, OSSL_PKEY_PARAM_RSA_COEFFICIENT1 };
	BN_CTX *ctx = BN_CTX_new();
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	BIGNUM *e = BN_new();
	EVP_PKEY *key;

	need(ctx != NULL && build != NULL && e != NULL && BN_set_word(e, OTHER_EXPONENT) == 1, "numbers");
	BN_CTX_start(ctx);
	for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++)
		push_number_of(build, of, kept[i], ctx);
	push(build, OSSL_PKEY_PARAM_RSA_E, e);
	push_private_half(of, e, ctx, build);
	key = from_parameters("RSA", build);
	BN_CTX_end(ctx);
	BN_CTX_free(ctx);
	BN_free(e);
	return key;
}

/* The public point of the secret order - d is the point of d with its y negated. */
static EVP_PKEY *
with_secret_negated(EVP_PKEY *of)
{
	const struct curve *curve = curve_of(of);
	EC_GROUP *group = EC_GROUP_new_by_curve_name(curve->nid);
	BIGNUM *d = maker_key_number(of, OSSL_PKEY_PARAM_PRIV_KEY);
	EC_POINT *point = EC_POINT_new(group);
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	unsigned char octets[1 + 2 * 66];
	size_t len;
	EVP_PKEY *key;

	need(group != NULL && point != NULL && build != NULL, "a group");
	need(BN_sub(d, EC_GROUP_get0_order(group), d) == 1 &&
	    EC_POINT_mul(group, point, d, NULL, NULL, NULL) == 1, "a point");
	len = EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED, octets, sizeof octets, NULL);
	need(OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, curve->group, 0) == 1 &&
	    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_PRIV_KEY, d) == 1 &&
	    OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, octets, len) == 1, "numbers");
	key = from_parameters("EC", build);
	BN_clear_free(d);
	EC_POINT_free(point);
	EC_GROUP_free(group);
	return key;
}

EVP_PKEY *
maker_key_new(enum maker_key_kind kind, EVP_PKEY *of)
{
	EVP_PKEY *key = NULL;

	switch (kind) {
	case MAKER_RSA:
		key = EVP_RSA_gen(2048);
		break;
	case MAKER_EC256:
	case MAKER_EC384:
	case MAKER_EC521:
		key = EVP_EC_gen(curves[kind - MAKER_EC256].group);
		break;
	case MAKER_ED25519:
		key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
		break;
	case MAKER_OTHER_EXPONENT:
		key = with_other_exponent(of);
		break;
	case MAKER_NEGATED:
		key = with_secret_negated(of);
		break;
	}
	need(key != NULL, "making a key");
	return key;
}

EVP_PKEY *
maker_key_load(const char *path)
{
	FILE *file = fopen(path, "re");
	EVP_PKEY *key;

	if (file == NULL)
		maker_fail("%s cannot be opened: is there such a key?", path);
	key = PEM_read_PrivateKey(file, NULL, NULL, NULL);
	need(key != NULL, path);
	fclose(file);
	return key;
}

void
maker_key_store(EVP_PKEY *key, const char *path)
{
	mode_t mask = umask(077);
	FILE *file = fopen(path, "we");

	umask(mask);
	if (file == NULL)
		maker_fail("%s cannot be written", path);
	need(PEM_write_PKCS8PrivateKey(file, key, NULL, NULL, 0, NULL, NULL) == 1, path);
	if (fclose(file) != 0)
		maker_fail("%s cannot be written", path);
}

/* A member with a number as base64url, of its own length or padded to len bytes. */
static void
publish_number(struct maker_object *jwk, const char *member, const BIGNUM *number, size_t len)
{
	unsigned char bytes[512];
	struct maker_text value = { 0 };

	if (len == 0)
		len = (size_t)BN_num_bytes(number);
	need(BN_bn2binpad(number, bytes, (int)len) == (int)len, member);
	maker_text_add_base64url(&value, bytes, len);
	maker_object_set_string(jwk, member, value.bytes);
	maker_text_clear(&value);
}

static void
publish_parameter(EVP_PKEY *key, const char *parameter, struct maker_object *jwk, const char *member, size_t len)
{
	BIGNUM *number = maker_key_number(key, parameter);

	publish_number(jwk, member, number, len);
	BN_free(number);
}

static void
publish_ed25519(EVP_PKEY *key, struct maker_object *jwk)
{
	unsigned char bytes[32];
	size_t len = sizeof bytes;
	struct maker_text x = { 0 };

	need(EVP_PKEY_get_raw_public_key(key, bytes, &len) == 1, "reading an Ed25519 key");
	maker_text_add_base64url(&x, bytes, len);
	maker_object_set_string(jwk, "kty", "OKP");
	maker_object_set_string(jwk, "crv", "Ed25519");
	maker_object_set_string(jwk, "x", x.bytes);
	maker_text_clear(&x);
}

void
maker_key_publish(EVP_PKEY *key, struct maker_object *jwk)
{
	if (EVP_PKEY_is_a(key, "ED25519")) {
		publish_ed25519(key, jwk);
	} else if (EVP_PKEY_is_a(key, "RSA")) {
		maker_object_set_string(jwk, "kty", "RSA");
		publish_parameter(key, OSSL_PKEY_PARAM_RSA_N, jwk, "n", 0);
		publish_parameter(key, OSSL_PKEY_PARAM_RSA_E, jwk, "e", 0);
	} else {
		const struct curve *curve = curve_of(key);

		maker_object_set_string(jwk, "kty", "EC");
		maker_object_set_string(jwk, "crv", curve->crv);
		publish_parameter(key, OSSL_PKEY_PARAM_EC_PUB_X, jwk, "x", curve->coordinate_len);
		publish_parameter(key, OSSL_PKEY_PARAM_EC_PUB_Y, jwk, "y", curve->coordinate_len);
	}
}

static X509 *
certificate_of(EVP_PKEY *key)
{
	static const unsigned char common_name[] = "republished";
	X509 *certificate = X509_new();
	X509_NAME *name;

	need(certificate != NULL, "making a certificate");
	name = X509_get_subject_name(certificate);
	need(X509_set_version(certificate, 2) == 1 &&
	    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1) == 1 &&
	    X509_gmtime_adj(X509_getm_notBefore(certificate), -3600) != NULL &&
	    X509_gmtime_adj(X509_getm_notAfter(certificate), 86400) != NULL &&
	    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, common_name, -1, -1, 0) == 1 &&
	    X509_set_issuer_name(certificate, name) == 1 && X509_set_pubkey(certificate, key) == 1 &&
	    X509_sign(certificate, key, EVP_sha256()) > 0, "making a certificate");
	return certificate;
}

void
maker_key_publish_certificate(EVP_PKEY *key, struct maker_object *jwk)
{
	X509 *certificate = certificate_of(key);
	unsigned char *der = NULL;
	int len = i2d_X509(certificate, &der);
	struct maker_text value = { 0 };
	char *base64;

	need(len > 0, "writing a certificate");
	base64 = calloc(1, (size_t)len * 2 + 4);
	need(base64 != NULL, "memory");
	EVP_EncodeBlock((unsigned char *)base64, der, len);
	maker_text_add_format(&value, "[\"%s\"]", base64);
	maker_object_set(jwk, "x5c", value.bytes);
	maker_text_clear(&value);
	free(base64);
	OPENSSL_free(der);
	X509_free(certificate);
}

void
maker_key_store_certificate(EVP_PKEY *key, const char *path)
{
	X509 *certificate = certificate_of(key);
	FILE *file = fopen(path, "we");

	need(file != NULL && PEM_write_X509(file, certificate) == 1 && fclose(file) == 0, "writing a certificate");
	X509_free(certificate);
}

const char *
maker_key_algorithm(EVP_PKEY *key)
{
	if (EVP_PKEY_is_a(key, "RSA"))
		return "RS256";
	if (EVP_PKEY_is_a(key, "ED25519"))
		return "EdDSA";
	return curve_of(key)->algorithm;
}

static const struct rsa_algorithm *
find_rsa_algorithm(const char *name)
{
	for (size_t i = 0; i < sizeof rsa_algorithms / sizeof rsa_algorithms[0]; i++) {
		if (strcmp(name, rsa_algorithms[i].name) == 0)
			return &rsa_algorithms[i];
	}
	return &rsa_algorithms[0];
}

static const char *
digest_for(EVP_PKEY *key, const struct rsa_algorithm *rsa)
{
	if (EVP_PKEY_is_a(key, "ED25519"))
		return NULL;
	if (EVP_PKEY_is_a(key, "RSA"))
		return rsa->digest;
	switch (curve_of(key)->coordinate_len) {
	case 32:
		return "SHA256";
	case 48:
		return "SHA384";
	default:
		return "SHA512";
	}
}

static void
set_pss(EVP_PKEY_CTX *ctx)
{
	need(EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) == 1 &&
	    EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_DIGEST) == 1, "choosing PSS");
}

/* DER to R || S (RFC 7518 section 3.4). */
static size_t
flatten(const struct curve *curve, const unsigned char *der, size_t der_len, unsigned char *flat)
{
	ECDSA_SIG *signature = d2i_ECDSA_SIG(NULL, &der, (long)der_len);
	int len = (int)curve->coordinate_len;

	need(signature != NULL && BN_bn2binpad(ECDSA_SIG_get0_r(signature), flat, len) == len &&
	    BN_bn2binpad(ECDSA_SIG_get0_s(signature), flat + len, len) == len, "reading an ECDSA signature");
	ECDSA_SIG_free(signature);
	return 2 * curve->coordinate_len;
}

void
maker_key_sign(EVP_PKEY *key, const char *algorithm, const struct maker_text *input, struct maker_text *signature)
{
	const struct rsa_algorithm *rsa = find_rsa_algorithm(algorithm);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *key_ctx;
	unsigned char raw[1024], flat[2 * 66];
	size_t len = sizeof raw;

	need(ctx != NULL && EVP_DigestSignInit_ex(ctx, &key_ctx, digest_for(key, rsa), NULL, NULL, key, NULL) == 1,
	    "beginning a signature");
	if (EVP_PKEY_is_a(key, "RSA") && rsa->pss)
		set_pss(key_ctx);
	need(EVP_DigestSign(ctx, raw, &len, (const unsigned char *)input->bytes, input->len) == 1, "signing");
	EVP_MD_CTX_free(ctx);
	if (EVP_PKEY_is_a(key, "EC"))
		maker_text_add(signature, flat, flatten(curve_of(key), raw, len, flat));
	else
		maker_text_add(signature, raw, len);
}
