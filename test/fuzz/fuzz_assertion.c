/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Can any bytes hurt the reader of clients' assertions, or be accepted? The input is an assertion; where it holds a
 * NUL, the parts before and behind it are header and payload as JSON, which the target encodes. It is also read as a
 * client's JWK set. No signature is ever one that holds: the only key's secret is thrown away.
 */
#include "daemon/verifier/assertion.h"
#include "lib/codec/base64url.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char jwks[] =
    "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"k\","
    "\"x\":\"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4\",\"y\":\"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM\"}]}";

static size_t
encode(const uint8_t *data, size_t size, const uint8_t *nul, char *text)
{
	struct mm_slice header = mm_slice(data, (size_t)(nul - data));
	struct mm_slice payload = mm_slice(nul + 1, size - header.len - 1);
	size_t len = MM_BASE64URL_ENCODED_LEN(header.len);

	mm_base64url_encode(header, text);
	text[len++] = '.';
	mm_base64url_encode(payload, text + len);
	len += MM_BASE64URL_ENCODED_LEN(payload.len);
	text[len++] = '.';
	memset(text + len, 'A', 86);
	return len + 86;
}

static void
read_assertion(struct mm_slice text, struct verifier_keys *keys, struct verifier_signatures *signatures)
{
	static const char *const audiences[2] = { "https://login.example", "https://login.example/token" };
	static struct verifier_assertion_room room;
	struct verifier_assertion assertion;

	if (verifier_assertion_parse(text, &room, &assertion) != NULL)
		return;
	if (assertion.algorithm == NULL || assertion.jti.len == 0 || assertion.unverified_client.len == 0 ||
	    assertion.exp_s < 0)
		abort();
	if (verifier_assertion_check(&assertion, keys, signatures, audiences, 1800000000) == NULL)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct verifier_keys keys;
	static struct verifier_signatures signatures;
	const uint8_t *nul = size == 0 ? NULL : memchr(data, 0, size);
	struct verifier_keys read;
	char *text;

	if (keys.count == 0 && (!verifier_signatures_open(&signatures) ||
	                           verifier_keys_read(mm_slice_str(jwks), &keys) != NULL))
		abort();
	if (nul == NULL) {
		read_assertion(mm_slice(data, size), &keys, &signatures);
		if (verifier_keys_read(mm_slice(data, size), &read) == NULL)
			verifier_keys_clear(&read);
		return 0;
	}
	text = malloc(size * 2 + 128);
	if (text == NULL)
		abort();
	read_assertion(mm_slice(text, encode(data, size, nul, text)), &keys, &signatures);
	free(text);
	return 0;
}
