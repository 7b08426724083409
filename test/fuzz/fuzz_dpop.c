/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Can any bytes hurt the reader of DPoP proofs, or be accepted? The input is a proof; where it holds a NUL, the parts
 * before and behind it are header and payload as JSON, which the target encodes, so that the fuzzer need not learn
 * base64url. No signature is ever one that holds.
 */
#include "lib/codec/base64url.h"
#include "lib/token/dpop.h"
#include "lib/token/nonce.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const unsigned char secret[MM_EVIDENCE_SECRET_LEN] = "thirty-two bytes that nobody has";

/* header.payload.AAAA…, a signature of 64 zero bytes; the caller frees it. */
static char *
encode(const uint8_t *data, size_t size, const uint8_t *nul, size_t *len)
{
	struct mm_slice header = mm_slice(data, (size_t)(nul - data));
	struct mm_slice payload = mm_slice(nul + 1, size - header.len - 1);
	size_t header_len = MM_BASE64URL_ENCODED_LEN(header.len), payload_len = MM_BASE64URL_ENCODED_LEN(payload.len);
	size_t signature_len = MM_BASE64URL_ENCODED_LEN(64);
	char *proof = malloc(header_len + payload_len + signature_len + 2);

	if (proof == NULL)
		abort();
	mm_base64url_encode(header, proof);
	proof[header_len] = '.';
	mm_base64url_encode(payload, proof + header_len + 1);
	proof[header_len + payload_len + 1] = '.';
	memset(proof + header_len + payload_len + 2, 'A', signature_len);
	*len = header_len + payload_len + signature_len + 2;
	return proof;
}

static void
check_bounds(const struct mm_dpop_proof *proof)
{
	if (proof->jti.len == 0 || proof->htm.len == 0 || proof->url.len == 0 || proof->algorithm == NULL ||
	    proof->htm.len > MM_DPOP_METHOD_LEN_MAX || proof->nonce.len > MM_DPOP_NONCE_LEN_MAX || proof->iat_s < 0)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct mm_dpop_room room;
	static struct mm_verifier *verifier;
	const uint8_t *nul = size == 0 ? NULL : memchr(data, 0, size);
	struct mm_slice text = mm_slice(data, size);
	struct mm_dpop_expected expected;
	struct mm_dpop_proof proof;
	char *encoded = NULL;

	if (verifier == NULL && (verifier = mm_verifier_new()) == NULL)
		abort();
	if (nul != NULL) {
		encoded = encode(data, size, nul, &text.len);
		text.ptr = encoded;
	}
	if (mm_dpop_parse(text, &room, &proof) == MM_DPOP_GOOD) {
		check_bounds(&proof);
		expected = (struct mm_dpop_expected){
			.thumbprint = proof.thumbprint, .method = proof.htm, .url = proof.url,
			.token = mm_slice("a", 1), .nonce_secret = secret, .nonce_demanded = true, .now_s = 1800000000,
		};
		if (mm_dpop_check(&proof, &expected, &room) == MM_DPOP_GOOD ||
		    mm_dpop_verify(&proof, verifier) == MM_DPOP_GOOD)
			abort();
	}
	free(encoded);
	return 0;
}
