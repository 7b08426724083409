/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A certificate holds exactly the key that it was made for, and any damaged one holds none.
 */
#include "lib/base/array.h"
#include "lib/crypto/certificate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#define NUMBER_LEN 256

/* A certificate, its DER, and the material of the key in it. */
struct made {
	unsigned char *der;
	size_t der_len;
	struct mm_key_material material;
	uint8_t a[NUMBER_LEN], b[NUMBER_LEN];
};

static struct mm_slice
number_of(EVP_PKEY *key, const char *parameter, uint8_t *room, size_t len)
{
	BIGNUM *number = NULL;

	assert_int_equal(EVP_PKEY_get_bn_param(key, parameter, &number), 1);
	if (len == 0)
		len = (size_t)BN_num_bytes(number);
	assert_int_equal(BN_bn2binpad(number, room, (int)len), len);
	BN_free(number);
	return mm_slice(room, len);
}

/* Self-signed, valid for a day that is long over: dates are not looked at. */
static void
make_certificate(EVP_PKEY *key, struct made *made)
{
	X509 *certificate = X509_new();
	const EVP_MD *md = EVP_PKEY_is_a(key, "ED25519") ? NULL : EVP_sha256();
	int len;

	assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1), 1);
	assert_non_null(ASN1_TIME_set(X509_getm_notBefore(certificate), 0));
	assert_non_null(ASN1_TIME_set(X509_getm_notAfter(certificate), 86400));
	assert_int_equal(X509_set_pubkey(certificate, key), 1);
	assert_true(X509_sign(certificate, key, md) > 0);
	made->der = NULL;
	len = i2d_X509(certificate, &made->der);
	assert_true(len > 0);
	made->der_len = (size_t)len;
	X509_free(certificate);
}

static void
make_rsa(struct made *made)
{
	EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2048);

	make_certificate(key, made);
	made->material = (struct mm_key_material){ .type = MM_KEY_RSA };
	made->material.n = number_of(key, OSSL_PKEY_PARAM_RSA_N, made->a, 0);
	made->material.e = number_of(key, OSSL_PKEY_PARAM_RSA_E, made->b, 0);
	EVP_PKEY_free(key);
}

static void
make_ec(struct made *made)
{
	EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");

	make_certificate(key, made);
	made->material = (struct mm_key_material){ .type = MM_KEY_EC, .curve = MM_CURVE_P256 };
	made->material.x = number_of(key, OSSL_PKEY_PARAM_EC_PUB_X, made->a, 32);
	made->material.y = number_of(key, OSSL_PKEY_PARAM_EC_PUB_Y, made->b, 32);
	EVP_PKEY_free(key);
}

static void
make_ed25519(struct made *made)
{
	EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	size_t len = sizeof(made->a);

	make_certificate(key, made);
	made->material = (struct mm_key_material){ .type = MM_KEY_OKP, .curve = MM_CURVE_ED25519 };
	assert_int_equal(EVP_PKEY_get_raw_public_key(key, made->a, &len), 1);
	made->material.x = mm_slice(made->a, len);
	EVP_PKEY_free(key);
}

static void (*const makers[])(struct made *) = { make_rsa, make_ec, make_ed25519 };

static struct mm_slice
der_of(const struct made *made)
{
	return mm_slice(made->der, made->der_len);
}

static void
a_certificate_holds_its_own_key_alone(void **state)
{
	struct made made[MM_COUNT_OF(makers) * 2];

	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(made); i++)
		makers[i % MM_COUNT_OF(makers)](&made[i]);
	for (size_t i = 0; i < MM_COUNT_OF(made); i++)
		for (size_t j = 0; j < MM_COUNT_OF(made); j++)
			assert_int_equal(mm_certificate_holds(der_of(&made[i]), &made[j].material), i == j);
	for (size_t i = 0; i < MM_COUNT_OF(made); i++)
		OPENSSL_free(made[i].der);
}

static void
each_number_counts(void **state)
{
	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(makers); i++) {
		struct made made;

		makers[i](&made);
		made.a[7] ^= 1;
		assert_false(mm_certificate_holds(der_of(&made), &made.material));
		made.a[7] ^= 1;
		made.b[0] ^= 2;
		/* an Ed25519 key has one number */
		assert_int_equal(mm_certificate_holds(der_of(&made), &made.material), made.material.type == MM_KEY_OKP);
		OPENSSL_free(made.der);
	}
}

static void
damaged_certificates_hold_nothing(void **state)
{
	static const char junk[] = "0";
	struct made made;
	unsigned char *longer;

	(void)state;
	make_ec(&made);
	for (size_t len = 0; len < made.der_len; len++)
		assert_false(mm_certificate_holds(mm_slice(made.der, len), &made.material));
	longer = (unsigned char *)malloc(made.der_len + 1);
	assert_non_null(longer);
	memcpy(longer, made.der, made.der_len);
	longer[made.der_len] = 0;
	assert_false(mm_certificate_holds(mm_slice(longer, made.der_len + 1), &made.material));
	assert_true(mm_certificate_holds(mm_slice(longer, made.der_len), &made.material));
	assert_false(mm_certificate_holds(mm_slice_str(junk), &made.material));
	assert_false(mm_certificate_holds(MM_SLICE_ABSENT, &made.material));
	assert_int_equal(ERR_peek_error(), 0);
	free(longer);
	OPENSSL_free(made.der);
}

/* The year 1971 has the two digits of UTCTime, the year 9999 the four of GeneralizedTime (RFC 5280 section 4.1.2.5). */
static void
a_certificate_tells_its_end(void **state)
{
	static const struct { const char *not_after; int64_t end_s; } rows[] = {
		{ "710101000000Z", 31536000 },
		{ "491231235959Z", 2524607999 },
		{ "500101000000Z", 0 }, /* 1950 */
		{ "99991231235959Z", 253402300799 },
	};
	EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");

	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(rows); i++) {
		X509 *certificate = X509_new();
		unsigned char *der = NULL;
		int64_t end_s = -1;
		int len;

		assert_int_equal(ASN1_TIME_set_string(X509_getm_notBefore(certificate), "500101000000Z"), 1);
		assert_int_equal(ASN1_TIME_set_string(X509_getm_notAfter(certificate), rows[i].not_after), 1);
		assert_int_equal(X509_set_pubkey(certificate, key), 1);
		assert_true(X509_sign(certificate, key, EVP_sha256()) > 0);
		len = i2d_X509(certificate, &der);
		assert_true(len > 0);
		assert_true(mm_certificate_end(mm_slice(der, (size_t)len), &end_s));
		assert_int_equal(end_s, rows[i].end_s);
		end_s = -1;
		assert_false(mm_certificate_end(mm_slice(der, (size_t)len - 1), &end_s));
		assert_int_equal(end_s, -1);
		OPENSSL_free(der);
		X509_free(certificate);
	}
	EVP_PKEY_free(key);
	assert_int_equal(ERR_peek_error(), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_certificate_holds_its_own_key_alone),
		cmocka_unit_test(each_number_counts),
		cmocka_unit_test(damaged_certificates_hold_nothing),
		cmocka_unit_test(a_certificate_tells_its_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
