/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Authenticated ciphers, through OpenSSL.
 */
#include "lib/crypto/content_cipher.h"

#include "lib/crypto/digest.h"

#include <limits.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <stdint.h>
#include <string.h>

/* RFC 3394 section 2: wrapping adds one block of 64 bits. */
#define WRAP_OVERHEAD 8

static const unsigned char *
bytes_of(struct mm_slice slice)
{
	return (const unsigned char *)slice.ptr;
}

static const EVP_CIPHER *
gcm_of(size_t key_len)
{
	switch (key_len) {
	case 16: return EVP_aes_128_gcm();
	case 24: return EVP_aes_192_gcm();
	case 32: return EVP_aes_256_gcm();
	default: return NULL;
	}
}

static const EVP_CIPHER *
cbc_of(size_t key_len)
{
	switch (key_len) {
	case 16: return EVP_aes_128_cbc();
	case 24: return EVP_aes_192_cbc();
	case 32: return EVP_aes_256_cbc();
	default: return NULL;
	}
}

static const EVP_CIPHER *
wrap_of(size_t key_len)
{
	switch (key_len) {
	case 16: return EVP_aes_128_wrap();
	case 24: return EVP_aes_192_wrap();
	case 32: return EVP_aes_256_wrap();
	default: return NULL;
	}
}

/* The hash of a CBC cipher, twice as long as its tag. */
static const char *
hash_of(size_t tag_len)
{
	switch (tag_len) {
	case 16: return "SHA256";
	case 24: return "SHA384";
	default: return "SHA512";
	}
}

/* ---- GCM ---- */

static bool
gcm_open(EVP_CIPHER_CTX *ctx, struct mm_slice key, struct mm_slice iv, struct mm_slice associated, char *data,
    size_t *data_len, struct mm_slice tag)
{
	unsigned char *bytes = (unsigned char *)data;
	int len = 0, last = 0;

	/* SP 800-38D section 7.2: the tag is compared by EVP_DecryptFinal_ex(); the caller wipes what came before. */
	if (EVP_DecryptInit_ex(ctx, gcm_of(key.len), NULL, bytes_of(key), bytes_of(iv)) != 1 ||
	    EVP_DecryptUpdate(ctx, NULL, &len, bytes_of(associated), (int)associated.len) != 1 ||
	    EVP_DecryptUpdate(ctx, bytes, &len, bytes, (int)*data_len) != 1 ||
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG, (int)tag.len, (void *)(uintptr_t)tag.ptr) != 1 ||
	    EVP_DecryptFinal_ex(ctx, bytes + len, &last) != 1)
		return false;
	*data_len = (size_t)len + (size_t)last;
	return true;
}

/* ---- CBC with HMAC ---- */

/* RFC 7518 section 5.2.2.1: HMAC over A || IV || E || AL, of which the first half is the tag. */
static bool
cbc_tag(const char *hash, struct mm_slice key, struct mm_slice iv, struct mm_slice associated,
    struct mm_slice ciphertext, unsigned char full[EVP_MAX_MD_SIZE])
{
	uint64_t bits = (uint64_t)associated.len * 8;
	unsigned char length[8];
	const OSSL_PARAM parameters[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)(uintptr_t)hash, 0),
		OSSL_PARAM_construct_end(),
	};
	EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	EVP_MAC_CTX *ctx = mac == NULL ? NULL : EVP_MAC_CTX_new(mac);
	size_t full_len = 0;
	bool made;

	for (size_t i = 0; i < sizeof(length); i++)
		length[i] = (unsigned char)(bits >> (56 - 8 * i));
	made = ctx != NULL && EVP_MAC_init(ctx, bytes_of(key), key.len, parameters) == 1 &&
	    EVP_MAC_update(ctx, bytes_of(associated), associated.len) == 1 &&
	    EVP_MAC_update(ctx, bytes_of(iv), iv.len) == 1 &&
	    EVP_MAC_update(ctx, bytes_of(ciphertext), ciphertext.len) == 1 &&
	    EVP_MAC_update(ctx, length, sizeof(length)) == 1 &&
	    EVP_MAC_final(ctx, full, &full_len, EVP_MAX_MD_SIZE) == 1;
	EVP_MAC_CTX_free(ctx);
	EVP_MAC_free(mac);
	return made;
}

static bool
cbc_open(EVP_CIPHER_CTX *ctx, struct mm_slice key, struct mm_slice iv, struct mm_slice associated, char *data,
    size_t *data_len, struct mm_slice tag)
{
	struct mm_slice mac_key = mm_slice(key.ptr, key.len / 2);
	const char *cipher_key = key.ptr + key.len / 2;
	unsigned char *bytes = (unsigned char *)data;
	unsigned char full[EVP_MAX_MD_SIZE];
	int len = 0, last = 0;

	/* Section 5.2.2.2: that T is the tag of the input stands before "decrypting" it. */
	if (!cbc_tag(hash_of(tag.len), mac_key, iv, associated, mm_slice(data, *data_len), full) ||
	    !mm_secret_equal(full, tag.ptr, tag.len))
		return false;
	if (EVP_DecryptInit_ex(ctx, cbc_of(key.len / 2), NULL, (const unsigned char *)cipher_key, bytes_of(iv)) != 1 ||
	    EVP_DecryptUpdate(ctx, bytes, &len, bytes, (int)*data_len) != 1 ||
	    EVP_DecryptFinal_ex(ctx, bytes + len, &last) != 1)
		return false;
	*data_len = (size_t)len + (size_t)last;
	return true;
}

bool
mm_content_open(const struct mm_content_cipher *cipher, struct mm_slice key, struct mm_slice iv,
    struct mm_slice associated, char *data, size_t *data_len, struct mm_slice tag)
{
	size_t sealed_len = *data_len;
	bool lengths_fit = key.len == cipher->key_len && iv.len == cipher->iv_len && tag.len == cipher->tag_len &&
	    sealed_len <= INT_MAX && associated.len <= INT_MAX;
	EVP_CIPHER_CTX *ctx = lengths_fit ? EVP_CIPHER_CTX_new() : NULL;
	bool opened = false;

	if (ctx != NULL)
		opened = cipher->mode == MM_CONTENT_GCM ?
		    gcm_open(ctx, key, iv, associated, data, data_len, tag) :
		    cbc_open(ctx, key, iv, associated, data, data_len, tag);
	EVP_CIPHER_CTX_free(ctx);
	if (!opened) {
		ERR_clear_error();
		mm_secret_wipe(data, sealed_len);
	}
	return opened;
}

bool
mm_aes_unwrap(struct mm_slice key, struct mm_slice wrapped, unsigned char *out, size_t out_len)
{
	const EVP_CIPHER *cipher = wrap_of(key.len);
	/* EVP_DecryptUpdate() may write a block more than it gives. */
	unsigned char room[MM_CONTENT_KEY_LEN_MAX + 2 * WRAP_OVERHEAD];
	EVP_CIPHER_CTX *ctx;
	int len = 0, last = 0;
	bool whole = false;

	mm_secret_wipe(out, out_len);
	if (cipher == NULL || out_len > MM_CONTENT_KEY_LEN_MAX || wrapped.len != out_len + WRAP_OVERHEAD)
		return false;
	ctx = EVP_CIPHER_CTX_new();
	if (ctx != NULL) {
		EVP_CIPHER_CTX_set_flags(ctx, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
		whole = EVP_DecryptInit_ex(ctx, cipher, NULL, bytes_of(key), NULL) == 1 &&
		    EVP_DecryptUpdate(ctx, room, &len, bytes_of(wrapped), (int)wrapped.len) == 1 &&
		    EVP_DecryptFinal_ex(ctx, room + len, &last) == 1 && (size_t)len + (size_t)last == out_len;
	}
	EVP_CIPHER_CTX_free(ctx);
	if (whole)
		memcpy(out, room, out_len);
	else
		ERR_clear_error();
	mm_secret_wipe(room, sizeof(room));
	return whole;
}
