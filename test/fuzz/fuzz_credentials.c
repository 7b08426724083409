/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a header field with credentials: what is found lies within the field, and a name never holds the
 * colon that ends it.
 */
#include "daemon/http/credentials.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool
within(struct mm_slice part, const void *whole, size_t len)
{
	const char *begin = whole;

	return !mm_slice_present(part) || (part.ptr >= begin && part.ptr + part.len <= begin + len);
}

static void
check_basic(struct mm_slice credentials)
{
	struct mm_http_basic basic;

	if (!mm_http_basic_parse(credentials, &basic))
		return;
	if (memchr(basic.name.ptr, ':', basic.name.len) != NULL ||
	    basic.name.len + 1 + basic.secret.len > credentials.len / 4 * 3)
		abort();
	if (!within(basic.name, basic.room, sizeof(basic.room)) ||
	    !within(basic.secret, basic.room, sizeof(basic.room)) ||
	    !within(basic.decoded_name, basic.room, sizeof(basic.room)) ||
	    !within(basic.decoded_secret, basic.room, sizeof(basic.room)))
		abort();
	if (mm_slice_present(basic.decoded_name) != mm_slice_present(basic.decoded_secret) ||
	    basic.decoded_secret.len > basic.secret.len)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mm_slice field = mm_slice(data, size);
	struct mm_slice token = mm_http_credentials_find(field, "Bearer");

	if (!within(token, data, size))
		abort();
	check_basic(mm_http_credentials_find(field, "Basic"));
	check_basic(field);
	return 0;
}
