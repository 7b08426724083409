/* SPDX-License-Identifier: Apache-2.0 */
/* The forms that a token's signature can be given. */
#include "test/maker/signature.h"

#include "test/maker/key.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <string.h>

/* One half of ECDSA's R || S is replaced by this number. */
static void
replace_half(struct maker_text *signature, bool second, const BIGNUM *number)
{
	size_t half = signature->len / 2;

	if (BN_bn2binpad(number, (unsigned char *)signature->bytes + (second ? half : 0), (int)half) != (int)half)
		maker_fail("a number is too large for half a signature");
}

static bool
form_genuine(EVP_PKEY *key, struct maker_text *signature)
{
	(void)key;
	(void)signature;
	return true;
}

static bool
form_empty(EVP_PKEY *key, struct maker_text *signature)
{
	(void)key;
	signature->len = 0;
	return true;
}

static bool
form_short(EVP_PKEY *key, struct maker_text *signature)
{
	(void)key;
	signature->len--;
	return true;
}

static bool
form_long(EVP_PKEY *key, struct maker_text *signature)
{
	(void)key;
	maker_text_add(signature, "", 1);
	return true;
}

static bool
form_zero_before(EVP_PKEY *key, struct maker_text *signature)
{
	(void)key;
	maker_text_add(signature, "", 1);
	memmove(signature->bytes + 1, signature->bytes, signature->len - 1);
	signature->bytes[0] = 0;
	return true;
}

/* R and S of 40 bytes each, as two numbers with zeroes before them. */
static bool
form_80_bytes(EVP_PKEY *key, struct maker_text *signature)
{
	unsigned char wide[80] = { 0 };

	(void)key;
	if (signature->len != 64)
		maker_fail("form 80-bytes is for ES256");
	memcpy(wide + 8, signature->bytes, 32);
	memcpy(wide + 48, signature->bytes + 32, 32);
	signature->len = 0;
	maker_text_add(signature, wide, sizeof wide);
	return true;
}

static bool
form_der(EVP_PKEY *key, struct maker_text *signature)
{
	size_t half = signature->len / 2;
	const unsigned char *raw = (const unsigned char *)signature->bytes;
	ECDSA_SIG *numbers = ECDSA_SIG_new();
	unsigned char *der = NULL;
	int len;

	(void)key;
	if (numbers == NULL || ECDSA_SIG_set0(numbers, BN_bin2bn(raw, (int)half, NULL),
	    BN_bin2bn(raw + half, (int)half, NULL)) != 1)
		maker_fail("libcrypto: R and S cannot be read");
	len = i2d_ECDSA_SIG(numbers, &der);
	if (len <= 0)
		maker_fail("libcrypto: DER cannot be written");
	signature->len = 0;
	maker_text_add(signature, der, (size_t)len);
	OPENSSL_free(der);
	ECDSA_SIG_free(numbers);
	return true;
}

static bool
zero_half(struct maker_text *signature, bool second)
{
	size_t half = signature->len / 2;

	memset(signature->bytes + (second ? half : 0), 0, half);
	return true;
}

static bool
form_r_zero(EVP_PKEY *key, struct maker_text *signature)
{
	(void)key;
	return zero_half(signature, false);
}

static bool
form_s_zero(EVP_PKEY *key, struct maker_text *signature)
{
	(void)key;
	return zero_half(signature, true);
}

static bool
form_all_zero(EVP_PKEY *key, struct maker_text *signature)
{
	return form_r_zero(key, signature) && form_s_zero(key, signature);
}

static bool
half_is_order(EVP_PKEY *key, struct maker_text *signature, bool second)
{
	BIGNUM *order = maker_key_number(key, OSSL_PKEY_PARAM_EC_ORDER);

	replace_half(signature, second, order);
	BN_free(order);
	return true;
}

static bool
form_r_order(EVP_PKEY *key, struct maker_text *signature)
{
	return half_is_order(key, signature, false);
}

static bool
form_s_order(EVP_PKEY *key, struct maker_text *signature)
{
	return half_is_order(key, signature, true);
}

/* (r, n - s) verifies wherever (r, s) does. */
static bool
form_s_negated(EVP_PKEY *key, struct maker_text *signature)
{
	size_t half = signature->len / 2;
	BIGNUM *order = maker_key_number(key, OSSL_PKEY_PARAM_EC_ORDER);
	BIGNUM *s = BN_bin2bn((const unsigned char *)signature->bytes + half, (int)half, NULL);

	if (s == NULL || BN_sub(s, order, s) != 1)
		maker_fail("libcrypto: s cannot be negated");
	replace_half(signature, true, s);
	BN_free(s);
	BN_free(order);
	return true;
}

/* RSA's s + n: the same number modulo n, where it still fits the modulus's length. */
static bool
form_plus_modulus(EVP_PKEY *key, struct maker_text *signature)
{
	BIGNUM *n = maker_key_number(key, OSSL_PKEY_PARAM_RSA_N);
	BIGNUM *s = BN_bin2bn((const unsigned char *)signature->bytes, (int)signature->len, NULL);
	int len = (int)signature->len;
	bool fits;

	if (s == NULL || BN_add(s, s, n) != 1)
		maker_fail("libcrypto: s + n cannot be had");
	fits = BN_num_bytes(s) <= len;
	if (fits && BN_bn2binpad(s, (unsigned char *)signature->bytes, len) != len)
		maker_fail("libcrypto: s + n cannot be written");
	BN_free(s);
	BN_free(n);
	return fits;
}

static const struct form {
	const char *name;
	bool (*make)(EVP_PKEY *key, struct maker_text *signature);
	const char *key_type; /* NULL: any */
} forms[] = {
	{ "genuine", form_genuine, NULL },
	{ "empty", form_empty, NULL },
	{ "short", form_short, NULL },
	{ "long", form_long, NULL },
	{ "zero-before", form_zero_before, NULL },
	{ "80-bytes", form_80_bytes, "EC" },
	{ "der", form_der, "EC" },
	{ "r-zero", form_r_zero, "EC" },
	{ "s-zero", form_s_zero, "EC" },
	{ "all-zero", form_all_zero, "EC" },
	{ "r-order", form_r_order, "EC" },
	{ "s-order", form_s_order, "EC" },
	{ "s-negated", form_s_negated, "EC" },
	{ "plus-modulus", form_plus_modulus, "RSA" },
};

/* HMAC with what everybody can know of the key: the classic confusion of algorithms. */
static void
make_hmac(const void *secret, size_t secret_len, const struct maker_text *input, struct maker_text *signature)
{
	unsigned char mac[EVP_MAX_MD_SIZE];
	unsigned mac_len;

	if (HMAC(EVP_sha256(), secret, (int)secret_len, (const unsigned char *)input->bytes, input->len, mac,
	    &mac_len) == NULL)
		maker_fail("libcrypto: HMAC failed");
	maker_text_add(signature, mac, mac_len);
}

static void
make_hmac_of_pem(EVP_PKEY *key, const struct maker_text *input, struct maker_text *signature)
{
	BIO *memory = BIO_new(BIO_s_mem());
	char *pem;
	long len;

	if (memory == NULL || PEM_write_bio_PUBKEY(memory, key) != 1)
		maker_fail("libcrypto: the public key cannot be written");
	len = BIO_get_mem_data(memory, &pem);
	make_hmac(pem, (size_t)len, input, signature);
	BIO_free(memory);
}

bool
maker_signature_make(EVP_PKEY *key, const char *algorithm, const char *form, const struct maker_text *input,
    struct maker_text *signature)
{
	if (strcmp(form, "hmac-pem") == 0) {
		make_hmac_of_pem(key, input, signature);
		return true;
	}
	if (strcmp(form, "hmac-empty") == 0) {
		make_hmac("", 0, input, signature);
		return true;
	}
	for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
		if (strcmp(form, forms[i].name) != 0)
			continue;
		if (forms[i].key_type != NULL && !EVP_PKEY_is_a(key, forms[i].key_type))
			maker_fail("signature form %s is for %s keys", form, forms[i].key_type);
		maker_key_sign(key, algorithm, input, signature);
		return forms[i].make(key, signature);
	}
	maker_fail("there is no signature form '%s'", form);
}

void
maker_signature_print_forms(void)
{
	for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++)
		printf(" %s", forms[i].name);
	printf(" hmac-pem hmac-empty\n");
}
