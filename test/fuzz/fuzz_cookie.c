/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a field Cookie: what is found lies within it and is a word of base64url. Any bytes as a text of a page:
 * nothing in them ends an element or an attribute. Any bytes as an ID token that hints at a client: its name ends.
 */
#include "daemon/issuer/cookie.h"
#include "daemon/issuer/page.h"
#include "daemon/issuer/sign_out_hint.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_cookie(struct mm_slice field)
{
	struct mm_slice value = issuer_cookie_find(field, "a");

	if (!mm_slice_present(value))
		return;
	if (value.ptr < field.ptr || value.ptr + value.len > field.ptr + field.len || value.len == 0 ||
	    value.len > ISSUER_COOKIE_LEN_MAX)
		abort();
	for (size_t i = 0; i < value.len; i++)
		if (value.ptr[i] == '\0' || strchr("\r\n\t \",;=<>&'", value.ptr[i]) != NULL)
			abort();
}

static void
check_page(struct mm_slice text)
{
	struct mm_buf buf;

	mm_buf_init(&buf, 8 * text.len + 8);
	issuer_html_add(&buf, text);
	if (!mm_buf_ok(&buf))
		abort();
	for (size_t i = 0; i < buf.len; i++)
		if (buf.data[i] == '\0' || strchr("<>\"'", buf.data[i]) != NULL)
			abort();
	mm_buf_clear(&buf);
}

static void
check_hint(struct mm_slice token)
{
	char client[MM_MINT_CLIENT_LEN_MAX + 1];

	if (issuer_sign_out_hint_read(token, client) && (client[0] == '\0' || strlen(client) > MM_MINT_CLIENT_LEN_MAX))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mm_slice bytes = mm_slice(size == 0 ? (const uint8_t *)"" : data, size);

	check_cookie(bytes);
	check_page(bytes);
	check_hint(bytes);
	return 0;
}
