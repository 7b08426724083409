/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a JWE, decrypted with keys of each kind of method, and any bytes as a key.
 */
#include "lib/base/array.h"

#include <mintmark/jwe.h>

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* RFC 7516 appendix A.3, RFC 7518 appendix C, RFC 8037 appendix A.6. */
static const struct {
	const char *jwk, *algorithm;
} recipients[] = {
	{ "{\"kty\":\"oct\",\"k\":\"GawgguFyGrWKav7AX4VKUg\"}", "A128KW" },
	{ "{\"kty\":\"oct\",\"k\":\"GawgguFyGrWKav7AX4VKUg\"}", "A128GCMKW" },
	{ "{\"kty\":\"oct\",\"k\":\"GawgguFyGrWKav7AX4VKUg\"}", "dir" },
	{ "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"weNJy2HscCSM6AEDTDg04biOvhFhyyWvOHQfeF_PxMQ\","
	  "\"y\":\"e8lnCO-AlStT-NJVX-crhB7QRYhiix03illJOVAOyck\","
	  "\"d\":\"VEmDZpDXXK8p8N0Cndsxs924q6nS1RXFASRl6BfUqdw\"}",
	    "ECDH-ES+A128KW" },
	{ "{\"kty\":\"OKP\",\"crv\":\"X25519\",\"x\":\"3p7bfXt9wbTTW2HC7OQ1Nz-DQ8hbeGdNrfx-FG-IK08\","
	  "\"d\":\"XasIfmJKikt54X-Lg4AO5m87sSkmGLb9HC-LJ_-I4Os\"}", "ECDH-ES" },
};

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct mm_jwe_key *keys[MM_COUNT_OF(recipients)];
	struct mm_slice input = mm_slice(size == 0 ? "" : (const char *)data, size);
	char *room = malloc(size + 1);
	struct mm_jwe_key *read;
	size_t len = 0;

	if (room == NULL)
		return 0;
	for (size_t i = 0; i < MM_COUNT_OF(recipients); i++) {
		if (keys[i] == NULL)
			keys[i] = mm_jwe_key_new(mm_slice_str(recipients[i].jwk), recipients[i].algorithm, NULL);
		if (keys[i] == NULL)
			abort();
		if (mm_jwe_decrypt(keys[i], input, room, size + 1, &len) == MM_JWE_DECRYPTED && len > size)
			abort();
		read = mm_jwe_key_new(input, recipients[i].algorithm, NULL);
		mm_jwe_key_free(&read);
	}
	free(room);
	return 0;
}
