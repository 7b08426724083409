/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Private keys for decrypting and agreeing, through OpenSSL.
 */
#include "lib/crypto/private_key.h"

#include "lib/base/array.h"
#include "lib/base/limits.h"
#include "lib/crypto/digest.h"
#include "lib/crypto/evp_key.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>
#include <stdint.h>
#include <stdlib.h>

/* A probe that what the public part encrypts the private one decrypts. */
#define PROBE_LEN 32

struct mm_private_key {
	EVP_PKEY *key;
	enum mm_key_type type;
	enum mm_curve curve;
};

/* ---- making ---- */

/* The public part, by the checks of keys that verify: sizes, exponent, on its curve. X25519 takes any 32 bytes. */
static bool
public_is_good(const struct mm_key_material *material)
{
	static const struct {
		enum mm_curve curve;
		enum mm_scheme scheme;
		enum mm_hash hash;
	} checks[] = {
		{ MM_CURVE_NONE, MM_SCHEME_PKCS1, MM_HASH_SHA256 },
		{ MM_CURVE_P256, MM_SCHEME_ECDSA, MM_HASH_SHA256 },
		{ MM_CURVE_P384, MM_SCHEME_ECDSA, MM_HASH_SHA384 },
		{ MM_CURVE_P521, MM_SCHEME_ECDSA, MM_HASH_SHA512 },
	};
	struct mm_public_key *key = NULL;

	if (material->type == MM_KEY_OKP)
		return material->curve == MM_CURVE_X25519 &&
		    material->x.len == mm_curve_coordinate_len(MM_CURVE_X25519);
	for (size_t i = 0; i < MM_COUNT_OF(checks); i++)
		if (checks[i].curve == material->curve &&
		    mm_public_key_new(material, checks[i].scheme, checks[i].hash, &key) != MM_KEY_GOOD)
			return false;
	mm_public_key_free(&key);
	return true;
}

/* Add a secret number under its name; absent ones are passed over. The number is the caller's to free. */
static bool
push_secret(OSSL_PARAM_BLD *build, const char *name, struct mm_slice number, BIGNUM **secret)
{
	if (!mm_slice_present(number))
		return true;
	*secret = BN_secure_new();
	return *secret != NULL && BN_bin2bn((const unsigned char *)number.ptr, (int)number.len, *secret) != NULL &&
	    OSSL_PARAM_BLD_push_BN(build, name, *secret) == 1;
}

/* The public part's parameters and the secrets, as one key of libcrypto; NULL where it is refused. */
static EVP_PKEY *
add_secrets(bool is_rsa, EVP_PKEY *public, const struct mm_private_material *material)
{
	const struct {
		const char *name;
		struct mm_slice number;
	} secrets[] = {
		{ is_rsa ? OSSL_PKEY_PARAM_RSA_D : OSSL_PKEY_PARAM_PRIV_KEY, material->d },
		{ OSSL_PKEY_PARAM_RSA_FACTOR1, material->p },
		{ OSSL_PKEY_PARAM_RSA_FACTOR2, material->q },
		{ OSSL_PKEY_PARAM_RSA_EXPONENT1, material->dp },
		{ OSSL_PKEY_PARAM_RSA_EXPONENT2, material->dq },
		{ OSSL_PKEY_PARAM_RSA_COEFFICIENT1, material->qi },
	};
	BIGNUM *numbers[MM_COUNT_OF(secrets)] = { NULL };
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, is_rsa ? "RSA" : "EC", NULL);
	OSSL_PARAM *open = NULL, *secret = NULL, *all = NULL;
	EVP_PKEY *key = NULL;
	bool pushed = build != NULL && ctx != NULL && public != NULL &&
	    EVP_PKEY_todata(public, EVP_PKEY_PUBLIC_KEY, &open) == 1;

	for (size_t i = 0; i < MM_COUNT_OF(secrets) && pushed; i++)
		pushed = push_secret(build, secrets[i].name, secrets[i].number, &numbers[i]);
	if (pushed && (secret = OSSL_PARAM_BLD_to_param(build)) != NULL &&
	    (all = OSSL_PARAM_merge(open, secret)) != NULL && EVP_PKEY_fromdata_init(ctx) == 1 &&
	    EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_KEYPAIR, all) != 1)
		key = NULL;
	for (size_t i = 0; i < MM_COUNT_OF(numbers); i++)
		BN_clear_free(numbers[i]);
	OSSL_PARAM_free(secret);
	OSSL_PARAM_free(open);
	OPENSSL_free(all);
	OSSL_PARAM_BLD_free(build);
	EVP_PKEY_CTX_free(ctx);
	return key;
}

static EVP_PKEY *
okp_key(const struct mm_private_material *material)
{
	unsigned char public[PROBE_LEN];
	size_t len = sizeof(public);
	EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, NULL, (const unsigned char *)material->d.ptr,
	    material->d.len);

	if (key != NULL && EVP_PKEY_get_raw_public_key(key, public, &len) == 1 && len == material->public.x.len &&
	    memcmp(public, material->public.x.ptr, len) == 0)
		return key;
	EVP_PKEY_free(key);
	return NULL;
}

static EVP_PKEY_CTX *
oaep_context(EVP_PKEY *key, bool encrypt, bool sha256)
{
	const EVP_MD *hash = sha256 ? EVP_sha256() : EVP_sha1();
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);

	if (ctx != NULL && (encrypt ? EVP_PKEY_encrypt_init(ctx) : EVP_PKEY_decrypt_init(ctx)) == 1 &&
	    EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) == 1 &&
	    EVP_PKEY_CTX_set_rsa_oaep_md(ctx, hash) == 1 && EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, hash) == 1)
		return ctx;
	EVP_PKEY_CTX_free(ctx);
	return NULL;
}

/* RSA numbers that do not belong together decrypt nothing: try. */
static bool
rsa_parts_belong_together(const struct mm_private_key *key)
{
	static const unsigned char probe[PROBE_LEN] = "the other part decrypts what one";
	unsigned char cipher[MM_SIGNATURE_LEN_MAX], back[PROBE_LEN];
	size_t cipher_len = sizeof(cipher);
	EVP_PKEY_CTX *ctx = oaep_context(key->key, true, true);
	bool encrypted = ctx != NULL &&
	    EVP_PKEY_encrypt(ctx, cipher, &cipher_len, probe, sizeof(probe)) == 1;

	EVP_PKEY_CTX_free(ctx);
	return encrypted && mm_private_key_oaep(key, true, mm_slice(cipher, cipher_len), back, sizeof(back)) &&
	    memcmp(probe, back, sizeof(probe)) == 0;
}

static bool
ec_parts_belong_together(EVP_PKEY *key)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
	bool together = ctx != NULL && EVP_PKEY_pairwise_check(ctx) == 1;

	EVP_PKEY_CTX_free(ctx);
	return together;
}

static bool
fill(struct mm_private_key *key, const struct mm_private_material *material)
{
	EVP_PKEY *public;

	if (!public_is_good(&material->public))
		return false;
	if (key->type == MM_KEY_OKP) {
		key->key = okp_key(material);
		return key->key != NULL;
	}
	public = mm_evp_key_new(&material->public);
	key->key = add_secrets(key->type == MM_KEY_RSA, public, material);
	EVP_PKEY_free(public);
	if (key->key == NULL)
		return false;
	return key->type == MM_KEY_RSA ? rsa_parts_belong_together(key) : ec_parts_belong_together(key->key);
}

struct mm_private_key *
mm_private_key_new(const struct mm_private_material *material)
{
	struct mm_private_key *key = calloc(1, sizeof(*key));

	if (key == NULL)
		return NULL;
	key->type = material->public.type;
	key->curve = material->public.curve;
	if (!fill(key, material))
		mm_private_key_free(&key);
	ERR_clear_error();
	return key;
}

void
mm_private_key_free(struct mm_private_key **key)
{
	if (*key == NULL)
		return;
	EVP_PKEY_free((*key)->key);
	free(*key);
	*key = NULL;
}

/* ---- using ---- */

bool
mm_private_key_oaep(const struct mm_private_key *key, bool sha256, struct mm_slice cipher, unsigned char *out,
    size_t out_len)
{
	unsigned char room[MM_SIGNATURE_LEN_MAX];
	size_t len = sizeof(room);
	EVP_PKEY_CTX *ctx = NULL;
	bool decrypted;

	mm_secret_wipe(out, out_len);
	if (key->type != MM_KEY_RSA || cipher.len != (size_t)EVP_PKEY_get_size(key->key))
		return false;
	ctx = oaep_context(key->key, false, sha256);
	decrypted = ctx != NULL &&
	    EVP_PKEY_decrypt(ctx, room, &len, (const unsigned char *)cipher.ptr, cipher.len) == 1 && len == out_len;
	EVP_PKEY_CTX_free(ctx);
	if (decrypted)
		memcpy(out, room, out_len);
	else
		ERR_clear_error();
	mm_secret_wipe(room, sizeof(room));
	return decrypted;
}

static EVP_PKEY *
other_key(const struct mm_private_key *key, const struct mm_key_material *other)
{
	if (other->type != key->type || other->curve != key->curve)
		return NULL;
	if (key->type == MM_KEY_OKP)
		return EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, NULL, (const unsigned char *)other->x.ptr,
		    other->x.len);
	return public_is_good(other) ? mm_evp_key_new(other) : NULL;
}

bool
mm_private_key_agree(const struct mm_private_key *key, const struct mm_key_material *other,
    unsigned char secret[MM_SHARED_SECRET_LEN_MAX], size_t *secret_len)
{
	EVP_PKEY *peer = key->type == MM_KEY_RSA ? NULL : other_key(key, other);
	EVP_PKEY_CTX *ctx = peer == NULL ? NULL : EVP_PKEY_CTX_new(key->key, NULL);
	size_t len = MM_SHARED_SECRET_LEN_MAX;
	bool agreed = ctx != NULL && EVP_PKEY_derive_init(ctx) == 1 && EVP_PKEY_derive_set_peer(ctx, peer) == 1 &&
	    EVP_PKEY_derive(ctx, secret, &len) == 1 && len == mm_curve_coordinate_len(key->curve);

	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(peer);
	if (agreed) {
		*secret_len = len;
	} else {
		ERR_clear_error();
		mm_secret_wipe(secret, MM_SHARED_SECRET_LEN_MAX);
	}
	return agreed;
}

bool
mm_concat_kdf(struct mm_slice secret, struct mm_slice other_info, unsigned char *out, size_t out_len)
{
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, "SSKDF", NULL);
	EVP_KDF_CTX *ctx = kdf == NULL ? NULL : EVP_KDF_CTX_new(kdf);
	char hash[] = "SHA256";
	OSSL_PARAM parameters[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, hash, 0),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (void *)(uintptr_t)secret.ptr, secret.len),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, (void *)(uintptr_t)other_info.ptr,
		    other_info.len),
		OSSL_PARAM_construct_end(),
	};
	bool derived = ctx != NULL && EVP_KDF_derive(ctx, out, out_len, parameters) == 1;

	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
	if (!derived) {
		ERR_clear_error();
		mm_secret_wipe(out, out_len);
	}
	return derived;
}
