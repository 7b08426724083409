/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Verifying with OpenSSL alone.
 */
#include "test/bench/floor.h"

#include <openssl/ec.h>
#include <openssl/evp.h>

#include <string.h>

/* EVP_DigestVerify takes ECDSA signatures in DER; the floor gets it ready-made. */
static void
prepare_signature(struct bench_floor *floor)
{
	const struct maker_text *raw = &floor->subject->signature;
	unsigned char *out = floor->signature;
	ECDSA_SIG *der;

	if (strcmp(floor->subject->algorithm, "ES256") != 0) {
		memcpy(floor->signature, raw->bytes, raw->len);
		floor->signature_len = raw->len;
		return;
	}
	der = ECDSA_SIG_new();
	ECDSA_SIG_set0(der, BN_bin2bn((unsigned char *)raw->bytes, 32, NULL),
	    BN_bin2bn((unsigned char *)raw->bytes + 32, 32, NULL));
	floor->signature_len = (size_t)i2d_ECDSA_SIG(der, &out);
	ECDSA_SIG_free(der);
}

void
bench_floor_open(struct bench_floor *floor, const struct bench_subject *subject)
{
	bool ed25519 = strcmp(subject->algorithm, "EdDSA") == 0;

	floor->subject = subject;
	floor->prepared = EVP_MD_CTX_new();
	floor->work = EVP_MD_CTX_new();
	if (EVP_DigestVerifyInit(floor->prepared, NULL, ed25519 ? NULL : EVP_sha256(), NULL, subject->key) != 1)
		maker_fail("OpenSSL cannot verify %s", subject->algorithm);
	prepare_signature(floor);
}

bool
bench_floor_run(void *ctx)
{
	struct bench_floor *floor = ctx;

	return EVP_MD_CTX_copy_ex(floor->work, floor->prepared) == 1 &&
	    EVP_DigestVerify(floor->work, floor->signature, floor->signature_len,
	    (const unsigned char *)floor->subject->signed_input.ptr, floor->subject->signed_input.len) == 1;
}

void
bench_floor_close(struct bench_floor *floor)
{
	EVP_MD_CTX_free(floor->prepared);
	EVP_MD_CTX_free(floor->work);
}
