/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ES256 with a table of the key's multiples.
 *
 * A verification is u1 G + u2 Q, Q the key. libcrypto has a table of G's multiples and needs a sixth of the time for
 * u1 G that it needs for u2 Q. It makes the same table for any generator that a group is given: here Q is the generator
 * of a group of its own, so that both products come from tables. All arithmetic of points is libcrypto's; that of
 * numbers is GMP's, which inverts in a tenth of libcrypto's time. Signatures are public: nothing here takes care of its
 * time.
 */
/*
 * EC_GROUP_precompute_mult() and its question are deprecated and have no successor: EVP makes no tables. So is what
 * gives a point without a division. This file alone uses them; where they are gone, mm_p256_table_new() can say that
 * there is no table, and nothing else changes.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "lib/crypto/p256_table.h"

#include <stdlib.h>

#include <gmp.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/obj_mac.h>

#define LEN 32 /* of a number, or a coordinate */
#define POINT_LEN (1 + 2 * LEN)

/* Room for a product of two numbers, and a limb more: then GMP never makes it larger. */
#define NUMBER_BITS (2 * 8 * LEN + 64)

struct mm_p256_table {
	EC_GROUP *group; /* P-256, its generator the key */
};

struct mm_p256_room {
	EC_GROUP *group; /* P-256, its generator G */
	BN_CTX *ctx;
	EC_POINT *of_g, *of_key;
	BIGNUM *factor, *x, *y, *z;
	mpz_t prime, order, r, s, u, x_of_sum;
};

/* ---- tables ---- */

static EC_GROUP *
p256(void)
{
	return EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
}

/* Read the point, which is checked to be one of the curve, and make it the generator of group, with its table. */
static bool
take_generator(EC_GROUP *group, const unsigned char encoded[POINT_LEN])
{
	EC_POINT *point = EC_POINT_new(group);
	bool taken = point != NULL && EC_POINT_oct2point(group, point, encoded, POINT_LEN, NULL) == 1 &&
	    EC_GROUP_set_generator(group, point, EC_GROUP_get0_order(group), BN_value_one()) == 1 &&
	    EC_GROUP_precompute_mult(group, NULL) == 1;

	EC_POINT_free(point);
	return taken;
}

static EC_GROUP *
make_group(const unsigned char encoded[POINT_LEN])
{
	EC_GROUP *group = p256();

	/* Where G has no table that was there from the start, libcrypto multiplies in another way, which needs none. */
	if (group != NULL && EC_GROUP_have_precompute_mult(group) == 1 && take_generator(group, encoded))
		return group;
	EC_GROUP_free(group);
	return NULL;
}

struct mm_p256_table *
mm_p256_table_new(const struct mm_key_material *material)
{
	unsigned char encoded[POINT_LEN] = { POINT_CONVERSION_UNCOMPRESSED };
	struct mm_p256_table *table;

	if (material->curve != MM_CURVE_P256 || material->x.len != LEN || material->y.len != LEN)
		return NULL;
	memcpy(encoded + 1, material->x.ptr, LEN);
	memcpy(encoded + 1 + LEN, material->y.ptr, LEN);
	table = (struct mm_p256_table *)calloc(1, sizeof(*table));
	if (table == NULL)
		return NULL;
	(void)ERR_set_mark();
	table->group = make_group(encoded);
	(void)ERR_pop_to_mark();
	if (table->group == NULL)
		mm_p256_table_free(&table);
	return table;
}

void
mm_p256_table_free(struct mm_p256_table **table)
{
	if (*table == NULL)
		return;
	EC_GROUP_free((*table)->group);
	free(*table);
	*table = NULL;
}

/* ---- rooms ---- */

/* A number of libcrypto's as one of GMP's. */
static bool
take_number(const BIGNUM *from, mpz_t number)
{
	unsigned char bytes[LEN];

	if (BN_bn2binpad(from, bytes, LEN) != LEN)
		return false;
	mpz_import(number, LEN, 1, 1, 1, 0, bytes);
	return true;
}

static bool
make_libcryptos(struct mm_p256_room *room)
{
	room->ctx = BN_CTX_new();
	room->factor = BN_new();
	room->x = BN_new();
	room->y = BN_new();
	room->z = BN_new();
	room->group = p256();
	if (room->group == NULL)
		return false;
	room->of_g = EC_POINT_new(room->group);
	room->of_key = EC_POINT_new(room->group);
	return room->ctx != NULL && room->factor != NULL && room->x != NULL && room->y != NULL && room->z != NULL &&
	    room->of_g != NULL && room->of_key != NULL;
}

/* GMP ends the process where it has no memory; after this it asks for none. */
struct mm_p256_room *
mm_p256_room_new(void)
{
	struct mm_p256_room *room = (struct mm_p256_room *)calloc(1, sizeof(*room));

	if (room == NULL)
		return NULL;
	mpz_init2(room->prime, NUMBER_BITS);
	mpz_init2(room->order, NUMBER_BITS);
	mpz_init2(room->r, NUMBER_BITS);
	mpz_init2(room->s, NUMBER_BITS);
	mpz_init2(room->u, NUMBER_BITS);
	mpz_init2(room->x_of_sum, NUMBER_BITS);
	if (!make_libcryptos(room) || EC_GROUP_get_curve(room->group, room->x, NULL, NULL, room->ctx) != 1 ||
	    !take_number(room->x, room->prime) || !take_number(EC_GROUP_get0_order(room->group), room->order))
		mm_p256_room_free(&room);
	return room;
}

void
mm_p256_room_free(struct mm_p256_room **room)
{
	if (*room == NULL)
		return;
	EC_POINT_free((*room)->of_g);
	EC_POINT_free((*room)->of_key);
	EC_GROUP_free((*room)->group);
	BN_free((*room)->factor);
	BN_free((*room)->x);
	BN_free((*room)->y);
	BN_free((*room)->z);
	BN_CTX_free((*room)->ctx);
	mpz_clears((*room)->prime, (*room)->order, (*room)->r, (*room)->s, (*room)->u,
	    (*room)->x_of_sum, NULL);
	free(*room);
	*room = NULL;
}

/* ---- verifying ---- */

/* FIPS 186-5 section 6.4.2, step 1: "1 <= r < n, 1 <= s < n" */
static bool
read_number(const struct mm_p256_room *room, const char *bytes, mpz_t number)
{
	mpz_import(number, LEN, 1, 1, 1, 0, bytes);
	return mpz_sgn(number) > 0 && mpz_cmp(number, room->order) < 0;
}

/* *product = number * (a number * room->s modulo the order), number the generator of group. */
static bool
multiply(struct mm_p256_room *room, const EC_GROUP *group, const mpz_t number, EC_POINT *product)
{
	unsigned char bytes[LEN] = { 0 };

	mpz_mul(room->u, number, room->s);
	mpz_mod(room->u, room->u, room->order);
	/* The least significant byte first: the zeroes that may lack stand at the end. */
	mpz_export(bytes, NULL, -1, 1, 1, 0, room->u);
	return BN_lebin2bn(bytes, LEN, room->factor) != NULL &&
	    EC_POINT_mul(group, product, room->factor, NULL, NULL, room->ctx) == 1;
}

/* Whether room->r is x_of_sum / s modulo the prime: multiplied, since a division takes 2 us. */
static bool
is_quotient(struct mm_p256_room *room)
{
	mpz_mul(room->u, room->r, room->s);
	mpz_mod(room->u, room->u, room->prime);
	return mpz_cmp(room->u, room->x_of_sum) == 0;
}

/* Whether the sum's x is r modulo the order: r itself, or r + n, where that is below the prime too. */
static enum mm_reason
compare(struct mm_p256_room *room, const char *r)
{
	if (EC_POINT_add(room->group, room->of_g, room->of_g, room->of_key, room->ctx) != 1)
		return MM_INTERNAL;
	if (EC_POINT_is_at_infinity(room->group, room->of_g) == 1)
		return MM_SIGNATURE_INVALID;
	/* libcrypto has a point's x as the fraction X / Z^2. */
	if (EC_POINT_get_Jprojective_coordinates_GFp(room->group, room->of_g, room->x, room->y, room->z,
	        room->ctx) != 1 ||
	    !take_number(room->x, room->x_of_sum) || !take_number(room->z, room->s))
		return MM_INTERNAL;
	mpz_mul(room->s, room->s, room->s);
	mpz_mod(room->s, room->s, room->prime);
	mpz_import(room->r, LEN, 1, 1, 1, 0, r);
	if (is_quotient(room))
		return MM_OK;
	mpz_add(room->r, room->r, room->order);
	return mpz_cmp(room->r, room->prime) < 0 && is_quotient(room) ? MM_OK : MM_SIGNATURE_INVALID;
}

static enum mm_reason
verify(const struct mm_p256_table *table, struct mm_p256_room *room, const uint8_t digest[MM_DIGEST_LEN],
    const char *signature)
{
	if (!read_number(room, signature, room->r) || !read_number(room, signature + LEN, room->s))
		return MM_SIGNATURE_INVALID;
	/* The order is a prime: every such s has an inverse. */
	if (mpz_invert(room->s, room->s, room->order) == 0)
		return MM_INTERNAL;
	if (!multiply(room, table->group, room->r, room->of_key))
		return MM_INTERNAL;
	mpz_import(room->r, MM_DIGEST_LEN, 1, 1, 1, 0, digest);
	if (!multiply(room, room->group, room->r, room->of_g))
		return MM_INTERNAL;
	return compare(room, signature);
}

enum mm_reason
mm_p256_table_verify(const struct mm_p256_table *table, struct mm_p256_room *room,
    const uint8_t digest[MM_DIGEST_LEN], struct mm_slice signature)
{
	enum mm_reason reason;

	if (signature.len != 2 * LEN)
		return MM_SIGNATURE_INVALID;
	(void)ERR_set_mark();
	reason = verify(table, room, digest, signature.ptr);
	(void)ERR_pop_to_mark();
	return reason;
}
