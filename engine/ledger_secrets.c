/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ledger's sealed secrets: a magic in the open, the rest under the sealing key.
 */
#include "engine/ledger_secrets.h"

#include "engine/file.h"
#include "lib/base/reader.h"
#include "lib/crypto/digest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAGIC "MMLSEC1\n"
#define MAGIC_LEN 8
#define PURPOSE "mintmark ledger secrets v1"
#define PLAIN_MAX (MM_LEDGER_SECRETS_LEN_MAX - MAGIC_LEN - MM_SEAL_OVERHEAD)
#define FILE_NEW MM_LEDGER_SECRETS_FILE ".new"

/* ---- bytes ---- */

static size_t
write_plain(const struct mm_ledger_secrets *secrets, uint8_t *plain)
{
	uint8_t *at = plain;

	memcpy(at, secrets->key_state_seed, sizeof(secrets->key_state_seed));
	at += sizeof(secrets->key_state_seed);
	for (unsigned i = 0; i < 4; i++)
		*at++ = (uint8_t)(secrets->count >> (8 * i));
	for (size_t i = 0; i < secrets->count; i++) {
		size_t len = strnlen(secrets->realms[i].realm, MM_NAME_LEN_MAX);

		if (len == 0)
			return 0;
		*at++ = (uint8_t)len;
		memcpy(at, secrets->realms[i].realm, len);
		memcpy(at + len, secrets->realms[i].mark_root, MM_MARK_ROOT_LEN);
		at += len + MM_MARK_ROOT_LEN;
	}
	return (size_t)(at - plain);
}

size_t
mm_ledger_secrets_encode(const struct mm_ledger_secrets *secrets, const uint8_t sealing_key[MM_SEALING_KEY_LEN],
    uint8_t *bytes)
{
	uint8_t plain[PLAIN_MAX];
	size_t len = secrets->count <= MM_LEDGER_SECRETS_REALMS_MAX ? write_plain(secrets, plain) : 0;
	bool sealed;

	memcpy(bytes, MAGIC, MAGIC_LEN);
	sealed = len > 0 && mm_seal(sealing_key, PURPOSE, mm_slice(bytes, MAGIC_LEN), mm_slice(plain, len),
	                        bytes + MAGIC_LEN);
	mm_secret_wipe(plain, sizeof(plain));
	return sealed ? MAGIC_LEN + MM_SEAL_OVERHEAD + len : 0;
}

static bool
read_realm(struct mm_reader *reader, struct mm_ledger_secrets *secrets)
{
	struct mm_slice name = mm_reader_slice(reader, mm_reader_u8(reader));
	struct mm_slice root = mm_reader_slice(reader, MM_MARK_ROOT_LEN);

	return mm_reader_ok(reader) && mm_ledger_secrets_add(secrets, name, (const uint8_t *)root.ptr);
}

static bool
read_plain(struct mm_slice plain, struct mm_ledger_secrets *secrets)
{
	struct mm_reader reader;
	struct mm_slice seed;
	uint32_t count;
	bool ok;

	mm_reader_init(&reader, plain.ptr, plain.len);
	seed = mm_reader_slice(&reader, sizeof(secrets->key_state_seed));
	count = mm_reader_u32(&reader);
	ok = mm_reader_ok(&reader) && count <= MM_LEDGER_SECRETS_REALMS_MAX;
	if (ok)
		memcpy(secrets->key_state_seed, seed.ptr, seed.len);
	for (uint32_t i = 0; ok && i < count; i++)
		ok = read_realm(&reader, secrets);
	return ok && reader.left == 0;
}

const char *
mm_ledger_secrets_decode(struct mm_slice bytes, const uint8_t sealing_key[MM_SEALING_KEY_LEN],
    struct mm_ledger_secrets *secrets)
{
	uint8_t plain[PLAIN_MAX];
	struct mm_slice sealed;
	const char *fault = NULL;

	memset(secrets, 0, sizeof(*secrets));
	if (bytes.len < MAGIC_LEN + MM_SEAL_OVERHEAD || bytes.len > MM_LEDGER_SECRETS_LEN_MAX ||
	    memcmp(bytes.ptr, MAGIC, MAGIC_LEN) != 0)
		return "it is no file of a ledger's secrets";
	sealed = mm_slice(bytes.ptr + MAGIC_LEN, bytes.len - MAGIC_LEN);
	if (!mm_unseal(sealing_key, PURPOSE, mm_slice(bytes.ptr, MAGIC_LEN), sealed, plain))
		fault = "it is not sealed with this sealing key, or damaged";
	else if (!read_plain(mm_slice(plain, sealed.len - MM_SEAL_OVERHEAD), secrets))
		fault = "what is sealed in it is not as this version writes it";
	mm_secret_wipe(plain, sizeof(plain));
	if (fault != NULL)
		mm_secret_wipe(secrets, sizeof(*secrets));
	return fault;
}

/* ---- the file ---- */

const char *
mm_ledger_secrets_load(int dir_fd, const uint8_t sealing_key[MM_SEALING_KEY_LEN], struct mm_ledger_secrets *secrets)
{
	size_t len;
	char *bytes = mm_file_read(dir_fd, MM_LEDGER_SECRETS_FILE, MM_LEDGER_SECRETS_LEN_MAX, &len);
	const char *fault;

	if (bytes == NULL) {
		memset(secrets, 0, sizeof(*secrets));
		return errno == ENOENT ? "it is not there" : mm_file_failure_text(errno);
	}
	fault = mm_ledger_secrets_decode(mm_slice(bytes, len), sealing_key, secrets);
	free(bytes);
	return fault;
}

static bool
write_whole(int fd, const uint8_t *bytes, size_t len)
{
	while (len > 0) {
		ssize_t written = write(fd, bytes, len);

		if (written == -1 && errno == EINTR)
			continue;
		if (written <= 0)
			return false;
		bytes += written;
		len -= (size_t)written;
	}
	return fsync(fd) == 0;
}

bool
mm_ledger_secrets_store(int dir_fd, const uint8_t sealing_key[MM_SEALING_KEY_LEN],
    const struct mm_ledger_secrets *secrets)
{
	uint8_t bytes[MM_LEDGER_SECRETS_LEN_MAX];
	size_t len = mm_ledger_secrets_encode(secrets, sealing_key, bytes);
	bool stored;
	int fd;

	if (len == 0) {
		errno = EINVAL;
		return false;
	}
	(void)unlinkat(dir_fd, FILE_NEW, 0);
	fd = openat(dir_fd, FILE_NEW, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd == -1)
		return false;
	stored = write_whole(fd, bytes, len);
	if (close(fd) == -1 || !stored || renameat(dir_fd, FILE_NEW, dir_fd, MM_LEDGER_SECRETS_FILE) == -1) {
		int failure = errno;

		(void)unlinkat(dir_fd, FILE_NEW, 0);
		errno = failure;
		return false;
	}
	return fsync(dir_fd) == 0;
}

/* ---- looking ---- */

const uint8_t *
mm_ledger_secrets_find(const struct mm_ledger_secrets *secrets, struct mm_slice realm)
{
	for (size_t i = 0; i < secrets->count; i++)
		if (mm_slice_equal(mm_slice_str(secrets->realms[i].realm), realm))
			return secrets->realms[i].mark_root;
	return NULL;
}

bool
mm_ledger_secrets_add(struct mm_ledger_secrets *secrets, struct mm_slice realm,
    const uint8_t mark_root[MM_MARK_ROOT_LEN])
{
	struct mm_ledger_secret *secret = &secrets->realms[secrets->count];

	if (secrets->count == MM_LEDGER_SECRETS_REALMS_MAX || realm.len == 0 || realm.len > MM_NAME_LEN_MAX ||
	    memchr(realm.ptr, '\0', realm.len) != NULL || mm_ledger_secrets_find(secrets, realm) != NULL)
		return false;
	memset(secret->realm, 0, sizeof(secret->realm));
	memcpy(secret->realm, realm.ptr, realm.len);
	memcpy(secret->mark_root, mark_root, MM_MARK_ROOT_LEN);
	secrets->count++;
	return true;
}
