/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Certificates in PEM.
 */
#include "lib/codec/pem.h"

#include <string.h>

static bool
take_prefix(struct mm_slice *text, const char *prefix)
{
	size_t len = strlen(prefix);

	if (text->len < len || memcmp(text->ptr, prefix, len) != 0)
		return false;
	*text = mm_slice(text->ptr + len, text->len - len);
	return true;
}

static bool
is_line_end(char c)
{
	return c == '\n' || c == '\r';
}

/* Take what stands before the next '-', without its line ends. */
static struct mm_slice
take_lines(struct mm_slice *text, char *room)
{
	size_t len = 0;

	while (text->len > 0 && text->ptr[0] != '-') {
		if (!is_line_end(text->ptr[0]))
			room[len++] = text->ptr[0];
		*text = mm_slice(text->ptr + 1, text->len - 1);
	}
	return mm_slice(room, len);
}

bool
mm_pem_certificate_decode(struct mm_slice text, char *room, struct mm_slice *der)
{
	char *decoded = room + text.len;
	struct mm_slice base64;

	if (!take_prefix(&text, "-----BEGIN CERTIFICATE-----"))
		return false;
	base64 = take_lines(&text, room);
	if (!take_prefix(&text, "-----END CERTIFICATE-----"))
		return false;
	for (size_t i = 0; i < text.len; i++) {
		if (!is_line_end(text.ptr[i]))
			return false;
	}
	return base64.len > 0 && mm_base64_decode(base64, decoded, der) == MM_OK;
}
