/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the keys of a set to the bytes of the canonical form (doc/PROTOCOL.keys).
 */
#include "lib/jose/keyset_entry.h"

#include "lib/base/limits.h"
#include "lib/codec/base64url.h"

#include <inttypes.h>

/* The longest number of a key: an RSA modulus. */
#define NUMBER_LEN_MAX MM_BASE64URL_ENCODED_LEN(MM_RSA_BITS_MAX / 8)

/* RFC 8259 section 7: quote, reverse solidus and control characters are escaped, and nothing else. */
static void
write_string(struct mm_buf *out, const char *name, struct mm_slice text)
{
	mm_buf_addf(out, "\"%s\":\"", name);
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.ptr[i];

		if (c < 0x20)
			mm_buf_addf(out, "\\u%04x", c);
		else if (c == '"' || c == '\\')
			mm_buf_addf(out, "\\%c", c);
		else
			mm_buf_add_u8(out, c);
	}
	mm_buf_add_str(out, "\"");
}

static void
write_text(struct mm_buf *out, const char *name, struct mm_slice text)
{
	if (!mm_slice_present(text))
		return;
	mm_buf_add_str(out, ",");
	write_string(out, name, text);
}

/* Of a tombstone the number may be longer than any that is used. */
static void
write_number(struct mm_buf *out, const char *name, struct mm_slice bytes)
{
	char text[NUMBER_LEN_MAX];
	size_t step = MM_RSA_BITS_MAX / 8 / 3 * 3; /* whole groups of three bytes, so that the parts join */

	mm_buf_addf(out, ",\"%s\":\"", name);
	for (size_t at = 0; at < bytes.len; at += step) {
		struct mm_slice part = mm_slice(bytes.ptr + at, bytes.len - at < step ? bytes.len - at : step);

		mm_base64url_encode(part, text);
		mm_buf_add(out, text, MM_BASE64URL_ENCODED_LEN(part.len));
	}
	mm_buf_add_str(out, "\"");
}

static void
write_time(struct mm_buf *out, const char *name, int64_t time_s)
{
	if (time_s != INT64_MIN && time_s != INT64_MAX)
		mm_buf_addf(out, ",\"%s\":%" PRId64, name, time_s);
}

static void
write_material(struct mm_buf *out, const struct mm_key_material *material)
{
	static const char *const curves[] = {
		[MM_CURVE_NONE] = "", [MM_CURVE_P256] = "P-256", [MM_CURVE_P384] = "P-384", [MM_CURVE_P521] = "P-521",
		[MM_CURVE_ED25519] = "Ed25519",
	};

	if (material->type == MM_KEY_RSA) {
		mm_buf_add_str(out, ",\"kty\":\"RSA\"");
		write_number(out, "n", material->n);
		write_number(out, "e", material->e);
		return;
	}
	mm_buf_addf(out, ",\"kty\":\"%s\",\"crv\":\"%s\"", material->type == MM_KEY_EC ? "EC" : "OKP",
	    curves[material->curve]);
	write_number(out, "x", material->x);
	if (material->type == MM_KEY_EC)
		write_number(out, "y", material->y);
}

static void
write_key(struct mm_buf *out, const struct mm_keyset_entry *entry)
{
	const struct mm_jwk *jwk = &entry->jwk;

	mm_buf_add_str(out, "{");
	write_string(out, "kid", jwk->kid);
	write_material(out, &jwk->material);
	if (jwk->algorithm != NULL)
		write_text(out, "alg", mm_slice(jwk->algorithm->name, jwk->algorithm->name_len));
	write_text(out, "issuer", jwk->issuer);
	write_time(out, "iat", jwk->iat_s);
	write_time(out, "nbf", jwk->nbf_s);
	write_time(out, "exp", jwk->exp_s);
	if (jwk->revoked)
		mm_buf_addf(out, ",\"revoked\":{\"revoked_at\":%" PRId64 "}", jwk->revoked_at_s);
	write_time(out, MM_KEYSET_SEEN, entry->marks.seen_s);
	write_time(out, MM_KEYSET_GONE, entry->marks.gone_s);
	write_time(out, MM_KEYSET_NOT_AFTER, entry->marks.not_after_s);
	mm_buf_add_str(out, "}");
}

void
mm_keyset_write(const struct mm_keyset_entries *entries, struct mm_buf *out)
{
	const char *before = "";

	mm_buf_add_str(out, "{\"keys\":[");
	for (size_t i = 0; i < entries->count; i++) {
		if (entries->items[i].left_out)
			continue;
		mm_buf_addf(out, "%s\n", before);
		write_key(out, &entries->items[i]);
		before = ",";
	}
	mm_buf_add_str(out, "\n]}\n");
}
