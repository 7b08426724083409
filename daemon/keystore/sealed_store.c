/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys in sealed files. A file appears whole or not at all: it is written beside its place, made durable, and renamed.
 */
#include "daemon/keystore/sealed_store.h"

#include "daemon/keystore/locked_memory.h"
#include "engine/file.h"
#include "engine/folder.h"
#include "lib/crypto/digest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* KID.sealed; while it is written, KID.new. */
#define SUFFIX ".sealed"
#define SUFFIX_NEW ".new"
#define NAME_LEN_MAX (KEYSTORE_KID_LEN + sizeof(SUFFIX))

struct sealed_store {
	struct keystore base;
	int folder_fd;
	struct sealed_file_seal *seal; /* in locked memory */
	bool unfinished; /* what is not finished could not be removed */
};

struct sealed_key {
	struct keystore_key base;
	struct mm_signing_key *key;
	struct mm_signer *signers[KEYSTORE_THREADS_MAX]; /* each made and used by its thread alone */
};

static void
name_of(const uint8_t thumbprint[MM_DIGEST_LEN], const char *suffix, char name[NAME_LEN_MAX])
{
	keystore_kid(thumbprint, name);
	memcpy(name + KEYSTORE_KID_LEN, suffix, strlen(suffix) + 1);
}

/* ---- the folder ---- */

static bool
has_suffix(const char *name, const char *suffix)
{
	size_t len = strlen(name), suffix_len = strlen(suffix);

	return len >= suffix_len && strcmp(name + len - suffix_len, suffix) == 0;
}

/* The rest of what was being written when the process was killed or the disk failed: nobody was told of such a key. */
static bool
remove_unfinished(int folder_fd)
{
	DIR *folder = mm_folder_open(folder_fd, ".");
	const struct dirent *entry;
	bool removed = true;

	if (folder == NULL)
		return false;
	while (removed && (entry = mm_folder_next(folder)) != NULL)
		if (has_suffix(entry->d_name, SUFFIX_NEW))
			removed = unlinkat(folder_fd, entry->d_name, 0) == 0;
	removed = removed && errno == 0;
	mm_folder_close(folder);
	return removed;
}

/* ---- making ---- */

static bool
write_all(int fd, const unsigned char *bytes, size_t len)
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
	return true;
}

/* Under its name for now, and on the disk. */
static bool
write_new(int folder_fd, const char *name, const unsigned char *bytes, size_t len)
{
	int fd = openat(folder_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	bool written;

	if (fd == -1)
		return false;
	written = write_all(fd, bytes, len) && fsync(fd) == 0;
	return close(fd) == 0 && written;
}

static enum keystore_result
store_file(struct sealed_store *store, const uint8_t thumbprint[MM_DIGEST_LEN], const unsigned char *bytes,
    size_t len, struct keystore_trouble *trouble)
{
	char name[NAME_LEN_MAX], new_name[NAME_LEN_MAX];
	int failure;

	name_of(thumbprint, SUFFIX, name);
	name_of(thumbprint, SUFFIX_NEW, new_name);
	if (write_new(store->folder_fd, new_name, bytes, len) &&
	    renameat(store->folder_fd, new_name, store->folder_fd, name) == 0) {
		if (fsync(store->folder_fd) == 0)
			return KEYSTORE_DONE;
		failure = errno;
		(void)unlinkat(store->folder_fd, name, 0); /* whether it lasts is not known: it was never there */
	} else {
		failure = errno;
		store->unfinished = unlinkat(store->folder_fd, new_name, 0) == -1 && errno != ENOENT;
	}
	return keystore_trouble(trouble, KEYSTORE_FAILED, "the new key cannot be written: %s", strerror(failure));
}

static enum keystore_result
seal_and_store(struct sealed_store *store, const struct mm_signing_key *key,
    const struct mm_algorithm *algorithm, const struct keystore_public *made, struct keystore_trouble *trouble)
{
	unsigned char *secret = locked_memory_take(MM_SIGNING_SECRET_MAX);
	unsigned char file[SEALED_FILE_LEN_MAX];
	size_t secret_len, len = 0;

	if (secret != NULL && (secret_len = mm_signing_key_secret(key, secret)) > 0)
		len = sealed_file_write(store->seal, algorithm, made, mm_slice(secret, secret_len), file);
	locked_memory_give_back(secret);
	if (len == 0)
		return keystore_trouble(trouble, KEYSTORE_FAILED, "libcrypto cannot seal a key");
	return store_file(store, made->thumbprint, file, len, trouble);
}

static enum keystore_result
sealed_make(struct keystore *base, const struct mm_algorithm *algorithm, struct keystore_public *made,
    struct keystore_trouble *trouble)
{
	struct sealed_store *store = (struct sealed_store *)base;
	struct mm_signing_key *key = mm_signing_key_make(algorithm->scheme, MM_SIGNING_RSA_BITS);
	enum keystore_result result;

	if (store->unfinished)
		store->unfinished = !remove_unfinished(store->folder_fd);
	if (key == NULL || !keystore_public_of(mm_signing_key_material(key), made))
		result = keystore_trouble(trouble, KEYSTORE_FAILED, "libcrypto cannot make a key");
	else
		result = seal_and_store(store, key, algorithm, made, trouble);
	mm_signing_key_free(&key);
	return result;
}

/* ---- opening ---- */

static enum keystore_result
open_bytes(const struct sealed_store *store, const char *name, const uint8_t thumbprint[MM_DIGEST_LEN],
    struct mm_slice bytes, struct keystore_key **opened, struct keystore_trouble *trouble)
{
	struct sealed_key *key = calloc(1, sizeof(*key));
	const char *fault;

	if (key == NULL)
		return keystore_trouble(trouble, KEYSTORE_FAILED, "memory is short");
	fault = sealed_file_open(store->seal, thumbprint, bytes, &key->key, &key->base.algorithm);
	if (fault != NULL) {
		free(key);
		return keystore_trouble(trouble, KEYSTORE_DAMAGED, "%s: %s", name, fault);
	}
	memcpy(key->base.thumbprint, thumbprint, MM_DIGEST_LEN);
	*opened = &key->base;
	return KEYSTORE_DONE;
}

static enum keystore_result
sealed_open(struct keystore *base, const uint8_t thumbprint[MM_DIGEST_LEN], struct keystore_key **key,
    struct keystore_trouble *trouble)
{
	const struct sealed_store *store = (const struct sealed_store *)base;
	char name[NAME_LEN_MAX], *bytes;
	enum keystore_result result;
	size_t len;

	name_of(thumbprint, SUFFIX, name);
	bytes = mm_file_read(store->folder_fd, name, SEALED_FILE_LEN_MAX, &len);
	if (bytes != NULL)
		result = open_bytes(store, name, thumbprint, mm_slice(bytes, len), key, trouble);
	else if (errno == ENOENT)
		result = keystore_trouble(trouble, KEYSTORE_NO_KEY, "%s is not there", name);
	else
		result = keystore_trouble(trouble,
		    errno == EFBIG || errno == EINVAL ? KEYSTORE_DAMAGED : KEYSTORE_FAILED, "%s: %s", name,
		    mm_file_failure_text(errno));
	free(bytes);
	return result;
}

static void
sealed_close(struct keystore *base, struct keystore_key **opened)
{
	struct sealed_key *key = (struct sealed_key *)*opened;

	(void)base;
	if (key == NULL)
		return;
	for (size_t i = 0; i < KEYSTORE_THREADS_MAX; i++)
		mm_signer_free(&key->signers[i]);
	mm_signing_key_free(&key->key);
	free(key);
	*opened = NULL;
}

/* ---- forgetting ---- */

/* Whatever the disk keeps of it elsewhere (a journal, a copy on write) is sealed, and this was its only copy here. */
static bool
overwrite(int fd)
{
	static const unsigned char zeroes[SEALED_FILE_LEN_MAX];
	struct stat status;
	size_t left;

	if (fstat(fd, &status) == -1)
		return false;
	for (left = (size_t)status.st_size; left > 0; left -= left < sizeof(zeroes) ? left : sizeof(zeroes))
		if (!write_all(fd, zeroes, left < sizeof(zeroes) ? left : sizeof(zeroes)))
			return false;
	return fsync(fd) == 0;
}

static enum keystore_result
sealed_forget(struct keystore *base, const uint8_t thumbprint[MM_DIGEST_LEN], struct keystore_trouble *trouble)
{
	const struct sealed_store *store = (const struct sealed_store *)base;
	char name[NAME_LEN_MAX];
	bool gone;
	int fd;

	name_of(thumbprint, SUFFIX, name);
	fd = openat(store->folder_fd, name, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd == -1 && errno == ENOENT)
		return KEYSTORE_DONE;
	gone = fd != -1 && overwrite(fd);
	if (fd != -1 && close(fd) == -1)
		gone = false;
	/* One that could not be overwritten is removed all the same. */
	if (unlinkat(store->folder_fd, name, 0) == -1 || fsync(store->folder_fd) == -1 || !gone)
		return keystore_trouble(trouble, KEYSTORE_FAILED, "%s cannot be destroyed: %s", name, strerror(errno));
	return KEYSTORE_DONE;
}

/* ---- listing ---- */

static enum keystore_result
sealed_list(struct keystore *base, keystore_visit *visit, void *context, struct keystore_trouble *trouble)
{
	const struct sealed_store *store = (const struct sealed_store *)base;
	DIR *folder = mm_folder_open(store->folder_fd, ".");
	const struct dirent *entry;
	int error;

	if (folder == NULL)
		return keystore_trouble(trouble, KEYSTORE_FAILED, "the folder of keys: %s", strerror(errno));
	while ((entry = mm_folder_next(folder)) != NULL) {
		uint8_t thumbprint[MM_DIGEST_LEN];

		if (has_suffix(entry->d_name, SUFFIX) &&
		    keystore_kid_read(mm_slice(entry->d_name, strlen(entry->d_name) - strlen(SUFFIX)), thumbprint))
			visit(context, thumbprint);
	}
	error = errno;
	mm_folder_close(folder);
	return error == 0 ? KEYSTORE_DONE :
	                    keystore_trouble(trouble, KEYSTORE_FAILED, "the folder of keys: %s", strerror(error));
}

/* ---- signing ---- */

static enum keystore_result
sealed_sign(struct keystore *base, struct keystore_key *opened, unsigned thread, struct mm_slice input,
    unsigned char signature[KEYSTORE_SIGNATURE_MAX], size_t *len, struct keystore_trouble *trouble)
{
	struct sealed_key *key = (struct sealed_key *)opened;
	size_t made = 0;

	_Static_assert(MM_SIGNING_SIGNATURE_MAX == KEYSTORE_SIGNATURE_MAX, "one length of signatures");
	(void)base;
	if (key->signers[thread] == NULL)
		key->signers[thread] = mm_signer_new(key->key);
	if (key->signers[thread] != NULL)
		made = mm_signer_sign(key->signers[thread], input, signature);
	if (made == 0)
		return keystore_trouble(trouble, KEYSTORE_FAILED, "libcrypto cannot sign");
	*len = made;
	return KEYSTORE_DONE;
}

/* A folder that is open cannot go away; what is wrong with it is told when it is used. */
static enum keystore_result
sealed_state(struct keystore *base, struct keystore_trouble *trouble)
{
	(void)base;
	trouble->text[0] = '\0';
	return KEYSTORE_DONE;
}

static void
sealed_free(struct keystore **base)
{
	struct sealed_store *store = (struct sealed_store *)*base;

	if (store == NULL)
		return;
	locked_memory_give_back(store->seal);
	free(store);
	*base = NULL;
}

static const struct keystore_ops sealed_ops = {
	.make = sealed_make,
	.open = sealed_open,
	.close = sealed_close,
	.forget = sealed_forget,
	.list = sealed_list,
	.sign = sealed_sign,
	.state = sealed_state,
	.free = sealed_free,
};

struct keystore *
sealed_store_new(int folder_fd, const struct sealed_file_seal *seal, struct keystore_trouble *trouble)
{
	struct sealed_store *store;

	if (!remove_unfinished(folder_fd)) {
		(void)keystore_trouble(trouble, KEYSTORE_FAILED, "the folder of keys: %s", strerror(errno));
		return NULL;
	}
	store = calloc(1, sizeof(*store));
	if (store != NULL)
		store->seal = locked_memory_take(sizeof(*seal));
	if (store == NULL || store->seal == NULL) {
		free(store);
		(void)keystore_trouble(trouble, KEYSTORE_FAILED, "memory is short");
		return NULL;
	}
	*store->seal = *seal;
	store->base.ops = &sealed_ops;
	store->folder_fd = folder_fd;
	return &store->base;
}
