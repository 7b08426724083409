/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The thief. A sealed file is opened as doc/PROTOCOL.keystore says; a forgery is a genuine token taken apart, changed,
 * and signed anew.
 */
#include "test/maker/thief.h"

#include "test/maker/key.h"
#include "test/maker/text.h"

#include <openssl/kdf.h>
#include <openssl/core_names.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <openssl/x509.h>

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define HEAD_LEN 16
#define SALT_LEN 16
#define NONCE_LEN 12
#define TAG_LEN 16
#define KEY_LEN 32
#define FILE_LEN_MAX 4096
#define JTI_BYTES 16

enum { RS256 = 1, PS256 = 4, ES256 = 7, EDDSA = 10 };

/* ---- the sealed file ---- */

static size_t
read_file(const char *path, unsigned char *bytes, size_t max)
{
	FILE *file = fopen(path, "r");
	size_t len;

	if (file == NULL)
		maker_fail("%s: %s", path, strerror(errno));
	len = fread(bytes, 1, max, file);
	fclose(file);
	return len;
}

static void
derive_key(unsigned char sealing_key[KEY_LEN], const char *purpose, const unsigned char *salt,
    unsigned char key[KEY_LEN])
{
	static const char label[] = "mintmark seal v1";
	char digest[] = "SHA256";
	struct maker_text info = { .bytes = NULL };
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
	EVP_KDF_CTX *ctx = EVP_KDF_CTX_new(kdf);
	OSSL_PARAM parameters[4];

	maker_text_add(&info, &(char){ (char)(sizeof(label) - 1) }, 1);
	maker_text_add_str(&info, label);
	maker_text_add(&info, &(char){ (char)strlen(purpose) }, 1);
	maker_text_add_str(&info, purpose);
	maker_text_add(&info, salt, SALT_LEN);
	parameters[0] = OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0);
	parameters[1] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, sealing_key, KEY_LEN);
	parameters[2] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info.bytes, info.len);
	parameters[3] = OSSL_PARAM_construct_end();
	if (EVP_KDF_derive(ctx, key, KEY_LEN, parameters) != 1)
		maker_fail("no key can be derived");
	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
	maker_text_clear(&info);
}

/* What is sealed behind the open part of a file; its length. */
static size_t
unseal(const unsigned char *key, const unsigned char *file, size_t open_len, size_t len, unsigned char *plain)
{
	const unsigned char *sealed = file + open_len;
	size_t plain_len = len - open_len - SALT_LEN - NONCE_LEN - TAG_LEN;
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	unsigned char tag[TAG_LEN];
	int done;

	memcpy(tag, file + len - TAG_LEN, TAG_LEN);
	if (EVP_DecryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, key, sealed + SALT_LEN) != 1 ||
	    EVP_DecryptUpdate(ctx, NULL, &done, file, (int)open_len) != 1 ||
	    EVP_DecryptUpdate(ctx, plain, &done, sealed + SALT_LEN + NONCE_LEN, (int)plain_len) != 1 ||
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG, TAG_LEN, tag) != 1 ||
	    EVP_DecryptFinal_ex(ctx, plain + done, &done) != 1)
		maker_fail("the file does not open with this sealing key");
	EVP_CIPHER_CTX_free(ctx);
	return plain_len;
}

/* The private key of P-256 of a number: ECPrivateKey (RFC 5915) without the point, which OpenSSL computes. */
static EVP_PKEY *
key_of_number(const unsigned char *d)
{
	static const unsigned char before[] = { 0x30, 0x31, 0x02, 0x01, 0x01, 0x04, 0x20 };
	static const unsigned char behind[] = {
		0xa0, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07
	};
	unsigned char der[sizeof(before) + 32 + sizeof(behind)];
	const unsigned char *at = der;

	memcpy(der, before, sizeof(before));
	memcpy(der + sizeof(before), d, 32);
	memcpy(der + sizeof(before) + 32, behind, sizeof(behind));
	return d2i_PrivateKey(EVP_PKEY_EC, NULL, &at, sizeof(der));
}

static EVP_PKEY *
key_of(unsigned algorithm, const unsigned char *plain, size_t len)
{
	switch (algorithm) {
	case RS256:
	case PS256:
		return d2i_PrivateKey(EVP_PKEY_RSA, NULL, &plain, (long)len);
	case ES256:
		return len == 32 ? key_of_number(plain) : NULL;
	case EDDSA:
		return EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, plain, len);
	}
	return NULL;
}

/* "mintmark signing key REALM KID", the KID being the file's name. */
static void
make_purpose(const char *path, const char *realm, struct maker_text *purpose)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash == NULL ? path : slash + 1;

	maker_text_add_format(purpose, "mintmark signing key %s %.*s", realm, (int)strcspn(name, "."), name);
}

EVP_PKEY *
maker_thief_open(const char *sealed_path, const char *sealing_key_path, const char *realm)
{
	unsigned char file[FILE_LEN_MAX], sealing_key[KEY_LEN + 1], key[KEY_LEN], plain[FILE_LEN_MAX];
	size_t len = read_file(sealed_path, file, sizeof(file)), open_len;
	struct maker_text purpose = { .bytes = NULL };
	EVP_PKEY *stolen;

	if (len < HEAD_LEN || memcmp(file, "mintkey\n\1\0", 10) != 0)
		maker_fail("%s: it is no sealed key", sealed_path);
	open_len = HEAD_LEN + file[12] + 256 * (size_t)file[13];
	if (len < open_len + SALT_LEN + NONCE_LEN + TAG_LEN)
		maker_fail("%s: it is cut", sealed_path);
	if (read_file(sealing_key_path, sealing_key, sizeof(sealing_key)) != KEY_LEN)
		maker_fail("%s: it is no sealing key", sealing_key_path);
	make_purpose(sealed_path, realm, &purpose);
	derive_key(sealing_key, purpose.bytes, file + open_len, key);
	stolen = key_of(file[10], plain, unseal(key, file, open_len, len, plain));
	if (stolen == NULL)
		maker_fail("%s: it opens, but holds no key", sealed_path);
	maker_text_clear(&purpose);
	return stolen;
}

/* ---- taking a token apart ---- */

static void
decode_part(const char *text, size_t len, struct maker_text *out)
{
	unsigned bits = 0, pending = 0;

	for (size_t i = 0; i < len; i++) {
		const char *place = strchr(maker_base64url_alphabet, text[i]);

		if (place == NULL || text[i] == '\0')
			maker_fail("the pattern is no token");
		bits = bits << 6 | (unsigned)(place - maker_base64url_alphabet);
		pending += 6;
		if (pending >= 8) {
			pending -= 8;
			maker_text_add(out, &(char){ (char)(bits >> pending) }, 1);
		}
	}
}

/* Behind a value: the comma or bracket that ends it, outside of strings and inner brackets. */
static const char *
end_of_value(const char *text)
{
	bool quoted = false;
	int depth = 0;

	for (; *text != '\0'; text++) {
		if (quoted && *text == '\\' && text[1] != '\0')
			text++;
		else if (*text == '"')
			quoted = !quoted;
		else if (!quoted && (*text == '{' || *text == '['))
			depth++;
		else if (!quoted && depth == 0 && (*text == ',' || *text == '}'))
			return text;
		else if (!quoted && (*text == '}' || *text == ']'))
			depth--;
	}
	maker_fail("the pattern has no JSON object");
}

/* As a mint writes it: no white space, no escapes in names. */
static void
read_object(const struct maker_text *text, struct maker_object *object)
{
	const char *at = text->bytes;

	if (at == NULL || *at != '{')
		maker_fail("the pattern has no JSON object");
	while (*at != '\0' && at[1] == '"') {
		const char *colon = strchr(at + 2, ':'), *end;
		char *name, *value;

		if (colon == NULL || colon < at + 3)
			maker_fail("the pattern has no JSON object");
		end = end_of_value(colon + 1);
		name = maker_copy_part(at + 2, (size_t)(colon - 1 - (at + 2)));
		value = maker_copy_part(colon + 1, (size_t)(end - colon - 1));
		maker_object_set(object, name, value);
		free(name);
		free(value);
		at = end;
	}
}

static void
take_apart(const char *token, struct maker_object *header, struct maker_object *claims)
{
	struct maker_text text = { .bytes = NULL };
	size_t header_len = strcspn(token, ".");
	const char *payload = token + header_len + (token[header_len] == '.');

	decode_part(token, header_len, &text);
	read_object(&text, header);
	maker_text_clear(&text);
	decode_part(payload, strcspn(payload, "."), &text);
	read_object(&text, claims);
	maker_text_clear(&text);
}

/* ---- forging ---- */

/* As long as a genuine one, and as random to look at. */
static void
set_random(struct maker_object *claims, const char *name)
{
	unsigned char bytes[JTI_BYTES];
	struct maker_text text = { .bytes = NULL };

	if (RAND_bytes(bytes, sizeof(bytes)) != 1)
		maker_fail("no random bytes");
	maker_text_add_base64url(&text, bytes, sizeof(bytes));
	maker_object_set_string(claims, name, text.bytes);
	maker_text_clear(&text);
}

static void
change(struct maker_object *header, struct maker_object *claims, const char *option, const char *value)
{
	char *name = maker_copy_part(value, strcspn(value, "="));
	const char *json = strchr(value, '=');

	if (strcmp(option, "--no-claim") == 0)
		maker_object_remove(claims, name);
	else if (json == NULL)
		maker_fail("%s needs NAME=JSON", option);
	else if (strcmp(option, "--claim") == 0)
		maker_object_set(claims, name, json + 1);
	else if (strcmp(option, "--header") == 0)
		maker_object_set(header, name, json + 1);
	else
		maker_fail("there is no argument '%s'", option);
	free(name);
}

/* The value of a string member, without its quotes. */
static char *
string_of(const struct maker_object *object, const char *name)
{
	for (size_t i = 0; i < object->count; i++)
		if (strcmp(object->members[i].name, name) == 0 && object->members[i].value[0] == '"')
			return maker_copy_part(object->members[i].value + 1, strlen(object->members[i].value) - 2);
	return maker_copy("");
}

/* A mint's mark is the last claim. */
static void
move_mark_back(struct maker_object *claims)
{
	char *mark = string_of(claims, "mark");

	maker_object_remove(claims, "mark");
	if (*mark != '\0')
		maker_object_set_string(claims, "mark", mark);
	free(mark);
}

static char *
sign(EVP_PKEY *key, const struct maker_object *header, const struct maker_object *claims)
{
	struct maker_text json = { .bytes = NULL }, token = { .bytes = NULL }, signature = { .bytes = NULL };
	char *algorithm = string_of(header, "alg");

	maker_object_write(header, &json);
	maker_text_add_base64url(&token, json.bytes, json.len);
	maker_text_clear(&json);
	maker_text_add_str(&token, ".");
	maker_object_write(claims, &json);
	maker_text_add_base64url(&token, json.bytes, json.len);
	maker_key_sign(key, algorithm, &token, &signature);
	maker_text_add_str(&token, ".");
	maker_text_add_base64url(&token, signature.bytes, signature.len);
	maker_text_clear(&json);
	maker_text_clear(&signature);
	free(algorithm);
	return token.bytes;
}

char *
maker_thief_forge(EVP_PKEY *key, const char *pattern, int64_t now_s, int argc, const char *const *argv)
{
	struct maker_object header = { .count = 0 }, claims = { .count = 0 };
	bool keeps = argc > 0 && strcmp(argv[0], "--keep") == 0;
	char *token;

	take_apart(pattern, &header, &claims);
	if (!keeps) {
		maker_object_set_number(&claims, "iat", now_s);
		maker_object_set_number(&claims, "exp", now_s + 3600);
		set_random(&claims, "jti");
		set_random(&claims, "mark");
	}
	for (int i = keeps ? 1 : 0; i < argc; i += 2) {
		if (i + 1 == argc)
			maker_fail("%s needs a value", argv[i]);
		change(&header, &claims, argv[i], argv[i + 1]);
	}
	move_mark_back(&claims);
	token = sign(key, &header, &claims);
	maker_object_clear(&header);
	maker_object_clear(&claims);
	return token;
}

void
maker_thief_print_usage(FILE *stream)
{
	fputs("of forge, in this order:\n"
	    "  --keep               jti, iat, exp and mark stay the pattern's\n"
	    "  --claim NAME=JSON    set a claim; the mark stays last\n"
	    "  --no-claim NAME      take one away\n"
	    "  --header NAME=JSON   set a member of the header\n", stream);
}
