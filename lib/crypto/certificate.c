/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether a certificate holds a key, and when it ends.
 */
#include "lib/crypto/certificate.h"

#include "lib/crypto/evp_key.h"

#include <limits.h>

#include <openssl/err.h>
#include <openssl/x509.h>

/* The certificate that der is from its first byte to its last; NULL where it is none. */
static X509 *
read_certificate(struct mm_slice der)
{
	const unsigned char *at = (const unsigned char *)der.ptr;
	X509 *certificate;

	if (!mm_slice_present(der) || der.len > LONG_MAX)
		return NULL;
	certificate = d2i_X509(NULL, &at, (long)der.len);
	if (certificate == NULL || at == (const unsigned char *)der.ptr + der.len)
		return certificate;
	X509_free(certificate);
	return NULL;
}

bool
mm_certificate_holds(struct mm_slice der, const struct mm_key_material *material)
{
	X509 *certificate;
	EVP_PKEY *held, *key;
	bool equal;

	(void)ERR_set_mark();
	certificate = read_certificate(der);
	held = certificate == NULL ? NULL : X509_get0_pubkey(certificate);
	key = mm_evp_key_new(material);
	equal = held != NULL && key != NULL && EVP_PKEY_eq(held, key) == 1;
	EVP_PKEY_free(key);
	X509_free(certificate);
	(void)ERR_pop_to_mark();
	return equal;
}

bool
mm_certificate_end(struct mm_slice der, int64_t *not_after_s)
{
	X509 *certificate;
	ASN1_TIME *epoch;
	int days = 0, seconds = 0;
	bool known;

	(void)ERR_set_mark();
	certificate = read_certificate(der);
	epoch = ASN1_TIME_set(NULL, 0);
	known = certificate != NULL && epoch != NULL &&
	    ASN1_TIME_diff(&days, &seconds, epoch, X509_get0_notAfter(certificate)) == 1;
	ASN1_TIME_free(epoch);
	X509_free(certificate);
	(void)ERR_pop_to_mark();
	if (known)
		*not_after_s = days < 0 || seconds < 0 ? 0 : (int64_t)days * 86400 + seconds;
	return known;
}
