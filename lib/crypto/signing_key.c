/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Private keys that sign tokens, through OpenSSL.
 */
#include "lib/crypto/signing_key.h"

#include "lib/base/limits.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>
#include <stdint.h>
#include <stdlib.h>

#define P256_LEN 32
#define P256_POINT_LEN (1 + 2 * P256_LEN)
#define P256_UNCOMPRESSED 0x04
#define SEED_LEN 32
#define EXPONENT_LEN_MAX 8

#define DER_INTEGER 0x02
#define DER_SEQUENCE 0x30
#define ECDSA_DER_MAX (2 + 2 * (2 + 1 + P256_LEN))

struct mm_signing_key {
	EVP_PKEY *key;
	EVP_MD *hash; /* NULL for Ed25519 */
	enum mm_scheme scheme;
	struct mm_key_material material;
	unsigned char first[MM_SIGNING_SIGNATURE_MAX]; /* n, or x */
	unsigned char second[P256_LEN];                /* e, or y */
};

struct mm_signer {
	const struct mm_signing_key *key;
	EVP_MD_CTX *digest;   /* of one message */
	EVP_MD_CTX *prepared; /* Ed25519's */
	EVP_PKEY_CTX *sign;   /* the others' */
};

enum mm_hash
mm_signing_hash(enum mm_scheme scheme)
{
	return scheme == MM_SCHEME_ED25519 ? MM_HASH_NONE : MM_HASH_SHA256;
}

static bool
is_rsa(enum mm_scheme scheme)
{
	return scheme == MM_SCHEME_PKCS1 || scheme == MM_SCHEME_PSS;
}

/* ---- the public part ---- */

static struct mm_slice
number_of(EVP_PKEY *key, const char *name, unsigned char *room, size_t room_len)
{
	BIGNUM *number = NULL;
	struct mm_slice bytes = MM_SLICE_ABSENT;

	if (EVP_PKEY_get_bn_param(key, name, &number) == 1 && (size_t)BN_num_bytes(number) <= room_len)
		bytes = mm_slice(room, (size_t)BN_bn2bin(number, room));
	BN_free(number);
	return bytes;
}

static bool
read_p256(struct mm_signing_key *key)
{
	unsigned char point[P256_POINT_LEN];
	size_t len = 0;

	if (EVP_PKEY_get_octet_string_param(key->key, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point), &len) != 1 ||
	    len != sizeof(point) || point[0] != P256_UNCOMPRESSED)
		return false;
	memcpy(key->first, point + 1, P256_LEN);
	memcpy(key->second, point + 1 + P256_LEN, P256_LEN);
	key->material.x = mm_slice(key->first, P256_LEN);
	key->material.y = mm_slice(key->second, P256_LEN);
	return true;
}

static bool
read_public(struct mm_signing_key *key)
{
	size_t len = sizeof(key->first);

	switch (key->scheme) {
	case MM_SCHEME_PKCS1:
	case MM_SCHEME_PSS:
		key->material.type = MM_KEY_RSA;
		key->material.n = number_of(key->key, OSSL_PKEY_PARAM_RSA_N, key->first, sizeof(key->first));
		key->material.e = number_of(key->key, OSSL_PKEY_PARAM_RSA_E, key->second, EXPONENT_LEN_MAX);
		return mm_slice_present(key->material.n) && mm_slice_present(key->material.e);
	case MM_SCHEME_ECDSA:
		key->material.type = MM_KEY_EC;
		key->material.curve = MM_CURVE_P256;
		return read_p256(key);
	case MM_SCHEME_ED25519:
		key->material.type = MM_KEY_OKP;
		key->material.curve = MM_CURVE_ED25519;
		if (EVP_PKEY_get_raw_public_key(key->key, key->first, &len) != 1)
			return false;
		key->material.x = mm_slice(key->first, len);
		return true;
	}
	return false;
}

/* By the very checks of a key that verifies. */
static bool
public_is_good(const struct mm_signing_key *key)
{
	struct mm_public_key *public_key = NULL;
	bool good = mm_public_key_new(&key->material, key->scheme, mm_signing_hash(key->scheme), &public_key) ==
	    MM_KEY_GOOD;

	mm_public_key_free(&public_key);
	return good;
}

/* Take over a key of libcrypto, which may be NULL. */
static struct mm_signing_key *
adopt(enum mm_scheme scheme, EVP_PKEY *evp_key)
{
	struct mm_signing_key *key = evp_key == NULL ? NULL : calloc(1, sizeof(*key));

	if (key == NULL) {
		EVP_PKEY_free(evp_key);
		return NULL;
	}
	key->key = evp_key;
	key->scheme = scheme;
	if (scheme != MM_SCHEME_ED25519)
		key->hash = EVP_MD_fetch(NULL, "SHA2-256", NULL);
	if ((scheme != MM_SCHEME_ED25519 && key->hash == NULL) || !read_public(key) || !public_is_good(key))
		mm_signing_key_free(&key);
	return key;
}

/* ---- making ---- */

static EVP_PKEY *
generate(enum mm_scheme scheme, unsigned rsa_bits)
{
	switch (scheme) {
	case MM_SCHEME_PKCS1:
	case MM_SCHEME_PSS:
		return rsa_bits < MM_RSA_BITS_MIN || rsa_bits > MM_SIGNING_RSA_BITS_MAX ? NULL : EVP_RSA_gen(rsa_bits);
	case MM_SCHEME_ECDSA:
		return EVP_EC_gen("P-256");
	case MM_SCHEME_ED25519:
		return EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	}
	return NULL;
}

struct mm_signing_key *
mm_signing_key_make(enum mm_scheme scheme, unsigned rsa_bits)
{
	struct mm_signing_key *key;

	(void)ERR_set_mark();
	key = adopt(scheme, generate(scheme, rsa_bits));
	(void)ERR_pop_to_mark();
	return key;
}

/* ---- opening ---- */

/* Whether private and public part belong together, of RSA also whether its primes are primes. */
static bool
parts_belong_together(EVP_PKEY *key)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
	bool together = ctx != NULL && EVP_PKEY_pairwise_check(ctx) == 1;

	EVP_PKEY_CTX_free(ctx);
	return together;
}

static EVP_PKEY *
open_rsa(struct mm_slice secret)
{
	const unsigned char *at = (const unsigned char *)secret.ptr;
	EVP_PKEY *key = d2i_PrivateKey(EVP_PKEY_RSA, NULL, &at, (long)secret.len);

	if (key == NULL || (at == (const unsigned char *)secret.ptr + secret.len && parts_belong_together(key)))
		return key;
	EVP_PKEY_free(key);
	return NULL;
}

/* The point d·G, uncompressed. */
static bool
multiply_base(const BIGNUM *d, unsigned char point[P256_POINT_LEN])
{
	EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
	EC_POINT *product = group == NULL ? NULL : EC_POINT_new(group);
	bool done = product != NULL && !BN_is_zero(d) && BN_cmp(d, EC_GROUP_get0_order(group)) < 0 &&
	    EC_POINT_mul(group, product, d, NULL, NULL, NULL) == 1 &&
	    EC_POINT_point2oct(group, product, POINT_CONVERSION_UNCOMPRESSED, point, P256_POINT_LEN, NULL) ==
	        P256_POINT_LEN;

	EC_POINT_clear_free(product);
	EC_GROUP_free(group);
	return done;
}

static EVP_PKEY *
p256_from(const BIGNUM *d, const unsigned char point[P256_POINT_LEN])
{
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	OSSL_PARAM *parameters = NULL;
	EVP_PKEY *key = NULL;

	if (build != NULL && ctx != NULL &&
	    OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0) == 1 &&
	    OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point, P256_POINT_LEN) == 1 &&
	    OSSL_PARAM_BLD_push_BN_pad(build, OSSL_PKEY_PARAM_PRIV_KEY, d, P256_LEN) == 1 &&
	    (parameters = OSSL_PARAM_BLD_to_param(build)) != NULL && EVP_PKEY_fromdata_init(ctx) == 1 &&
	    EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_KEYPAIR, parameters) != 1)
		key = NULL;
	OSSL_PARAM_free(parameters);
	OSSL_PARAM_BLD_free(build);
	EVP_PKEY_CTX_free(ctx);
	return key;
}

static EVP_PKEY *
open_p256(struct mm_slice secret)
{
	unsigned char point[P256_POINT_LEN];
	BIGNUM *d = BN_secure_new();
	EVP_PKEY *key = NULL;

	if (d != NULL && secret.len == P256_LEN &&
	    BN_bin2bn((const unsigned char *)secret.ptr, P256_LEN, d) != NULL && multiply_base(d, point))
		key = p256_from(d, point);
	BN_clear_free(d);
	return key;
}

static EVP_PKEY *
open_secret(enum mm_scheme scheme, struct mm_slice secret)
{
	switch (scheme) {
	case MM_SCHEME_PKCS1:
	case MM_SCHEME_PSS:
		return open_rsa(secret);
	case MM_SCHEME_ECDSA:
		return open_p256(secret);
	case MM_SCHEME_ED25519:
		return secret.len != SEED_LEN ? NULL : EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL,
		    (const unsigned char *)secret.ptr, secret.len);
	}
	return NULL;
}

struct mm_signing_key *
mm_signing_key_open(enum mm_scheme scheme, struct mm_slice secret)
{
	struct mm_signing_key *key;

	if (!mm_slice_present(secret) || secret.len > MM_SIGNING_SECRET_MAX)
		return NULL;
	(void)ERR_set_mark();
	key = adopt(scheme, open_secret(scheme, secret));
	(void)ERR_pop_to_mark();
	return key;
}

void
mm_signing_key_free(struct mm_signing_key **key)
{
	if (key == NULL || *key == NULL)
		return;
	EVP_PKEY_free((*key)->key);
	EVP_MD_free((*key)->hash);
	free(*key);
	*key = NULL;
}

/* ---- what is in it ---- */

static size_t
rsa_secret(EVP_PKEY *key, unsigned char secret[MM_SIGNING_SECRET_MAX])
{
	int len = i2d_PrivateKey(key, NULL);

	if (len <= 0 || len > MM_SIGNING_SECRET_MAX || i2d_PrivateKey(key, &secret) != len)
		return 0;
	return (size_t)len;
}

static size_t
p256_secret(EVP_PKEY *key, unsigned char secret[MM_SIGNING_SECRET_MAX])
{
	BIGNUM *d = BN_secure_new();
	bool read = d != NULL && EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_PRIV_KEY, &d) == 1 &&
	    BN_bn2binpad(d, secret, P256_LEN) == P256_LEN;

	BN_clear_free(d);
	return read ? P256_LEN : 0;
}

size_t
mm_signing_key_secret(const struct mm_signing_key *key, unsigned char secret[MM_SIGNING_SECRET_MAX])
{
	size_t len = MM_SIGNING_SECRET_MAX;

	(void)ERR_set_mark();
	if (is_rsa(key->scheme))
		len = rsa_secret(key->key, secret);
	else if (key->scheme == MM_SCHEME_ECDSA)
		len = p256_secret(key->key, secret);
	else if (EVP_PKEY_get_raw_private_key(key->key, secret, &len) != 1)
		len = 0;
	(void)ERR_pop_to_mark();
	return len;
}

enum mm_scheme
mm_signing_key_scheme(const struct mm_signing_key *key)
{
	return key->scheme;
}

const struct mm_key_material *
mm_signing_key_material(const struct mm_signing_key *key)
{
	return &key->material;
}

/* ---- signing ---- */

/* RFC 7518 section 3.5: MGF1 with the same hash, a salt as long as it. */
static bool
set_padding(EVP_PKEY_CTX *ctx, const struct mm_signing_key *key)
{
	if (key->scheme == MM_SCHEME_PKCS1)
		return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1;
	if (key->scheme == MM_SCHEME_PSS)
		return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) == 1 &&
		    EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, key->hash) == 1 &&
		    EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_DIGEST) == 1;
	return true;
}

static bool
prepare(struct mm_signer *signer, const struct mm_signing_key *key)
{
	signer->digest = EVP_MD_CTX_new();
	if (signer->digest == NULL)
		return false;
	if (key->scheme == MM_SCHEME_ED25519) {
		signer->prepared = EVP_MD_CTX_new();
		return signer->prepared != NULL &&
		    EVP_DigestSignInit(signer->prepared, NULL, NULL, NULL, key->key) == 1;
	}
	signer->sign = EVP_PKEY_CTX_new_from_pkey(NULL, key->key, NULL);
	return signer->sign != NULL && EVP_PKEY_sign_init(signer->sign) == 1 &&
	    EVP_PKEY_CTX_set_signature_md(signer->sign, key->hash) == 1 && set_padding(signer->sign, key);
}

struct mm_signer *
mm_signer_new(const struct mm_signing_key *key)
{
	struct mm_signer *signer = calloc(1, sizeof(*signer));

	if (signer == NULL)
		return NULL;
	(void)ERR_set_mark();
	signer->key = key;
	if (!prepare(signer, key))
		mm_signer_free(&signer);
	(void)ERR_pop_to_mark();
	return signer;
}

void
mm_signer_free(struct mm_signer **signer)
{
	if (signer == NULL || *signer == NULL)
		return;
	EVP_MD_CTX_free((*signer)->digest);
	EVP_MD_CTX_free((*signer)->prepared);
	EVP_PKEY_CTX_free((*signer)->sign);
	free(*signer);
	*signer = NULL;
}

/* One INTEGER of a signature, right-aligned into len bytes; moves *der behind it. */
static bool
take_integer(struct mm_slice *der, unsigned char *number, size_t len)
{
	const unsigned char *bytes = (const unsigned char *)der->ptr;
	size_t value_len;

	if (der->len < 3 || bytes[0] != DER_INTEGER || (value_len = bytes[1]) == 0 || value_len > der->len - 2)
		return false;
	*der = mm_slice(bytes + 2 + value_len, der->len - 2 - value_len);
	bytes += 2;
	if (bytes[0] == 0 && value_len > 1) { /* a zero for the sign, and only there */
		if ((bytes[1] & 0x80) == 0)
			return false;
		bytes++;
		value_len--;
	} else if ((bytes[0] & 0x80) != 0) {
		return false;
	}
	if (value_len > len)
		return false;
	memset(number, 0, len - value_len);
	memcpy(number + len - value_len, bytes, value_len);
	return true;
}

bool
mm_signing_raw_from_der(struct mm_slice der, unsigned char raw[64])
{
	const unsigned char *bytes = (const unsigned char *)der.ptr;

	if (der.len < 2 || bytes[0] != DER_SEQUENCE || bytes[1] != der.len - 2)
		return false;
	der = mm_slice(bytes + 2, der.len - 2);
	return take_integer(&der, raw, P256_LEN) && take_integer(&der, raw + P256_LEN, P256_LEN) && der.len == 0;
}

static size_t
sign_message(struct mm_signer *signer, struct mm_slice input, unsigned char *signature)
{
	size_t len = MM_SIGNING_SIGNATURE_MAX;

	if (EVP_MD_CTX_copy_ex(signer->digest, signer->prepared) != 1 ||
	    EVP_DigestSign(signer->digest, signature, &len, (const unsigned char *)input.ptr, input.len) != 1)
		return 0;
	return len;
}

static size_t
sign_digest(struct mm_signer *signer, struct mm_slice input, unsigned char *signature)
{
	unsigned char digest[MM_DIGEST_LEN], der[ECDSA_DER_MAX];
	bool ecdsa = signer->key->scheme == MM_SCHEME_ECDSA;
	size_t len = ecdsa ? sizeof(der) : MM_SIGNING_SIGNATURE_MAX;

	if (EVP_DigestInit_ex2(signer->digest, signer->key->hash, NULL) != 1 ||
	    EVP_DigestUpdate(signer->digest, input.ptr, input.len) != 1 ||
	    EVP_DigestFinal_ex(signer->digest, digest, NULL) != 1 ||
	    EVP_PKEY_sign(signer->sign, ecdsa ? der : signature, &len, digest, sizeof(digest)) != 1)
		return 0;
	if (ecdsa)
		return mm_signing_raw_from_der(mm_slice(der, len), signature) ? (size_t)2 * P256_LEN : 0;
	return len;
}

size_t
mm_signer_sign(struct mm_signer *signer, struct mm_slice input, unsigned char signature[MM_SIGNING_SIGNATURE_MAX])
{
	size_t len;

	(void)ERR_set_mark();
	len = signer->key->scheme == MM_SCHEME_ED25519 ? sign_message(signer, input, signature) :
	                                                 sign_digest(signer, input, signature);
	(void)ERR_pop_to_mark();
	if (len == 0)
		memset(signature, 0, MM_SIGNING_SIGNATURE_MAX);
	return len;
}
