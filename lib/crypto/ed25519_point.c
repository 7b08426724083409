/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Points of the curve of Ed25519: -x^2 + y^2 = 1 + d x^2 y^2 modulo p = 2^255 - 19 (RFC 8032 section 5.1).
 *
 * The point is public and the check is made once a key, so it uses plain big numbers and takes no care
 * of its time.
 */
#include "lib/crypto/ed25519_point.h"

#include "lib/base/array.h"

#include <string.h>

#include <openssl/bn.h>

#define SIGN_BIT 0x80

static const uint8_t prime[MM_ED25519_POINT_LEN] = {
	0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xed,
};

/* d = -121665 / 121666 modulo p. */
static const uint8_t curve_d[MM_ED25519_POINT_LEN] = {
	0x52, 0x03, 0x6c, 0xee, 0x2b, 0x6f, 0xfe, 0x73, 0x8c, 0xc7, 0x40, 0x79, 0x77, 0x79, 0xe8, 0x98,
	0x00, 0x70, 0x0a, 0x4d, 0x41, 0x41, 0xd8, 0xab, 0x75, 0xeb, 0x4d, 0xca, 0x13, 0x59, 0x78, 0xa3,
};

/* The y of every point whose order divides 8, as encoded without the sign of x. */
static const uint8_t small_order_y[][MM_ED25519_POINT_LEN] = {
	/* order 1 */ { 0x01 },
	/* order 2 */
	{ 0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	  0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f },
	/* order 4 */ { 0x00 },
	/* order 8 */
	{ 0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0,
	  0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05 },
	{ 0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f,
	  0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a },
};

static bool
has_small_order(const uint8_t y[MM_ED25519_POINT_LEN])
{
	for (size_t i = 0; i < MM_COUNT_OF(small_order_y); i++)
		if (memcmp(y, small_order_y[i], MM_ED25519_POINT_LEN) == 0)
			return true;
	return false;
}

/*
 * Whether some x belongs to y: x^2 = (y^2 - 1) / (d y^2 + 1) must be a square modulo p, and a quotient is
 * one exactly where the product is. The numbers of ctx are the caller's to end.
 */
static enum mm_ed25519_point
find_x(const BIGNUM *y, const BIGNUM *p, BN_CTX *ctx)
{
	BIGNUM *d = BN_CTX_get(ctx);
	BIGNUM *numerator = BN_CTX_get(ctx);
	BIGNUM *denominator = BN_CTX_get(ctx);
	int symbol;

	if (denominator == NULL || BN_bin2bn(curve_d, sizeof(curve_d), d) == NULL ||
	    BN_mod_sqr(numerator, y, p, ctx) != 1 ||
	    BN_mod_mul(denominator, numerator, d, p, ctx) != 1 ||
	    BN_add_word(denominator, 1) != 1 || BN_sub_word(numerator, 1) != 1 ||
	    BN_mod_mul(numerator, numerator, denominator, p, ctx) != 1)
		return MM_ED25519_FAILED;
	symbol = BN_kronecker(numerator, p, ctx);
	if (symbol < -1)
		return MM_ED25519_FAILED;
	return symbol == 1 ? MM_ED25519_GOOD : MM_ED25519_REFUSED;
}

static enum mm_ed25519_point
check_y(const uint8_t encoded_y[MM_ED25519_POINT_LEN], BN_CTX *ctx)
{
	BIGNUM *p = BN_CTX_get(ctx);
	BIGNUM *y = BN_CTX_get(ctx);

	if (y == NULL || BN_bin2bn(prime, sizeof(prime), p) == NULL ||
	    BN_lebin2bn(encoded_y, MM_ED25519_POINT_LEN, y) == NULL)
		return MM_ED25519_FAILED;
	/* RFC 8032 section 5.1.3: "If the resulting value is >= p, decoding fails." */
	if (BN_cmp(y, p) >= 0)
		return MM_ED25519_REFUSED;
	return find_x(y, p, ctx);
}

enum mm_ed25519_point
mm_ed25519_point_check(const uint8_t encoding[MM_ED25519_POINT_LEN])
{
	uint8_t y[MM_ED25519_POINT_LEN];
	enum mm_ed25519_point result;
	BN_CTX *ctx;

	memcpy(y, encoding, sizeof(y));
	y[MM_ED25519_POINT_LEN - 1] &= (uint8_t)~SIGN_BIT;
	if (has_small_order(y))
		return MM_ED25519_REFUSED;
	ctx = BN_CTX_new();
	if (ctx == NULL)
		return MM_ED25519_FAILED;
	BN_CTX_start(ctx);
	result = check_y(y, ctx);
	BN_CTX_end(ctx);
	BN_CTX_free(ctx);
	return result;
}
