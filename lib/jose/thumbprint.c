/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Thumbprints and material identities.
 */
#include "lib/jose/thumbprint.h"

#include "lib/codec/base64url.h"
#include "lib/crypto/digest.h"

/* In the last byte of an encoded point (RFC 8032 section 5.1.2). */
#define ED25519_SIGN_BIT 0x80

/* Append to the text that grows at the end of scratch. Returns false where it is full. */
static bool
put(struct mm_scratch *scratch, const char *text)
{
	size_t len = strlen(text);
	char *room = mm_scratch_take(scratch, len);

	if (room != NULL)
		memcpy(room, text, len);
	return room != NULL;
}

static bool
put_member(struct mm_scratch *scratch, const char *before, struct mm_slice bytes)
{
	char *room;

	if (!put(scratch, before))
		return false;
	room = mm_scratch_take(scratch, MM_BASE64URL_ENCODED_LEN(bytes.len));
	if (room != NULL)
		mm_base64url_encode(bytes, room);
	return room != NULL;
}

static const char *
curve_name(enum mm_curve curve)
{
	static const char *const names[] = {
		[MM_CURVE_NONE] = "",
		[MM_CURVE_P256] = "P-256",
		[MM_CURVE_P384] = "P-384",
		[MM_CURVE_P521] = "P-521",
		[MM_CURVE_ED25519] = "Ed25519",
		[MM_CURVE_X25519] = "X25519",
	};

	return names[curve];
}

/* The required members in the order of their names, without white space (RFC 7638 section 3). */
static bool
put_required_members(struct mm_scratch *scratch, const struct mm_key_material *material)
{
	switch (material->type) {
	case MM_KEY_RSA:
		return put_member(scratch, "{\"e\":\"", material->e) &&
		    put_member(scratch, "\",\"kty\":\"RSA\",\"n\":\"", material->n) && put(scratch, "\"}");
	case MM_KEY_EC:
		return put(scratch, "{\"crv\":\"") && put(scratch, curve_name(material->curve)) &&
		    put_member(scratch, "\",\"kty\":\"EC\",\"x\":\"", material->x) &&
		    put_member(scratch, "\",\"y\":\"", material->y) && put(scratch, "\"}");
	case MM_KEY_OKP:
		return put(scratch, "{\"crv\":\"") && put(scratch, curve_name(material->curve)) &&
		    put_member(scratch, "\",\"kty\":\"OKP\",\"x\":\"", material->x) && put(scratch, "\"}");
	}
	return false;
}

bool
mm_thumbprint_members(const struct mm_key_material *material, struct mm_scratch *scratch, struct mm_slice *members)
{
	size_t start = scratch->used;

	if (!put_required_members(scratch, material)) {
		scratch->used = start;
		return false;
	}
	*members = mm_slice(scratch->base + start, scratch->used - start);
	return true;
}

enum mm_thumbprint_result
mm_thumbprint_make(const struct mm_key_material *material, struct mm_scratch *scratch,
    uint8_t thumbprint[MM_DIGEST_LEN])
{
	size_t start = scratch->used;
	enum mm_thumbprint_result result = MM_THUMBPRINT_NO_ROOM;

	if (put_required_members(scratch, material))
		result = mm_sha256(mm_slice(scratch->base + start, scratch->used - start), thumbprint) ?
		    MM_THUMBPRINT_MADE : MM_THUMBPRINT_FAILED;
	scratch->used = start;
	return result;
}

enum mm_thumbprint_result
mm_material_id_make(const struct mm_key_material *material, struct mm_scratch *scratch,
    uint8_t material_id[MM_DIGEST_LEN])
{
	struct mm_slice number = material->type == MM_KEY_RSA ? material->n : material->x;
	size_t start = scratch->used;
	uint8_t *bytes = (uint8_t *)mm_scratch_take(scratch, 2 + number.len);
	bool done;

	if (bytes == NULL)
		return MM_THUMBPRINT_NO_ROOM;
	bytes[0] = (uint8_t)material->type;
	bytes[1] = (uint8_t)material->curve;
	memcpy(bytes + 2, number.ptr, number.len);
	if (material->curve == MM_CURVE_ED25519)
		bytes[1 + number.len] &= (uint8_t)~ED25519_SIGN_BIT;
	done = mm_sha256(mm_slice(bytes, 2 + number.len), material_id);
	scratch->used = start;
	return done ? MM_THUMBPRINT_MADE : MM_THUMBPRINT_FAILED;
}
