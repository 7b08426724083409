/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OpenSSL's form of a public key: parameters by name, as its version 3 takes them.
 */
#include "lib/crypto/evp_key.h"

#include "lib/base/limits.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/param_build.h>

/* The coordinate of P-521, the longest. */
#define COORDINATE_LEN_MAX 66

/* An uncompressed point (SEC 1 section 2.3.3): 0x04, x, y. */
#define POINT_LEN_MAX (1 + 2 * COORDINATE_LEN_MAX)

static BIGNUM *
bignum_new(struct mm_slice number)
{
	return BN_bin2bn((const unsigned char *)number.ptr, (int)number.len, NULL);
}

/* Take what was pushed to build and make a key of that type; NULL where it is refused. */
static EVP_PKEY *
key_from_parameters(const char *type, OSSL_PARAM_BLD *build)
{
	OSSL_PARAM *parameters = OSSL_PARAM_BLD_to_param(build);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	EVP_PKEY *key = NULL;

	if (parameters == NULL || ctx == NULL || EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, parameters) != 1)
		key = NULL;
	EVP_PKEY_CTX_free(ctx);
	OSSL_PARAM_free(parameters);
	return key;
}

static EVP_PKEY *
rsa_key_new(const struct mm_key_material *material, OSSL_PARAM_BLD *build)
{
	BIGNUM *n, *e;
	EVP_PKEY *key = NULL;

	if (material->n.len > MM_SIGNATURE_LEN_MAX || material->e.len > material->n.len)
		return NULL;
	n = bignum_new(material->n);
	e = bignum_new(material->e);
	if (n != NULL && e != NULL &&
	    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n) == 1 &&
	    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, e) == 1)
		key = key_from_parameters("RSA", build);
	BN_free(n);
	BN_free(e);
	return key;
}

static const char *
group_name(enum mm_curve curve)
{
	switch (curve) {
	case MM_CURVE_P256:
		return "P-256";
	case MM_CURVE_P384:
		return "P-384";
	case MM_CURVE_P521:
		return "P-521";
	case MM_CURVE_NONE:
	case MM_CURVE_ED25519:
	case MM_CURVE_X25519:
		break;
	}
	return NULL;
}

static EVP_PKEY *
ec_key_new(const struct mm_key_material *material, OSSL_PARAM_BLD *build)
{
	const char *group = group_name(material->curve);
	size_t len = material->x.len;
	uint8_t point[POINT_LEN_MAX];

	if (group == NULL || len != mm_curve_coordinate_len(material->curve) || material->y.len != len)
		return NULL;
	point[0] = POINT_CONVERSION_UNCOMPRESSED;
	memcpy(point + 1, material->x.ptr, len);
	memcpy(point + 1 + len, material->y.ptr, len);
	if (OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, group, 0) != 1 ||
	    OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point, 1 + 2 * len) != 1)
		return NULL;
	return key_from_parameters("EC", build);
}

static EVP_PKEY *
okp_key_new(const struct mm_key_material *material)
{
	if (material->curve != MM_CURVE_ED25519)
		return NULL;
	return EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, (const unsigned char *)material->x.ptr,
	    material->x.len);
}

EVP_PKEY *
mm_evp_key_new(const struct mm_key_material *material)
{
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	EVP_PKEY *key = NULL;

	if (build == NULL)
		return NULL;
	switch (material->type) {
	case MM_KEY_RSA:
		key = rsa_key_new(material, build);
		break;
	case MM_KEY_EC:
		key = ec_key_new(material, build);
		break;
	case MM_KEY_OKP:
		key = okp_key_new(material);
		break;
	}
	OSSL_PARAM_BLD_free(build);
	return key;
}
