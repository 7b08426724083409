/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Nonces for DPoP proofs: 8 bytes of time, big-endian, and 24 bytes of HMAC-SHA-256, in base64url.
 */
#include "lib/token/nonce.h"

#include "lib/codec/base64url.h"
#include "lib/crypto/digest.h"
#include "lib/crypto/mac.h"

#define TIME_LEN 8
#define CODE_LEN 24
#define NONCE_LEN (TIME_LEN + CODE_LEN)

_Static_assert(MM_BASE64URL_ENCODED_LEN(NONCE_LEN) == MM_DPOP_NONCE_LEN, "the header's length is that of the bytes");

static void
put_time(uint8_t bytes[TIME_LEN], uint64_t time_s)
{
	for (size_t i = 0; i < TIME_LEN; i++)
		bytes[i] = (uint8_t)(time_s >> (8 * (TIME_LEN - 1 - i)));
}

static uint64_t
get_time(const uint8_t bytes[TIME_LEN])
{
	uint64_t time_s = 0;

	for (size_t i = 0; i < TIME_LEN; i++)
		time_s = time_s << 8 | bytes[i];
	return time_s;
}

/* The name keeps these codes apart from all others that the secret might ever make. */
static bool
make_code(const unsigned char *secret, const uint8_t time_bytes[TIME_LEN], uint8_t code[CODE_LEN])
{
	static const char name[] = "mintmark dpop nonce 1";
	char text[sizeof(name) + TIME_LEN];
	uint8_t mac[MM_MAC_LEN];
	bool made;

	memcpy(text, name, sizeof(name));
	memcpy(text + sizeof(name), time_bytes, TIME_LEN);
	made = mm_hmac_sha256(secret, MM_EVIDENCE_SECRET_LEN, mm_slice(text, sizeof(text)), mac);
	memcpy(code, mac, CODE_LEN);
	return made;
}

/* Where libcrypto fails the nonce is one that is refused: the client asks again. */
void
mm_dpop_nonce_make(const unsigned char secret[MM_EVIDENCE_SECRET_LEN], int64_t now_s, char nonce[MM_DPOP_NONCE_LEN + 1])
{
	uint64_t now = now_s < 0 ? 0 : (uint64_t)now_s;
	uint8_t bytes[NONCE_LEN];

	put_time(bytes, now - now % MM_NONCE_SLOT_S);
	if (!make_code(secret, bytes, bytes + TIME_LEN))
		put_time(bytes, 0);
	mm_base64url_encode(mm_slice(bytes, sizeof(bytes)), nonce);
	nonce[MM_DPOP_NONCE_LEN] = '\0';
}

/* A clock that was set back a little must not refuse what it gave out just now. */
static bool
is_current(uint64_t made_s, int64_t now_s)
{
	uint64_t now = (uint64_t)now_s;

	return now_s >= 0 && made_s <= now + MM_NONCE_SLOT_S && now < made_s + MM_NONCE_LIFETIME_S + MM_NONCE_SLOT_S;
}

bool
mm_nonce_check(const unsigned char secret[MM_EVIDENCE_SECRET_LEN], struct mm_slice nonce, int64_t now_s)
{
	uint8_t bytes[MM_BASE64URL_DECODED_MAX(MM_DPOP_NONCE_LEN)], code[CODE_LEN];
	size_t len;

	if (nonce.len != MM_DPOP_NONCE_LEN || mm_base64url_decode(nonce, bytes, &len) != MM_OK || len != NONCE_LEN)
		return false;
	if (!make_code(secret, bytes, code) || !mm_secret_equal(code, bytes + TIME_LEN, CODE_LEN))
		return false;
	return is_current(get_time(bytes), now_s);
}
