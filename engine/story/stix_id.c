/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Identifiers of STIX 2.1 objects.
 */
#include "engine/story/stix_id.h"

#include "lib/base/buf.h"
#include "lib/codec/utf8.h"
#include "lib/crypto/digest.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define UUID_LEN 16

/* A name is a few texts of at most 2,048 bytes, each of them escaped. */
#define NAME_MAX_LEN ((size_t)64 * 1024)

/* 00abedb4-aa42-466c-9c01-fed23315a9b7, of STIX 2.1 section 2.9. */
static const uint8_t observable_namespace[UUID_LEN] = {
	0x00, 0xab, 0xed, 0xb4, 0xaa, 0x42, 0x46, 0x6c, 0x9c, 0x01, 0xfe, 0xd2, 0x33, 0x15, 0xa9, 0xb7,
};

/* 57a4ee01-b2f7-47bb-8bc1-07ecc842c84d: Mintmark's, chosen at random. */
static const uint8_t object_namespace[UUID_LEN] = {
	0x57, 0xa4, 0xee, 0x01, 0xb2, 0xf7, 0x47, 0xbb, 0x8b, 0xc1, 0x07, 0xec, 0xc8, 0x42, 0xc8, 0x4d,
};

/* RFC 4122 section 4.3, with the name that buf holds behind the namespace; clears buf. */
static bool
make_id(const char *type, struct mm_buf *buf, char id[MM_STIX_ID_MAX])
{
	uint8_t digest[MM_SHA1_LEN];
	bool made = mm_buf_ok(buf) && mm_sha1(mm_slice(buf->data, buf->len), digest);
	int len = snprintf(id, MM_STIX_ID_MAX, "%s--", type);

	mm_buf_clear(buf);
	if (!made)
		return false;
	digest[6] = (uint8_t)((digest[6] & 0x0f) | 0x50);
	digest[8] = (uint8_t)((digest[8] & 0x3f) | 0x80);
	for (size_t i = 0; i < UUID_LEN; i++)
		len += snprintf(id + len, MM_STIX_ID_MAX - (size_t)len, "%s%02x",
		    i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", digest[i]);
	return true;
}

/* RFC 8785 section 3.2.2.2: the two-character escapes, other controls as \u00xx, and everything else as it stands. */
static void
add_canonical_character(struct mm_buf *buf, uint32_t code_point, struct mm_slice bytes)
{
	static const char controls[] = "\b\t\n\f\r\"\\", letters[] = "btnfr\"\\";
	const char *at = code_point < 0x80 && code_point > 0 ? strchr(controls, (int)code_point) : NULL;

	if (at != NULL)
		mm_buf_addf(buf, "\\%c", letters[at - controls]);
	else if (code_point < 0x20)
		mm_buf_addf(buf, "\\u%04x", (unsigned)code_point);
	else
		mm_buf_add_slice(buf, bytes);
}

/* Bytes that are no UTF-8 are U+FFFD, as they are in the object itself. */
static void
add_canonical_string(struct mm_buf *buf, struct mm_slice text)
{
	mm_buf_add_str(buf, "\"");
	for (size_t at = 0; at < text.len;) {
		uint32_t code_point = 0;
		size_t len = mm_utf8_decode(text.ptr + at, text.len - at, &code_point);

		if (len == 0)
			mm_buf_add_str(buf, "\xef\xbf\xbd");
		else
			add_canonical_character(buf, code_point, mm_slice(text.ptr + at, len));
		at += len == 0 ? 1 : len;
	}
	mm_buf_add_str(buf, "\"");
}

bool
mm_stix_observable_id(const char *type, const char *property, struct mm_slice value, char id[MM_STIX_ID_MAX])
{
	struct mm_buf buf;

	mm_buf_init(&buf, NAME_MAX_LEN);
	mm_buf_add(&buf, observable_namespace, sizeof(observable_namespace));
	mm_buf_addf(&buf, "{\"%s\":", property);
	add_canonical_string(&buf, value);
	mm_buf_add_str(&buf, "}");
	return make_id(type, &buf, id);
}

bool
mm_stix_object_id(const char *type, struct mm_slice what, char id[MM_STIX_ID_MAX])
{
	struct mm_buf buf;

	mm_buf_init(&buf, NAME_MAX_LEN);
	mm_buf_add(&buf, object_namespace, sizeof(object_namespace));
	mm_buf_addf(&buf, "%s ", type);
	mm_buf_add_slice(&buf, what);
	return make_id(type, &buf, id);
}
