/* SPDX-License-Identifier: Apache-2.0 */
/* What the stores of keys share. */
#include "daemon/keystore/keystore.h"

#include "lib/base/array.h"
#include "lib/codec/base64url.h"
#include "lib/jose/thumbprint.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum keystore_result
keystore_trouble(struct keystore_trouble *trouble, enum keystore_result result, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(trouble->text, sizeof(trouble->text), format, arguments);
	va_end(arguments);
	return result;
}

void
keystore_kid(const uint8_t thumbprint[MM_DIGEST_LEN], char kid[KEYSTORE_KID_LEN + 1])
{
	_Static_assert(MM_BASE64URL_ENCODED_LEN(MM_DIGEST_LEN) == KEYSTORE_KID_LEN, "a kid is a digest");

	mm_base64url_encode(mm_slice(thumbprint, MM_DIGEST_LEN), kid);
	kid[KEYSTORE_KID_LEN] = '\0';
}

bool
keystore_kid_read(struct mm_slice kid, uint8_t thumbprint[MM_DIGEST_LEN])
{
	uint8_t bytes[MM_BASE64URL_DECODED_MAX(KEYSTORE_KID_LEN)];
	size_t len;

	if (kid.len != KEYSTORE_KID_LEN || mm_base64url_decode(kid, bytes, &len) != MM_OK || len != MM_DIGEST_LEN)
		return false;
	memcpy(thumbprint, bytes, MM_DIGEST_LEN);
	return true;
}

bool
keystore_public_of(const struct mm_key_material *material, struct keystore_public *made)
{
	char room[2 * KEYSTORE_JWK_MAX];
	struct mm_scratch scratch;
	struct mm_slice jwk;

	mm_scratch_init(&scratch, room, sizeof(room));
	if (mm_thumbprint_make(material, &scratch, made->thumbprint) != MM_THUMBPRINT_MADE ||
	    !mm_thumbprint_members(material, &scratch, &jwk) || jwk.len > sizeof(made->jwk))
		return false;
	memcpy(made->jwk, jwk.ptr, jwk.len);
	made->jwk_len = jwk.len;
	return true;
}

bool
keystore_algorithm_is_supported(const struct mm_algorithm *algorithm)
{
	static const char *const supported[] = { "RS256", "PS256", "ES256", "EdDSA" };

	for (size_t i = 0; algorithm != NULL && i < MM_COUNT_OF(supported); i++)
		if (strcmp(algorithm->name, supported[i]) == 0)
			return true;
	return false;
}
