/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Can any bytes hurt the base64url decoder? What it takes must encode to the very same text.
 */
#include "lib/codec/base64url.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *out = (char *)malloc(MM_BASE64URL_DECODED_MAX(size));
	char *again = (char *)malloc(size + 1);
	size_t out_len;

	if (out == NULL || again == NULL)
		abort();
	if (mm_base64url_decode(mm_slice(data, size), out, &out_len) == MM_OK) {
		if (MM_BASE64URL_ENCODED_LEN(out_len) != size)
			abort();
		mm_base64url_encode(mm_slice(out, out_len), again);
		if (size > 0 && memcmp(again, data, size) != 0)
			abort();
	}
	free(out);
	free(again);
	return 0;
}
