/* SPDX-License-Identifier: Apache-2.0 */
/* The bytes of a sealed key's file. */
#include "daemon/keystore/sealed_file.h"

#include "daemon/keystore/locked_memory.h"
#include "lib/base/reader.h"
#include "lib/crypto/digest.h"

#include <stdio.h>
#include <string.h>

#define VERSION 1
static const char magic[8] = { 'm', 'i', 'n', 't', 'k', 'e', 'y', '\n' };

const char *
sealed_file_parse(struct mm_slice bytes, struct sealed_file *file)
{
	struct mm_reader reader;
	struct mm_slice name;
	uint16_t version, jwk_len, sealed_len;
	uint8_t number, zero;

	mm_reader_init(&reader, bytes.ptr, bytes.len);
	name = mm_reader_slice(&reader, sizeof(magic));
	version = mm_reader_u16(&reader);
	number = mm_reader_u8(&reader);
	zero = mm_reader_u8(&reader);
	jwk_len = mm_reader_u16(&reader);
	sealed_len = mm_reader_u16(&reader);
	file->jwk = mm_reader_slice(&reader, jwk_len);
	file->open = mm_slice(bytes.ptr, SEALED_FILE_HEAD_LEN + (size_t)jwk_len);
	file->sealed = mm_reader_slice(&reader, sealed_len);
	if (!mm_slice_equal(name, mm_slice(magic, sizeof(magic))))
		return "it is no file of a sealed key";
	if (version != VERSION)
		return "it is of a version that this program does not know";
	if (!mm_reader_ok(&reader) || reader.left != 0 || zero != 0)
		return "it is cut, or longer than it should be";
	file->algorithm = mm_algorithm_by_number(number);
	if (!keystore_algorithm_is_supported(file->algorithm))
		return "its algorithm is none that keys are made for";
	if (jwk_len == 0 || jwk_len > KEYSTORE_JWK_MAX || sealed_len <= MM_SEAL_OVERHEAD ||
	    sealed_len > MM_SIGNING_SECRET_MAX + MM_SEAL_OVERHEAD)
		return "its lengths are none that a key has";
	return NULL;
}

/* A sealed text says by it what it is and for whom. */
static void
write_purpose(const struct sealed_file_seal *seal, const uint8_t thumbprint[MM_DIGEST_LEN],
    char purpose[MM_SEAL_PURPOSE_MAX + 1])
{
	char kid[KEYSTORE_KID_LEN + 1];

	keystore_kid(thumbprint, kid);
	(void)snprintf(purpose, MM_SEAL_PURPOSE_MAX + 1, "mintmark signing key %s %s", seal->realm, kid);
}

static void
put_u16(unsigned char *at, size_t value)
{
	at[0] = (unsigned char)value;
	at[1] = (unsigned char)(value >> 8);
}

size_t
sealed_file_write(const struct sealed_file_seal *seal, const struct mm_algorithm *algorithm,
    const struct keystore_public *made, struct mm_slice secret, unsigned char file[SEALED_FILE_LEN_MAX])
{
	size_t open_len = SEALED_FILE_HEAD_LEN + made->jwk_len, sealed_len = secret.len + MM_SEAL_OVERHEAD;
	char purpose[MM_SEAL_PURPOSE_MAX + 1];

	if (made->jwk_len > KEYSTORE_JWK_MAX || secret.len > MM_SIGNING_SECRET_MAX)
		return 0;
	memset(file, 0, SEALED_FILE_HEAD_LEN);
	memcpy(file, magic, sizeof(magic));
	put_u16(file + 8, VERSION);
	file[10] = algorithm->number;
	put_u16(file + 12, made->jwk_len);
	put_u16(file + 14, sealed_len);
	memcpy(file + SEALED_FILE_HEAD_LEN, made->jwk, made->jwk_len);
	write_purpose(seal, made->thumbprint, purpose);
	if (!mm_seal(seal->key, purpose, mm_slice(file, open_len), secret, file + open_len))
		return 0;
	return open_len + sealed_len;
}

/* The key's own numbers must be those that stand in the open and that the file is named by. */
static const char *
check_public(const struct mm_signing_key *key, const struct sealed_file *file,
    const uint8_t thumbprint[MM_DIGEST_LEN])
{
	struct keystore_public of_key;

	if (!keystore_public_of(mm_signing_key_material(key), &of_key))
		return "libcrypto failed";
	if (memcmp(of_key.thumbprint, thumbprint, MM_DIGEST_LEN) != 0 ||
	    !mm_slice_equal(mm_slice(of_key.jwk, of_key.jwk_len), file->jwk))
		return "the key in it is another one";
	return NULL;
}

static const char *
open_secret(const struct sealed_file *file, struct mm_slice secret, const uint8_t thumbprint[MM_DIGEST_LEN],
    struct mm_signing_key **key)
{
	const char *fault;

	*key = mm_signing_key_open(file->algorithm->scheme, secret);
	if (*key == NULL)
		return "what is sealed in it is no key";
	fault = check_public(*key, file, thumbprint);
	if (fault != NULL)
		mm_signing_key_free(key);
	return fault;
}

const char *
sealed_file_open(const struct sealed_file_seal *seal, const uint8_t thumbprint[MM_DIGEST_LEN], struct mm_slice bytes,
    struct mm_signing_key **key, const struct mm_algorithm **algorithm)
{
	char purpose[MM_SEAL_PURPOSE_MAX + 1];
	struct sealed_file file;
	const char *fault = sealed_file_parse(bytes, &file);
	unsigned char *secret;

	if (fault != NULL)
		return fault;
	secret = locked_memory_take(MM_SIGNING_SECRET_MAX);
	if (secret == NULL)
		return "there is no more locked memory";
	write_purpose(seal, thumbprint, purpose);
	if (!mm_unseal(seal->key, purpose, file.open, file.sealed, secret))
		fault = "it is damaged, or was sealed with another sealing key or for another realm or key";
	else
		fault = open_secret(&file, mm_slice(secret, file.sealed.len - MM_SEAL_OVERHEAD), thumbprint, key);
	locked_memory_give_back(secret);
	if (fault == NULL)
		*algorithm = file.algorithm;
	return fault;
}
