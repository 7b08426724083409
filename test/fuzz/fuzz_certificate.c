/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Can any bytes hurt the reading of a certificate? It is libcrypto's parser; ours is the call, and that
 * its errors do not stay behind.
 */
#include "lib/crypto/certificate.h"

#include <stdint.h>
#include <stdlib.h>

#include <openssl/err.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The base point of P-256: its private key is 1, so that anybody can make a certificate that holds it. */
static const uint8_t base_x[] = {
	0x6b, 0x17, 0xd1, 0xf2, 0xe1, 0x2c, 0x42, 0x47, 0xf8, 0xbc, 0xe6, 0xe5, 0x63, 0xa4, 0x40, 0xf2,
	0x77, 0x03, 0x7d, 0x81, 0x2d, 0xeb, 0x33, 0xa0, 0xf4, 0xa1, 0x39, 0x45, 0xd8, 0x98, 0xc2, 0x96,
};
static const uint8_t base_y[] = {
	0x4f, 0xe3, 0x42, 0xe2, 0xfe, 0x1a, 0x7f, 0x9b, 0x8e, 0xe7, 0xeb, 0x4a, 0x7c, 0x0f, 0x9e, 0x16,
	0x2b, 0xce, 0x33, 0x57, 0x6b, 0x31, 0x5e, 0xce, 0xcb, 0xb6, 0x40, 0x68, 0x37, 0xbf, 0x51, 0xf5,
};

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mm_key_material material = { .type = MM_KEY_EC, .curve = MM_CURVE_P256 };

	material.x = mm_slice(base_x, sizeof(base_x));
	material.y = mm_slice(base_y, sizeof(base_y));
	(void)!mm_certificate_holds(mm_slice(data, size), &material);
	if (ERR_peek_error() != 0)
		abort();
	return 0;
}
