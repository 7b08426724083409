/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random secrets, their text and their digests.
 */
#include "daemon/verifier/secret.h"

#include "lib/codec/base64url.h"
#include "lib/crypto/digest.h"

#include <string.h>
#include <sys/random.h>

bool
verifier_random(void *bytes, size_t len)
{
	return getrandom(bytes, len, 0) == (ssize_t)len;
}

void
verifier_secret_text(const uint8_t secret[VERIFIER_SECRET_LEN], char text[MM_SECRET_TEXT_LEN])
{
	mm_base64url_encode(mm_slice(secret, VERIFIER_SECRET_LEN), text);
}

bool
verifier_secret_make(uint8_t secret[VERIFIER_SECRET_LEN], char text[MM_SECRET_TEXT_LEN])
{
	if (!verifier_random(secret, VERIFIER_SECRET_LEN))
		return false;
	verifier_secret_text(secret, text);
	return true;
}

bool
verifier_id_make(char text[VERIFIER_ID_TEXT_LEN])
{
	uint8_t bytes[16];

	if (!verifier_random(bytes, sizeof(bytes)))
		return false;
	mm_base64url_encode(mm_slice(bytes, sizeof(bytes)), text);
	return true;
}

bool
verifier_secret_read(struct mm_slice text, uint8_t secret[VERIFIER_SECRET_LEN])
{
	uint8_t bytes[MM_BASE64URL_DECODED_MAX(MM_SECRET_TEXT_LEN)];
	size_t len;

	if (text.len != MM_SECRET_TEXT_LEN || mm_base64url_decode(text, bytes, &len) != MM_OK ||
	    len != VERIFIER_SECRET_LEN)
		return false;
	memcpy(secret, bytes, VERIFIER_SECRET_LEN);
	mm_secret_wipe(bytes, sizeof(bytes));
	return true;
}

bool
verifier_secret_digest(struct mm_slice text, uint8_t digest[MM_DIGEST_LEN])
{
	uint8_t secret[VERIFIER_SECRET_LEN];
	bool good = verifier_secret_read(text, secret) && mm_sha256(mm_slice(secret, sizeof(secret)), digest);

	mm_secret_wipe(secret, sizeof(secret));
	return good;
}
