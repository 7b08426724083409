/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sealing forms.
 */
#include "daemon/issuer/form_seal.h"

#include "lib/base/buf.h"
#include "lib/codec/base64url.h"
#include "lib/crypto/digest.h"

/* All parameters of a form, each with its length. */
#define SEALED_LEN_MAX ((size_t)128 * 1024)

_Static_assert(MM_BASE64URL_ENCODED_LEN(MM_MAC_LEN) == ISSUER_SEAL_TEXT_LEN, "a seal is a MAC in base64url");

bool
issuer_form_seal_make(const unsigned char *secret, size_t secret_len, const struct mm_slice *texts, size_t count,
    char seal[ISSUER_SEAL_TEXT_LEN + 1])
{
	uint8_t mac[MM_MAC_LEN];
	struct mm_buf sealed;
	bool made;

	mm_buf_init(&sealed, SEALED_LEN_MAX);
	for (size_t i = 0; i < count; i++) {
		mm_buf_add_u64(&sealed, texts[i].len);
		mm_buf_add_slice(&sealed, texts[i]);
	}
	made = mm_buf_ok(&sealed) && mm_hmac_sha256(secret, secret_len, mm_slice(sealed.data, sealed.len), mac);
	if (made) {
		mm_base64url_encode(mm_slice(mac, sizeof(mac)), seal);
		seal[ISSUER_SEAL_TEXT_LEN] = '\0';
	}
	mm_buf_clear(&sealed);
	return made;
}

bool
issuer_form_seal_check(const unsigned char *secret, size_t secret_len, const struct mm_slice *texts, size_t count,
    struct mm_slice seal)
{
	char good[ISSUER_SEAL_TEXT_LEN + 1];

	return seal.len == ISSUER_SEAL_TEXT_LEN && issuer_form_seal_make(secret, secret_len, texts, count, good) &&
	    mm_secret_equal(good, seal.ptr, ISSUER_SEAL_TEXT_LEN);
}
