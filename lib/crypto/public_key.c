/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Public keys and the verification of signatures.
 *
 * The part of a verification that is the same for every token is done once: RSA and ECDSA verify a digest, with a
 * context that the thread's verifier keeps for the key; Ed25519 verifies the message itself, with a copy of a context
 * that is prepared with the key. Copying reads the original, takes counted references with atomic operations and
 * allocates the rest anew, so that any number of threads copy from one key at a time.
 */
#include "lib/crypto/public_key.h"

#include "lib/base/array.h"
#include "lib/base/limits.h"
#include "lib/crypto/ed25519_point.h"
#include "lib/crypto/evp_key.h"
#include "lib/crypto/verifier.h"

#include <stdint.h>
#include <stdlib.h>

#include <openssl/err.h>
#include <openssl/evp.h>

#define RSA_EXPONENT_MIN 65537u

/* OpenSSL takes no longer exponent with a modulus above 3072 bits; no real key has one. */
#define RSA_EXPONENT_LEN_MAX 8

/* SEQUENCE of two INTEGERs, each of P-521's 66 bytes with tag, length and a zero for the sign. */
#define ECDSA_COORDINATE_LEN_MAX 66
#define ECDSA_DER_LEN_MAX (3 + 2 * (2 + ECDSA_COORDINATE_LEN_MAX + 1))

#define DER_INTEGER 0x02
#define DER_SEQUENCE 0x30
#define DER_LENGTH_ONE_BYTE 0x81 /* the length stands in the next byte; for lengths above 127 */

struct mm_public_key {
	EVP_PKEY *key;
	EVP_MD *hash;         /* NULL for Ed25519 */
	EVP_MD_CTX *prepared; /* for Ed25519 alone */
	size_t signature_len;
	enum mm_scheme scheme;
};

size_t
mm_curve_coordinate_len(enum mm_curve curve)
{
	switch (curve) {
	case MM_CURVE_P256:
	case MM_CURVE_ED25519:
	case MM_CURVE_X25519:
		return 32;
	case MM_CURVE_P384:
		return 48;
	case MM_CURVE_P521:
		return ECDSA_COORDINATE_LEN_MAX;
	case MM_CURVE_NONE:
		break;
	}
	return 0;
}

const char *
mm_key_fault_text(enum mm_key_fault fault)
{
	switch (fault) {
	case MM_KEY_GOOD:
		return "the key can be used";
	case MM_KEY_TOO_SMALL:
		return "the RSA modulus has less than 2048 bits";
	case MM_KEY_TOO_LARGE:
		return "the RSA modulus has more than 8192 bits, or the exponent more than 64";
	case MM_KEY_BAD_EXPONENT:
		return "the RSA exponent is even or below 65537";
	case MM_KEY_BAD_MODULUS:
		return "the RSA modulus is even";
	case MM_KEY_BAD_LENGTH:
		return "a number of the key has the wrong length";
	case MM_KEY_NOT_ON_CURVE:
		return "the key is no point of its curve, or one of small order";
	case MM_KEY_SCHEME_UNFIT:
		return "the key cannot be used with this algorithm";
	case MM_KEY_CRYPTO_FAILED:
		break;
	}
	return "libcrypto refused the key or has no memory";
}

/* Which schemes and hashes go with which keys; MM_CURVE_NONE is RSA's. */
static const struct {
	enum mm_key_type type;
	enum mm_curve curve;
	enum mm_scheme scheme;
	enum mm_hash hash;
} fitting[] = {
	{ MM_KEY_RSA, MM_CURVE_NONE, MM_SCHEME_PKCS1, MM_HASH_SHA256 },
	{ MM_KEY_RSA, MM_CURVE_NONE, MM_SCHEME_PKCS1, MM_HASH_SHA384 },
	{ MM_KEY_RSA, MM_CURVE_NONE, MM_SCHEME_PKCS1, MM_HASH_SHA512 },
	{ MM_KEY_RSA, MM_CURVE_NONE, MM_SCHEME_PSS, MM_HASH_SHA256 },
	{ MM_KEY_RSA, MM_CURVE_NONE, MM_SCHEME_PSS, MM_HASH_SHA384 },
	{ MM_KEY_RSA, MM_CURVE_NONE, MM_SCHEME_PSS, MM_HASH_SHA512 },
	{ MM_KEY_EC, MM_CURVE_P256, MM_SCHEME_ECDSA, MM_HASH_SHA256 },
	{ MM_KEY_EC, MM_CURVE_P384, MM_SCHEME_ECDSA, MM_HASH_SHA384 },
	{ MM_KEY_EC, MM_CURVE_P521, MM_SCHEME_ECDSA, MM_HASH_SHA512 },
	{ MM_KEY_OKP, MM_CURVE_ED25519, MM_SCHEME_ED25519, MM_HASH_NONE },
};

static bool
scheme_fits(const struct mm_key_material *material, enum mm_scheme scheme, enum mm_hash hash)
{
	for (size_t i = 0; i < MM_COUNT_OF(fitting); i++)
		if (fitting[i].type == material->type && fitting[i].curve == material->curve &&
		    fitting[i].scheme == scheme && fitting[i].hash == hash)
			return true;
	return false;
}

/* Bits of a number without leading zeroes. */
static size_t
bit_len(struct mm_slice number)
{
	uint8_t first = (uint8_t)number.ptr[0];
	size_t bits = number.len * 8;

	for (uint8_t bit = 0x80; bit != 0 && (first & bit) == 0; bit >>= 1)
		bits--;
	return bits;
}

static bool
number_is_plain(struct mm_slice number)
{
	return mm_slice_present(number) && number.len > 0 && number.ptr[0] != 0;
}

static bool
number_is_odd(struct mm_slice number)
{
	return ((uint8_t)number.ptr[number.len - 1] & 1) != 0;
}

static enum mm_key_fault
check_rsa_exponent(struct mm_slice e)
{
	uint64_t value = 0;

	if (e.len > RSA_EXPONENT_LEN_MAX)
		return MM_KEY_TOO_LARGE;
	for (size_t i = 0; i < e.len; i++)
		value = value << 8 | (uint8_t)e.ptr[i];
	return value < RSA_EXPONENT_MIN || !number_is_odd(e) ? MM_KEY_BAD_EXPONENT : MM_KEY_GOOD;
}

static enum mm_key_fault
check_rsa(const struct mm_key_material *material)
{
	size_t bits;

	if (!number_is_plain(material->n) || !number_is_plain(material->e))
		return MM_KEY_BAD_LENGTH;
	bits = bit_len(material->n);
	if (bits < MM_RSA_BITS_MIN)
		return MM_KEY_TOO_SMALL;
	if (bits > MM_RSA_BITS_MAX)
		return MM_KEY_TOO_LARGE;
	if (!number_is_odd(material->n))
		return MM_KEY_BAD_MODULUS;
	return check_rsa_exponent(material->e);
}

static enum mm_key_fault
check_ed25519(struct mm_slice x)
{
	switch (mm_ed25519_point_check((const uint8_t *)x.ptr)) {
	case MM_ED25519_GOOD:
		return MM_KEY_GOOD;
	case MM_ED25519_REFUSED:
		return MM_KEY_NOT_ON_CURVE;
	case MM_ED25519_FAILED:
		break;
	}
	return MM_KEY_CRYPTO_FAILED;
}

/* What can be said of the numbers before libcrypto sees them. */
static enum mm_key_fault
check_material(const struct mm_key_material *material)
{
	size_t len = mm_curve_coordinate_len(material->curve);

	if (material->type == MM_KEY_RSA)
		return check_rsa(material);
	if (material->x.len != len || (material->type == MM_KEY_EC && material->y.len != len))
		return MM_KEY_BAD_LENGTH;
	return material->type == MM_KEY_OKP ? check_ed25519(material->x) : MM_KEY_GOOD;
}

static const char *
hash_name(enum mm_hash hash)
{
	switch (hash) {
	case MM_HASH_SHA256:
		return "SHA2-256";
	case MM_HASH_SHA384:
		return "SHA2-384";
	case MM_HASH_SHA512:
		return "SHA2-512";
	case MM_HASH_NONE:
		break;
	}
	return NULL;
}

/* What verifications with the key start from. */
static bool
prepare(struct mm_public_key *key, enum mm_hash hash)
{
	if (key->scheme == MM_SCHEME_ED25519) {
		key->prepared = EVP_MD_CTX_new();
		return key->prepared != NULL && EVP_DigestVerifyInit(key->prepared, NULL, NULL, NULL, key->key) == 1;
	}
	key->hash = EVP_MD_fetch(NULL, hash_name(hash), NULL);
	return key->hash != NULL;
}

/* Libcrypto's own check of a public key: for EC the point's range, its equation and its order. */
static bool
public_check(EVP_PKEY *key)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
	bool good = ctx != NULL && EVP_PKEY_public_check(ctx) == 1;

	EVP_PKEY_CTX_free(ctx);
	return good;
}

/* Whether libcrypto's last failure was for want of memory. */
static bool
out_of_memory(void)
{
	return ERR_GET_REASON(ERR_peek_last_error()) == ERR_R_MALLOC_FAILURE;
}

/* Why libcrypto refused an EC key. */
static enum mm_key_fault
ec_fault(void)
{
	return out_of_memory() ? MM_KEY_CRYPTO_FAILED : MM_KEY_NOT_ON_CURVE;
}

static enum mm_key_fault
load_evp_key(const struct mm_key_material *material, EVP_PKEY **key)
{
	bool is_ec = material->type == MM_KEY_EC;

	*key = mm_evp_key_new(material);
	if (*key == NULL)
		return is_ec ? ec_fault() : MM_KEY_CRYPTO_FAILED;
	if (!is_ec || public_check(*key))
		return MM_KEY_GOOD;
	EVP_PKEY_free(*key);
	*key = NULL;
	return ec_fault();
}

static size_t
signature_len(const struct mm_key_material *material)
{
	if (material->type == MM_KEY_RSA)
		return material->n.len;
	return 2 * mm_curve_coordinate_len(material->curve);
}

static enum mm_key_fault
make_key(const struct mm_key_material *material, enum mm_scheme scheme, enum mm_hash hash, struct mm_public_key **key)
{
	struct mm_public_key *made;
	EVP_PKEY *evp_key;
	enum mm_key_fault fault = load_evp_key(material, &evp_key);

	if (fault != MM_KEY_GOOD)
		return fault;
	made = (struct mm_public_key *)calloc(1, sizeof(*made));
	if (made == NULL) {
		EVP_PKEY_free(evp_key);
		return MM_KEY_CRYPTO_FAILED;
	}
	made->key = evp_key;
	made->scheme = scheme;
	made->signature_len = signature_len(material);
	if (!prepare(made, hash)) {
		mm_public_key_free(&made);
		return MM_KEY_CRYPTO_FAILED;
	}
	*key = made;
	return MM_KEY_GOOD;
}

enum mm_key_fault
mm_public_key_new(const struct mm_key_material *material, enum mm_scheme scheme, enum mm_hash hash,
    struct mm_public_key **key)
{
	enum mm_key_fault fault;

	if (!scheme_fits(material, scheme, hash))
		return MM_KEY_SCHEME_UNFIT;
	(void)ERR_set_mark();
	fault = check_material(material);
	if (fault == MM_KEY_GOOD)
		fault = make_key(material, scheme, hash, key);
	(void)ERR_pop_to_mark();
	return fault;
}

void
mm_public_key_free(struct mm_public_key **key)
{
	if (key == NULL || *key == NULL)
		return;
	EVP_MD_CTX_free((*key)->prepared);
	EVP_MD_free((*key)->hash);
	EVP_PKEY_free((*key)->key);
	free(*key);
	*key = NULL;
}

/* Write number as a DER INTEGER: shortest form, with a zero before a first byte of 0x80 or more. */
static uint8_t *
put_der_integer(uint8_t *at, const uint8_t *number, size_t len)
{
	size_t zero;

	while (len > 1 && *number == 0) {
		number++;
		len--;
	}
	zero = (*number & 0x80) != 0;
	*at++ = DER_INTEGER;
	*at++ = (uint8_t)(len + zero);
	if (zero != 0)
		*at++ = 0;
	memcpy(at, number, len);
	return at + len;
}

/*
 * Rewrite R || S as the DER that libcrypto wants (RFC 3279 section 2.2.3); returns it, within der.
 * The numbers' range is libcrypto's to check.
 */
static struct mm_slice
ecdsa_der(struct mm_slice raw, uint8_t der[ECDSA_DER_LEN_MAX])
{
	const uint8_t *number = (const uint8_t *)raw.ptr;
	size_t coordinate_len = raw.len / 2;
	uint8_t *body = der + 3;
	uint8_t *end = put_der_integer(body, number, coordinate_len);
	uint8_t *start = body;
	size_t body_len;

	end = put_der_integer(end, number + coordinate_len, coordinate_len);
	body_len = (size_t)(end - body);
	*--start = (uint8_t)body_len;
	if (body_len > 127)
		*--start = DER_LENGTH_ONE_BYTE;
	*--start = DER_SEQUENCE;
	return mm_slice(start, (size_t)(end - start));
}

/* What a refusal by libcrypto means: the signature does not hold, or it could not be looked at. */
static enum mm_reason
refusal(void)
{
	return out_of_memory() ? MM_INTERNAL : MM_SIGNATURE_INVALID;
}

static bool
make_digest(const struct mm_public_key *key, EVP_MD_CTX *ctx, struct mm_slice input, unsigned char *digest,
    unsigned *digest_len)
{
	return EVP_DigestInit_ex2(ctx, key->hash, NULL) == 1 && EVP_DigestUpdate(ctx, input.ptr, input.len) == 1 &&
	    EVP_DigestFinal_ex(ctx, digest, digest_len) == 1;
}

/* A context that has refused once is not used again: whatever state a failure leaves in it ends there. */
static enum mm_reason
verify_digest(const struct mm_public_key *key, struct mm_verifier *verifier, struct mm_slice signed_input,
    struct mm_slice signature)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned digest_len = 0;
	enum mm_reason reason;
	EVP_PKEY_CTX *ctx;

	if (!make_digest(key, verifier->digest, signed_input, digest, &digest_len))
		return MM_INTERNAL;
	ctx = mm_verifier_context(verifier, key->key, key->scheme, key->hash);
	if (ctx == NULL)
		return MM_INTERNAL;
	if (EVP_PKEY_verify(ctx, (const unsigned char *)signature.ptr, signature.len, digest, digest_len) == 1)
		return MM_OK;
	reason = refusal();
	mm_verifier_forget(verifier, ctx);
	return reason;
}

static enum mm_reason
verify_message(const struct mm_public_key *key, struct mm_verifier *verifier, struct mm_slice signed_input,
    struct mm_slice signature)
{
	if (EVP_MD_CTX_copy_ex(verifier->message, key->prepared) != 1)
		return MM_INTERNAL;
	if (EVP_DigestVerify(verifier->message, (const unsigned char *)signature.ptr, signature.len,
	    (const unsigned char *)signed_input.ptr, signed_input.len) != 1)
		return refusal();
	return MM_OK;
}

enum mm_reason
mm_public_key_verify(const struct mm_public_key *key, struct mm_verifier *verifier,
    struct mm_slice signed_input, struct mm_slice signature)
{
	uint8_t der[ECDSA_DER_LEN_MAX];
	enum mm_reason reason;

	if (signature.len != key->signature_len)
		return MM_SIGNATURE_INVALID;
	if (key->scheme == MM_SCHEME_ECDSA)
		signature = ecdsa_der(signature, der);
	(void)ERR_set_mark();
	reason = key->scheme == MM_SCHEME_ED25519 ? verify_message(key, verifier, signed_input, signature) :
	    verify_digest(key, verifier, signed_input, signature);
	(void)ERR_pop_to_mark();
	return reason;
}
