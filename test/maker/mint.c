/* SPDX-License-Identifier: Apache-2.0 */
/* What a mint's ledger adds to a token, by libcrypto alone: the product's own code judges it. */
#include "test/maker/mint.h"

#include "test/maker/proof.h"

#include <openssl/core_names.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include <stdio.h>
#include <string.h>
#include <time.h>

/* HKDF-SHA-256 without salt: of the mark root, for a label and what it is for (doc/mint.md). */
static void
derive(const struct maker_text *info, unsigned char *key, size_t key_len)
{
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
	EVP_KDF_CTX *ctx = EVP_KDF_CTX_new(kdf);
	const OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char *)(uintptr_t)"SHA256", 0),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (char *)(uintptr_t)MAKER_MARK_ROOT, 32),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info->bytes, info->len),
		OSSL_PARAM_construct_end(),
	};

	if (kdf == NULL || ctx == NULL || EVP_KDF_derive(ctx, key, key_len, params) != 1)
		maker_fail("no key was derived");
	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
}

static void
add_short(struct maker_text *info, const char *part)
{
	maker_text_add_format(info, "%c%s", (int)strlen(part), part);
}

static void
put_be(unsigned char *at, uint32_t number)
{
	for (int i = 0; i < 4; i++)
		at[i] = (unsigned char)(number >> (24 - 8 * i));
}

void
maker_token_id(const char *realm, int64_t now_s, uint32_t number, char id[23])
{
	unsigned char key[16], block[16] = { 0, 1 }, out[32];
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	struct maker_text info = { 0 }, text = { 0 };
	int len = 0;

	add_short(&info, "mintmark jti v1");
	add_short(&info, realm);
	derive(&info, key, sizeof key);
	put_be(block + 2, (uint32_t)(now_s / 60));
	put_be(block + 6, number);
	if (ctx == NULL || EVP_EncryptInit_ex(ctx, EVP_aes_128_ecb(), NULL, key, NULL) != 1 ||
	    EVP_EncryptUpdate(ctx, out, &len, block, sizeof block) != 1 || len != sizeof block)
		maker_fail("no id was made");
	maker_text_add_base64url(&text, out, 16);
	memcpy(id, text.bytes, 23);
	EVP_CIPHER_CTX_free(ctx);
	maker_text_clear(&info);
	maker_text_clear(&text);
}

static void
derive_mark_key(const struct maker_marking *marking, unsigned char key[32])
{
	time_t iat_s = (time_t)marking->iat_s;
	struct maker_text info = { 0 };
	char day[9];
	struct tm tm;

	gmtime_r(&iat_s, &tm);
	strftime(day, sizeof day, "%Y%m%d", &tm);
	add_short(&info, "mintmark mark v1");
	add_short(&info, marking->realm);
	maker_text_add(&info, "", 1); /* the high byte of a short audience's length */
	add_short(&info, marking->audience);
	add_short(&info, day);
	derive(&info, key, 32);
	maker_text_clear(&info);
}

void
maker_mark(const struct maker_marking *marking, const char *header, struct maker_text *payload)
{
	unsigned char key[32], mac[EVP_MAX_MD_SIZE];
	struct maker_text covered = { 0 };
	unsigned len = 0;

	derive_mark_key(marking, key);
	maker_text_add_format(&covered, "%s.", header);
	maker_text_add(&covered, payload->bytes, payload->len);
	if (HMAC(EVP_sha256(), key, sizeof key, (unsigned char *)covered.bytes, covered.len, mac, &len) == NULL)
		maker_fail("no mark was made");
	maker_text_add_str(payload, ",\"mark\":\"");
	maker_text_add_base64url(payload, mac, 16);
	maker_text_add_str(payload, "\"");
	maker_text_clear(&covered);
}

struct maker_text
maker_root(const char *realm, const char *kid, EVP_PKEY *key, const char *proof, int64_t iat_s)
{
	struct maker_text root = { 0 };

	maker_text_add_format(&root, "{\"realm\":\"%s\",\"kid\":\"%s\",\"thumbprint\":\"", realm, kid);
	maker_add_thumbprint(&root, key);
	maker_text_add_format(&root, "\",\"iat\":%lld,\"proof\":\"%s\"}", (long long)iat_s, proof);
	return root;
}
