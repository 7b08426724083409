/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For tests of P-256 with a table: keys, signatures made from the two factors of their verification, and what
 * libcrypto alone says of a signature.
 *
 * A verification multiplies G by u1 and the key by u2. Whoever knows the key's secret can choose both, and has the
 * digest and the signature that they belong to: so each odd pair of factors is reached, which no honest signer makes.
 */
#ifndef MM_TEST_P256_WORLD_H
#define MM_TEST_P256_WORLD_H

#include "lib/crypto/evp_key.h"
#include "lib/crypto/p256_table.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>

#define P256_LEN 32

struct p256_signed {
	uint8_t digest[MM_DIGEST_LEN];
	uint8_t signature[2 * P256_LEN];
};

struct p256_key {
	BIGNUM *secret; /* NULL: nobody knows it */
	EVP_PKEY *evp;
	EVP_PKEY_CTX *ctx;
	struct mm_p256_table *table;
	uint8_t x[P256_LEN], y[P256_LEN];
};

static EC_GROUP *p256_group;
static const BIGNUM *p256_order;
static BN_CTX *p256_ctx;
static struct mm_p256_room *p256_room;

static inline void
p256_need(bool done)
{
	if (!done)
		abort();
}

static inline void
p256_open(void)
{
	p256_group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
	p256_ctx = BN_CTX_new();
	p256_room = mm_p256_room_new();
	p256_need(p256_group != NULL && p256_ctx != NULL && p256_room != NULL);
	p256_order = EC_GROUP_get0_order(p256_group);
}

static inline void
p256_close(void)
{
	mm_p256_room_free(&p256_room);
	EC_GROUP_free(p256_group);
	BN_CTX_free(p256_ctx);
}

/* ---- keys ---- */

static inline struct mm_key_material
p256_material(const struct p256_key *key)
{
	return (struct mm_key_material){ .type = MM_KEY_EC, .curve = MM_CURVE_P256,
		.x = mm_slice(key->x, P256_LEN), .y = mm_slice(key->y, P256_LEN) };
}

/* The key of a point, and its table; with the point of a secret, the secret too. */
static inline void
p256_key_open(struct p256_key *key, const EC_POINT *point, const BIGNUM *secret)
{
	BIGNUM *x = BN_new(), *y = BN_new();
	struct mm_key_material material;

	p256_need(EC_POINT_get_affine_coordinates(p256_group, point, x, y, p256_ctx) == 1 &&
	    BN_bn2binpad(x, key->x, P256_LEN) == P256_LEN && BN_bn2binpad(y, key->y, P256_LEN) == P256_LEN);
	material = p256_material(key);
	key->secret = secret != NULL ? BN_dup(secret) : NULL;
	key->evp = mm_evp_key_new(&material);
	key->ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key->evp, NULL);
	p256_need(key->ctx != NULL && EVP_PKEY_verify_init(key->ctx) == 1);
	key->table = mm_p256_table_new(&material);
	BN_free(x);
	BN_free(y);
}

static inline void
p256_key_of_secret(struct p256_key *key, const BIGNUM *secret)
{
	EC_POINT *point = EC_POINT_new(p256_group);

	p256_need(EC_POINT_mul(p256_group, point, secret, NULL, NULL, p256_ctx) == 1);
	p256_key_open(key, point, secret);
	EC_POINT_free(point);
}

static inline void
p256_key_close(struct p256_key *key)
{
	mm_p256_table_free(&key->table);
	EVP_PKEY_CTX_free(key->ctx);
	EVP_PKEY_free(key->evp);
	BN_free(key->secret);
}

/* ---- signatures ---- */

/* Write what belongs to the point with this x and to these factors: r = x, s = r / u2, digest = u1 s, all modulo n. */
static inline void
p256_sign_x(const BIGNUM *x, const BIGNUM *u1, const BIGNUM *u2, struct p256_signed *made)
{
	BIGNUM *r = BN_new(), *s = BN_new(), *digest = BN_new();

	p256_need(BN_nnmod(r, x, p256_order, p256_ctx) == 1 &&
	    BN_mod_inverse(s, u2, p256_order, p256_ctx) != NULL &&
	    BN_mod_mul(s, s, r, p256_order, p256_ctx) == 1 &&
	    BN_mod_mul(digest, u1, s, p256_order, p256_ctx) == 1 &&
	    BN_bn2binpad(digest, made->digest, MM_DIGEST_LEN) == MM_DIGEST_LEN &&
	    BN_bn2binpad(r, made->signature, P256_LEN) == P256_LEN &&
	    BN_bn2binpad(s, made->signature + P256_LEN, P256_LEN) == P256_LEN);
	BN_free(r);
	BN_free(s);
	BN_free(digest);
}

/* A signature under key whose verification has these factors; u2 not 0. False where their sum is no point. */
static inline bool
p256_sign(const struct p256_key *key, const BIGNUM *u1, const BIGNUM *u2, struct p256_signed *made)
{
	EC_POINT *point = EC_POINT_new(p256_group);
	BIGNUM *sum = BN_new();
	bool is_point;

	p256_need(BN_mod_mul(sum, u2, key->secret, p256_order, p256_ctx) == 1 &&
	    BN_mod_add(sum, sum, u1, p256_order, p256_ctx) == 1 &&
	    EC_POINT_mul(p256_group, point, sum, NULL, NULL, p256_ctx) == 1);
	is_point = EC_POINT_is_at_infinity(p256_group, point) == 0;
	if (is_point) {
		p256_need(EC_POINT_get_affine_coordinates(p256_group, point, sum, NULL, p256_ctx) == 1);
		p256_sign_x(sum, u1, u2, made);
	}
	EC_POINT_free(point);
	BN_free(sum);
	return is_point;
}

/* ---- two opinions ---- */

/* libcrypto's, by the way that has no table. */
static inline bool
p256_by_libcrypto(const struct p256_key *key, const struct p256_signed *made)
{
	ECDSA_SIG *parts = ECDSA_SIG_new();
	unsigned char *der = NULL;
	int len;
	bool holds;

	p256_need(ECDSA_SIG_set0(parts, BN_bin2bn(made->signature, P256_LEN, NULL),
	              BN_bin2bn(made->signature + P256_LEN, P256_LEN, NULL)) == 1);
	len = i2d_ECDSA_SIG(parts, &der);
	p256_need(len > 0);
	holds = EVP_PKEY_verify(key->ctx, der, (size_t)len, made->digest, MM_DIGEST_LEN) == 1;
	ERR_clear_error();
	OPENSSL_free(der);
	ECDSA_SIG_free(parts);
	return holds;
}

static inline enum mm_reason
p256_by_table(const struct p256_key *key, const struct p256_signed *made)
{
	return mm_p256_table_verify(key->table, p256_room, made->digest,
	    mm_slice(made->signature, sizeof(made->signature)));
}

#endif
