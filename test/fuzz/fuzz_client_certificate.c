/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a proxy's field with a certificate: nothing is read or written beside it, and the same field has the
 * same digest.
 */
#include "daemon/http/client_certificate.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t digest[MM_DIGEST_LEN], again[MM_DIGEST_LEN];
	char *field = malloc(size + 1);

	if (field == NULL)
		abort();
	if (size > 0)
		memcpy(field, data, size);
	if (mm_http_client_certificate_parse(mm_slice(field, size), digest)) {
		if (size == 0 || size > MM_HTTP_CERTIFICATE_FIELD_LEN_MAX)
			abort();
		if (!mm_http_client_certificate_parse(mm_slice(field, size), again) ||
		    memcmp(digest, again, sizeof(digest)) != 0)
			abort();
	}
	free(field);
	return 0;
}
