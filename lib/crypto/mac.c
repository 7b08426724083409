/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HMAC through libcrypto.
 */
#include "lib/crypto/mac.h"

#include <openssl/err.h>
#include <openssl/evp.h>

#include <limits.h>
#include <string.h>

bool
mm_hmac_sha256(const void *key, size_t key_len, struct mm_slice bytes, uint8_t mac[MM_MAC_LEN])
{
	size_t len = 0;
	bool done;

	(void)ERR_set_mark();
	done = key_len <= INT_MAX && EVP_Q_mac(NULL, "HMAC", NULL, "SHA2-256", NULL, key, key_len,
	    (const unsigned char *)bytes.ptr, bytes.len, mac, MM_MAC_LEN, &len) != NULL && len == MM_MAC_LEN;
	(void)ERR_pop_to_mark();
	if (!done)
		memset(mac, 0, MM_MAC_LEN);
	return done;
}
