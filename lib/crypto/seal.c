/* SPDX-License-Identifier: Apache-2.0 */
/* Sealing: AES-256-GCM under a key that is derived for each sealed text. */
#include "lib/crypto/seal.h"

#include "lib/crypto/digest.h"
#include "lib/crypto/hkdf.h"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <limits.h>
#include <string.h>

#define SALT_LEN 16
#define NONCE_LEN 12
#define TAG_LEN 16
#define HEAD_LEN (SALT_LEN + NONCE_LEN)

static const char label[] = "mintmark seal v1";

/* The key of one sealed text. */
static bool
derive_key(const uint8_t key[MM_SEALING_KEY_LEN], const char *purpose, const uint8_t salt[SALT_LEN],
    uint8_t derived[MM_SEALING_KEY_LEN])
{
	size_t purpose_len = strlen(purpose);
	char info[1 + sizeof(label) + 1 + MM_SEAL_PURPOSE_MAX + SALT_LEN];
	size_t len = 0;

	if (purpose_len > MM_SEAL_PURPOSE_MAX)
		return false;
	info[len++] = (char)(sizeof(label) - 1);
	memcpy(info + len, label, sizeof(label) - 1);
	len += sizeof(label) - 1;
	info[len++] = (char)purpose_len;
	memcpy(info + len, purpose, purpose_len);
	len += purpose_len;
	memcpy(info + len, salt, SALT_LEN);
	len += SALT_LEN;
	return mm_hkdf_sha256(key, MM_SEALING_KEY_LEN, mm_slice(info, len), derived, MM_SEALING_KEY_LEN);
}

static bool
encrypt(EVP_CIPHER_CTX *ctx, const uint8_t *key, struct mm_slice context, struct mm_slice plain, uint8_t *sealed)
{
	uint8_t *cipher = sealed + HEAD_LEN;
	int len;

	return EVP_EncryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, key, sealed + SALT_LEN) == 1 &&
	    EVP_EncryptUpdate(ctx, NULL, &len, (const unsigned char *)context.ptr, (int)context.len) == 1 &&
	    EVP_EncryptUpdate(ctx, cipher, &len, (const unsigned char *)plain.ptr, (int)plain.len) == 1 &&
	    EVP_EncryptFinal_ex(ctx, cipher + len, &len) == 1 &&
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, TAG_LEN, cipher + plain.len) == 1;
}

static bool
decrypt(EVP_CIPHER_CTX *ctx, const uint8_t *key, struct mm_slice context, struct mm_slice sealed, uint8_t *plain)
{
	const uint8_t *bytes = (const uint8_t *)sealed.ptr;
	size_t plain_len = sealed.len - MM_SEAL_OVERHEAD;
	uint8_t tag[TAG_LEN];
	int len;

	memcpy(tag, bytes + HEAD_LEN + plain_len, sizeof(tag));
	return EVP_DecryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, key, bytes + SALT_LEN) == 1 &&
	    EVP_DecryptUpdate(ctx, NULL, &len, (const unsigned char *)context.ptr, (int)context.len) == 1 &&
	    EVP_DecryptUpdate(ctx, plain, &len, bytes + HEAD_LEN, (int)plain_len) == 1 &&
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG, TAG_LEN, tag) == 1 &&
	    EVP_DecryptFinal_ex(ctx, plain + len, &len) == 1;
}

/* libcrypto counts in int. */
static bool
fits(struct mm_slice context, struct mm_slice text)
{
	return context.len <= INT_MAX && text.len <= INT_MAX - MM_SEAL_OVERHEAD;
}

bool
mm_seal(const uint8_t key[MM_SEALING_KEY_LEN], const char *purpose, struct mm_slice context, struct mm_slice plain,
    uint8_t *sealed)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	uint8_t derived[MM_SEALING_KEY_LEN];
	bool done = ctx != NULL && fits(context, plain) && RAND_bytes(sealed, HEAD_LEN) == 1 &&
	    derive_key(key, purpose, sealed, derived) && encrypt(ctx, derived, context, plain, sealed);

	mm_secret_wipe(derived, sizeof(derived));
	EVP_CIPHER_CTX_free(ctx);
	if (!done)
		memset(sealed, 0, plain.len + MM_SEAL_OVERHEAD);
	return done;
}

bool
mm_unseal(const uint8_t key[MM_SEALING_KEY_LEN], const char *purpose, struct mm_slice context, struct mm_slice sealed,
    uint8_t *plain)
{
	uint8_t derived[MM_SEALING_KEY_LEN] = { 0 };
	EVP_CIPHER_CTX *ctx;
	bool done;

	if (sealed.len < MM_SEAL_OVERHEAD || !fits(context, sealed))
		return false;
	ctx = EVP_CIPHER_CTX_new();
	done = ctx != NULL && derive_key(key, purpose, (const uint8_t *)sealed.ptr, derived) &&
	    decrypt(ctx, derived, context, sealed, plain);
	mm_secret_wipe(derived, sizeof(derived));
	EVP_CIPHER_CTX_free(ctx);
	if (!done)
		mm_secret_wipe(plain, sealed.len - MM_SEAL_OVERHEAD);
	return done;
}
