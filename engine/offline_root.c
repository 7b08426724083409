/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The offline root's private key in PEM. 48 bytes are 64 characters of base64 without padding: always one line.
 */
#include "engine/offline_root.h"

#include "lib/codec/base64.h"
#include "lib/codec/base64url.h"
#include "lib/crypto/digest.h"

#include <string.h>

#define BEGIN "-----BEGIN PRIVATE KEY-----\n"
#define END "\n-----END PRIVATE KEY-----\n"

/* OneAsymmetricKey, version 1, id-Ed25519, an OCTET STRING in an OCTET STRING of 32 bytes (RFC 8410 section 10.3). */
static const uint8_t prefix[16] = { 0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22,
	0x04, 0x20 };

#define DER_LEN (sizeof(prefix) + MM_ED25519_SEED_LEN)
#define LINE_LEN 64

_Static_assert(sizeof(BEGIN) - 1 + LINE_LEN + sizeof(END) <= MM_OFFLINE_ROOT_TEXT_SIZE, "the text is larger");

void
mm_offline_root_encode(const uint8_t seed[MM_ED25519_SEED_LEN], char text[MM_OFFLINE_ROOT_TEXT_SIZE])
{
	uint8_t der[DER_LEN];
	char *line = text + sizeof(BEGIN) - 1;

	memcpy(der, prefix, sizeof(prefix));
	memcpy(der + sizeof(prefix), seed, MM_ED25519_SEED_LEN);
	memcpy(text, BEGIN, sizeof(BEGIN) - 1);
	mm_base64url_encode(mm_slice(der, sizeof(der)), line);
	for (size_t i = 0; i < LINE_LEN; i++)
		line[i] = line[i] == '-' ? '+' : line[i] == '_' ? '/' : line[i];
	memcpy(line + LINE_LEN, END, sizeof(END));
	mm_secret_wipe(der, sizeof(der));
}

bool
mm_offline_root_decode(struct mm_slice text, uint8_t seed[MM_ED25519_SEED_LEN])
{
	char room[MM_BASE64_ROOM(LINE_LEN)];
	size_t begin_len = sizeof(BEGIN) - 1;
	struct mm_slice der;
	bool good = text.len == begin_len + LINE_LEN + sizeof(END) - 1 && memcmp(text.ptr, BEGIN, begin_len) == 0 &&
	    memcmp(text.ptr + begin_len + LINE_LEN, END, sizeof(END) - 1) == 0 &&
	    mm_base64_decode(mm_slice(text.ptr + begin_len, LINE_LEN), room, &der) == MM_OK && der.len == DER_LEN &&
	    memcmp(der.ptr, prefix, sizeof(prefix)) == 0;

	memset(seed, 0, MM_ED25519_SEED_LEN);
	if (good)
		memcpy(seed, der.ptr + sizeof(prefix), MM_ED25519_SEED_LEN);
	mm_secret_wipe(room, sizeof(room));
	return good;
}
