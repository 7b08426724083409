/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Making what the mints of a configuration need.
 *
 * The offline root's public key is pinned last of what a new installation has: until it stands there, a run begins anew
 * with what the one before it left.
 */
#include "engine/mint_setup.h"

#include "engine/file.h"
#include "engine/folder.h"
#include "engine/ledger_secrets.h"
#include "engine/mint_certificate.h"
#include "engine/offline_root.h"
#include "lib/crypto/digest.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

/* What is known in the course of a run. */
struct run {
	const struct mm_mint_setup *setup;
	struct mm_problems *problems;
	uint8_t sealing_key[MM_SEALING_KEY_LEN];
	struct mm_ledger_secrets secrets;
	bool has_root_public;
	uint8_t root_public[MM_ED25519_PUBLIC_LEN];
	struct mm_ed25519 *root;
	int lock_fd, ledger_fd;
};

static bool __attribute__((format(printf, 3, 4)))
fail(struct run *run, const char *mend, const char *format, ...)
{
	char text[PATH_MAX + 256];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	mm_problems_add(run->problems, MM_PROBLEM_ERROR, run->setup->config->path, 0, mend, "%s", text);
	return false;
}

static void
tell(struct run *run, const char *what, const char *path, bool made, const char *detail)
{
	run->setup->tell(run->setup->ctx, what, path, made, detail);
}

/* A path below state_dir/mint; false where it is too long. */
static bool __attribute__((format(printf, 3, 4)))
write_path(struct run *run, char path[PATH_MAX], const char *format, ...)
{
	int len = snprintf(path, PATH_MAX, "%s/mint", run->setup->config->state_dir), rest;
	va_list args;

	if (len < 0 || len >= PATH_MAX)
		return fail(run, NULL, "'state_dir' is too long");
	va_start(args, format);
	rest = vsnprintf(path + len, (size_t)(PATH_MAX - len), format, args);
	va_end(args);
	return (rest >= 0 && rest < PATH_MAX - len) || fail(run, NULL, "'state_dir' is too long");
}

/* ---- files and folders ---- */

static bool
write_all(int fd, const void *bytes, size_t len)
{
	const char *at = bytes;

	while (len > 0) {
		ssize_t written = write(fd, at, len);

		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			return false;
		at += written;
		len -= (size_t)written;
	}
	return fsync(fd) == 0;
}

/* Make the entry of a new file durable. */
static bool
sync_folder_of(const char *path)
{
	char folder[PATH_MAX];
	char *slash;
	int fd;
	bool done;

	if (snprintf(folder, sizeof(folder), "%s", path) >= (int)sizeof(folder))
		return false;
	slash = strrchr(folder, '/');
	if (slash != NULL)
		slash[slash == folder ? 1 : 0] = '\0';
	fd = open(slash == NULL ? "." : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	done = fd != -1 && fsync(fd) == 0;
	if (fd != -1)
		close(fd);
	return done;
}

/* Behind the name of a file while it is written: no other program's, for what is there is taken for a rest. */
#define FRESH ".mintmark-init"

/* Write a file under a name that it does not keep. */
static bool
write_fresh(const char *fresh, mode_t mode, const void *bytes, size_t len)
{
	int fd, error;
	bool written;

	(void)unlink(fresh); /* what a run that was killed left */
	fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
	if (fd == -1)
		return false;
	written = fchmod(fd, mode) == 0 && write_all(fd, bytes, len);
	error = errno;
	if (close(fd) == 0 && written)
		return true;
	(void)unlink(fresh);
	errno = written ? errno : error;
	return false;
}

/* Not all file systems of others, where an offline root may be kept, can tell by themselves that nothing is there. */
static bool
take_free_name(const char *fresh, const char *path)
{
	if (renameat2(AT_FDCWD, fresh, AT_FDCWD, path, RENAME_NOREPLACE) == 0)
		return true;
	return errno == EINVAL && access(path, F_OK) == -1 && errno == ENOENT && rename(fresh, path) == 0;
}

/* Whole on the disk before it gets its name; a run that is killed leaves nothing half under it. */
static bool
put_file(const char *path, mode_t mode, const void *bytes, size_t len, bool replaces)
{
	char fresh[PATH_MAX];
	int error;

	if (snprintf(fresh, sizeof(fresh), "%s" FRESH, path) >= (int)sizeof(fresh)) {
		errno = ENAMETOOLONG;
		return false;
	}
	if (!write_fresh(fresh, mode, bytes, len))
		return false;
	if (replaces ? rename(fresh, path) == 0 : take_free_name(fresh, path))
		return sync_folder_of(path);
	error = errno;
	(void)unlink(fresh);
	errno = error;
	return false;
}

/* Write a file that is not there. */
static bool
make_file(const char *path, mode_t mode, const void *bytes, size_t len)
{
	return put_file(path, mode, bytes, len, false);
}

/* Write a file in place of one that may be there. */
static bool
replace_file(const char *path, const void *bytes, size_t len)
{
	return put_file(path, 0644, bytes, len, true);
}

/* A folder of the processes' user, closed to everybody else. */
static bool
ensure_folder(struct run *run, const char *what, const char *path, bool of_user)
{
	bool made = mkdir(path, 0700) == 0;
	struct stat status;

	if (!made && errno != EEXIST)
		return fail(run, "run it as the user who starts mintmarkd", "%s cannot be made: %s", path,
		    strerror(errno));
	if (lstat(path, &status) != 0 || !S_ISDIR(status.st_mode))
		return fail(run, "move it away", "%s is no folder", path);
	if (chmod(path, 0700) != 0 ||
	    (of_user && run->setup->give && chown(path, run->setup->uid, run->setup->gid) != 0))
		return fail(run, "run it as the user who starts mintmarkd", "%s cannot be given to who needs it: %s",
		    path, strerror(errno));
	if (what != NULL)
		tell(run, what, path, made, NULL);
	return true;
}

static bool
ensure_below(struct run *run, const char *what, const char *name, bool of_user)
{
	char path[PATH_MAX];

	return write_path(run, path, "/%s", name) && ensure_folder(run, what, path, of_user);
}

/* Or not there. What cannot be read may hold anything. */
static bool
folder_is_empty(const char *path)
{
	DIR *folder = mm_folder_open(AT_FDCWD, path);
	const struct dirent *entry;
	bool empty = true;

	if (folder == NULL)
		return errno == ENOENT;
	while (empty && (entry = mm_folder_next(folder)) != NULL)
		empty = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
	empty = empty && errno == 0;
	mm_folder_close(folder);
	return empty;
}

/* ---- sealing keys ---- */

static bool
read_sealing_key(struct run *run, const char *path, uint8_t key[MM_SEALING_KEY_LEN])
{
	size_t len = 0;
	char *bytes = mm_file_read(AT_FDCWD, path, MM_SEALING_KEY_LEN, &len);
	struct stat status;

	if (bytes == NULL || len != MM_SEALING_KEY_LEN || stat(path, &status) != 0) {
		free(bytes);
		return fail(run, "bring the right one back, or name another in 'sealing_key'",
		    "%s is no sealing key: it must be 32 bytes", path);
	}
	memcpy(key, bytes, MM_SEALING_KEY_LEN);
	mm_secret_wipe(bytes, len);
	free(bytes);
	if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0)
		return fail(run, "chmod 0600 FILE; if it was so for a while, make a new key",
		    "%s: other users of this machine may read or write it", path);
	return true;
}

/* What a sealing key that is gone had sealed, which another one does not open. */
static bool
is_needed(struct run *run, const char *sealed, bool is_folder)
{
	char path[PATH_MAX];

	if (!write_path(run, path, "/%s", sealed))
		return true;
	return is_folder ? !folder_is_empty(path) : access(path, F_OK) == 0 || errno != ENOENT;
}

static bool
make_sealing_key(struct run *run, const char *path, const char *sealed, bool is_folder, uint8_t key[MM_SEALING_KEY_LEN])
{
	if (is_needed(run, sealed, is_folder))
		return fail(run, "bring it back from where it was kept; another one opens nothing of what is sealed",
		    "%s is gone, and %s/mint/%s is sealed with it", path, run->setup->config->state_dir, sealed);
	if (getrandom(key, MM_SEALING_KEY_LEN, 0) != MM_SEALING_KEY_LEN ||
	    !make_file(path, 0600, key, MM_SEALING_KEY_LEN))
		return fail(run, NULL, "%s cannot be made: %s", path, strerror(errno));
	return true;
}

static bool
ensure_sealing_key_at(struct run *run, const char *setting, const char *path, const char *sealed, bool is_folder,
    uint8_t key[MM_SEALING_KEY_LEN])
{
	bool is_credential = strncmp(setting, MM_CREDENTIAL_PREFIX, strlen(MM_CREDENTIAL_PREFIX)) == 0;
	bool there = access(path, F_OK) == 0, good;

	if (!there && is_credential)
		return fail(run, "make one of 32 random bytes with systemd-creds(1)", "there is no credential %s",
		    setting);
	good = there ? read_sealing_key(run, path, key) : make_sealing_key(run, path, sealed, is_folder, key);
	if (good)
		tell(run, "sealing key", path, !there, NULL);
	return good;
}

static bool
ensure_sealing_key(struct run *run, const char *setting, const char *sealed, bool is_folder,
    uint8_t key[MM_SEALING_KEY_LEN])
{
	char *path = mm_config_sealing_key_file(setting);
	bool good = path != NULL ? ensure_sealing_key_at(run, setting, path, sealed, is_folder, key) :
	                           fail(run, "run it with the same credentials: systemd-run -p LoadCredential=…",
	                               "'sealing_key' is %s, and no credentials were handed over", setting);

	free(path);
	return good;
}

/* ---- the offline root ---- */

/* The pinned one; false where what stands there is none. Not there: has_root_public stays false. */
static bool
read_root_public(struct run *run)
{
	char path[PATH_MAX];
	size_t len = 0;
	char *bytes;

	if (!write_path(run, path, "/root.pub"))
		return false;
	bytes = mm_file_read(AT_FDCWD, path, MM_ED25519_PUBLIC_LEN, &len);
	if (bytes == NULL && errno == ENOENT)
		return true;
	run->has_root_public = bytes != NULL && len == MM_ED25519_PUBLIC_LEN;
	if (run->has_root_public)
		memcpy(run->root_public, bytes, len);
	free(bytes);
	return run->has_root_public ||
	    fail(run, "bring it back from a backup", "%s is no public key of an offline root", path);
}

static bool
use_root(struct run *run, const uint8_t seed[MM_ED25519_SEED_LEN])
{
	uint8_t public_key[MM_ED25519_PUBLIC_LEN];

	run->root = mm_ed25519_new(seed);
	if (run->root == NULL)
		return fail(run, NULL, "memory is short");
	mm_ed25519_public(run->root, public_key);
	if (run->has_root_public && memcmp(public_key, run->root_public, sizeof(public_key)) != 0)
		return fail(run, "name the file that 'mintmark init' wrote when this mint was new with --root",
		    "%s is another root than the one that is pinned", run->setup->root_path);
	memcpy(run->root_public, public_key, sizeof(public_key));
	return true;
}

/* Take the root's private key from its file. */
static bool
read_root(struct run *run)
{
	const char *path = run->setup->root_path;
	uint8_t seed[MM_ED25519_SEED_LEN];
	size_t len = 0;
	char *text = mm_file_read(AT_FDCWD, path, MM_OFFLINE_ROOT_TEXT_SIZE, &len);
	bool read;

	if (text == NULL)
		return fail(run, "bring the file that was taken away, and name it with --root",
		    "the offline root is needed to certify the key-state key: %s: %s", path, strerror(errno));
	read = mm_offline_root_decode(mm_slice(text, len), seed);
	mm_secret_wipe(text, len);
	free(text);
	if (!read)
		return fail(run, "name the file that 'mintmark init' wrote", "%s is no offline root", path);
	read = use_root(run, seed);
	mm_secret_wipe(seed, sizeof(seed));
	return read;
}

static bool
make_root(struct run *run)
{
	const char *path = run->setup->root_path;
	uint8_t seed[MM_ED25519_SEED_LEN];
	char text[MM_OFFLINE_ROOT_TEXT_SIZE];
	bool made;

	if (access(path, F_OK) == 0)
		return read_root(run);
	if (!mm_ed25519_make(seed))
		return fail(run, NULL, "no random numbers are to be had");
	mm_offline_root_encode(seed, text);
	made = make_file(path, 0600, text, strlen(text)) || fail(run, "name another file with --root", "%s: %s", path,
	                                                        strerror(errno));
	made = made && use_root(run, seed);
	mm_secret_wipe(seed, sizeof(seed));
	mm_secret_wipe(text, sizeof(text));
	if (made)
		tell(run, "offline root", path, true, "take this file away from this machine, and keep it");
	return made;
}

/* ---- secrets of the ledger ---- */

static bool
add_mark_roots(struct run *run, bool *changed)
{
	const struct mm_config *config = run->setup->config;

	for (size_t i = 0; i < config->realm_count; i++) {
		struct mm_slice name = mm_slice_str(config->realms[i].name);
		uint8_t mark_root[MM_MARK_ROOT_LEN];
		bool added, there;

		if (config->realms[i].keys_kind != MM_KEYS_MINT)
			continue;
		there = mm_ledger_secrets_find(&run->secrets, name) != NULL;
		added = there || (getrandom(mark_root, sizeof(mark_root), 0) == (ssize_t)sizeof(mark_root) &&
		                     mm_ledger_secrets_add(&run->secrets, name, mark_root));
		mm_secret_wipe(mark_root, sizeof(mark_root));
		if (!added)
			return fail(run, NULL, "the mint of realm %s is one too many", config->realms[i].name);
		*changed = *changed || !there;
		tell(run, "mark root of realm", config->realms[i].name, !there, NULL);
	}
	return true;
}

static bool
store_secrets(struct run *run)
{
	if (!mm_ledger_secrets_store(run->ledger_fd, run->sealing_key, &run->secrets))
		return fail(run, NULL, MM_LEDGER_SECRETS_FILE " cannot be written: %s", strerror(errno));
	return true;
}

/* Also those that are there: the run that wrote them may have been killed before it could. */
static bool
give_secrets(struct run *run)
{
	return !run->setup->give ||
	    fchownat(run->ledger_fd, MM_LEDGER_SECRETS_FILE, run->setup->uid, run->setup->gid, 0) == 0 ||
	    fail(run, NULL, MM_LEDGER_SECRETS_FILE " cannot be given to its user: %s", strerror(errno));
}

/* The key-state key and the mark roots. */
static bool
ensure_secrets(struct run *run)
{
	const char *fault = mm_ledger_secrets_load(run->ledger_fd, run->sealing_key, &run->secrets);
	bool is_new = fault != NULL && errno == ENOENT &&
	    faccessat(run->ledger_fd, MM_LEDGER_SECRETS_FILE, F_OK, 0) != 0;
	bool changed = is_new;

	if (fault != NULL && !is_new)
		return fail(run, "bring it, or its sealing key, back from a backup", "%s/mint/ledger/%s: %s",
		    run->setup->config->state_dir, MM_LEDGER_SECRETS_FILE, fault);
	if (is_new && run->has_root_public)
		return fail(run, "bring it back from a backup ('mintmark restore')",
		    "%s/mint/ledger/%s is gone: without it no token can be told from a forgery",
		    run->setup->config->state_dir, MM_LEDGER_SECRETS_FILE);
	if (is_new && !mm_ed25519_make(run->secrets.key_state_seed))
		return fail(run, NULL, "no random numbers are to be had");
	tell(run, "key-state key", MM_LEDGER_SECRETS_FILE, is_new, NULL);
	return add_mark_roots(run, &changed) && (!changed || store_secrets(run)) && give_secrets(run);
}

/* ---- the certificate ---- */

static bool
key_state_public(struct run *run, uint8_t public_key[MM_ED25519_PUBLIC_LEN])
{
	struct mm_ed25519 *key = mm_ed25519_new(run->secrets.key_state_seed);

	if (key == NULL)
		return fail(run, NULL, "memory is short");
	mm_ed25519_public(key, public_key);
	mm_ed25519_free(&key);
	return true;
}

/* Whether the certificate that stands there is this key's; *serial: its number, or 0. */
static bool
certificate_is_good(struct run *run, const char *path, const uint8_t public_key[MM_ED25519_PUBLIC_LEN],
    uint64_t *serial)
{
	struct mm_mint_certificate certificate;
	size_t len = 0;
	char *bytes = mm_file_read(AT_FDCWD, path, MM_MINT_CERTIFICATE_LEN, &len);
	bool read = bytes != NULL && run->has_root_public &&
	    mm_mint_certificate_read(mm_slice(bytes, len), run->root_public, &certificate) == NULL;

	free(bytes);
	*serial = read ? certificate.serial : 0;
	return read && memcmp(certificate.public_key, public_key, MM_ED25519_PUBLIC_LEN) == 0 &&
	    mm_mint_certificate_holds(&certificate, run->setup->now_s);
}

static bool
make_certificate(struct run *run, const char *path, const uint8_t public_key[MM_ED25519_PUBLIC_LEN], uint64_t serial)
{
	struct mm_mint_certificate certificate = { .purpose = MM_PURPOSE_KEY_STATE, .not_before_s = run->setup->now_s,
		.not_after_s = run->setup->now_s + MM_MINT_CERTIFICATE_S };
	uint8_t bytes[MM_MINT_CERTIFICATE_LEN];

	if (run->root == NULL && !(run->has_root_public ? read_root(run) : make_root(run)))
		return false;
	/* More than any before, also where the one before cannot be read. */
	certificate.serial = serial >= (uint64_t)run->setup->now_s ? serial + 1 : (uint64_t)run->setup->now_s;
	memcpy(certificate.public_key, public_key, MM_ED25519_PUBLIC_LEN);
	return (mm_mint_certificate_make(&certificate, run->root, bytes) && replace_file(path, bytes, sizeof(bytes))) ||
	    fail(run, NULL, "%s cannot be written: %s", path, strerror(errno));
}

static bool
ensure_certificate(struct run *run)
{
	uint8_t public_key[MM_ED25519_PUBLIC_LEN];
	char path[PATH_MAX];
	uint64_t serial;
	bool good;

	if (!write_path(run, path, "/key-state.cert") || !key_state_public(run, public_key))
		return false;
	good = certificate_is_good(run, path, public_key, &serial) && !run->setup->renew;
	if (!good && !make_certificate(run, path, public_key, serial))
		return false;
	tell(run, "certificate of the key-state key", path, !good, good ? NULL : "it holds for 400 days");
	return true;
}

/* From here on the root is the one that gates believe. */
static bool
pin_root(struct run *run)
{
	char path[PATH_MAX];

	if (!write_path(run, path, "/root.pub"))
		return false;
	if (!run->has_root_public && !make_file(path, 0644, run->root_public, sizeof(run->root_public)))
		return fail(run, NULL, "%s cannot be written: %s", path, strerror(errno));
	tell(run, "offline root's public key", path, !run->has_root_public, NULL);
	return true;
}

/* ---- all of it ---- */

static bool
ensure_realm(struct run *run, const struct mm_config_realm *realm)
{
	char name[MM_NAME_LEN_MAX + 16];
	uint8_t sealing_key[MM_SEALING_KEY_LEN];
	bool good;

	(void)snprintf(name, sizeof(name), "%s", realm->name);
	if (!ensure_below(run, NULL, name, false))
		return false;
	(void)snprintf(name, sizeof(name), "%s/table", realm->name);
	if (!ensure_below(run, "folder of users and clients", name, true))
		return false;
	if (realm->key_store_module != NULL)
		return true;
	(void)snprintf(name, sizeof(name), "%s/keys", realm->name);
	good = ensure_below(run, "folder of sealed keys", name, true) &&
	    ensure_sealing_key(run, realm->sealing_key_path, name, true, sealing_key);
	mm_secret_wipe(sealing_key, sizeof(sealing_key));
	return good;
}

static bool
ensure_realms(struct run *run)
{
	const struct mm_config *config = run->setup->config;

	for (size_t i = 0; i < config->realm_count; i++)
		if (config->realms[i].keys_kind == MM_KEYS_MINT && !ensure_realm(run, &config->realms[i]))
			return false;
	return true;
}

static bool
ensure_ledger(struct run *run)
{
	char path[PATH_MAX];

	if (!ensure_below(run, "folder of the ledger", "ledger", true) || !write_path(run, path, "/ledger"))
		return false;
	run->ledger_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (run->ledger_fd == -1)
		return fail(run, NULL, "%s: %s", path, strerror(errno));
	return ensure_sealing_key(run, run->setup->config->sealing_key_path, "ledger/" MM_LEDGER_SECRETS_FILE, false,
	    run->sealing_key);
}

/* Two at once would write under the same names. */
static bool
take_lock(struct run *run)
{
	char path[PATH_MAX];

	if (!write_path(run, path, "/"))
		return false;
	run->lock_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (run->lock_fd != -1 && flock(run->lock_fd, LOCK_EX | LOCK_NB) == 0)
		return true;
	return fail(run, NULL, "%s: %s", path,
	    errno == EWOULDBLOCK ? "another 'mintmark init' is at work there" : strerror(errno));
}

static bool
ensure_mint_folder(struct run *run)
{
	if (mkdir(run->setup->config->state_dir, 0755) != 0 && errno != EEXIST)
		return fail(run, "make the folder above it first", "%s cannot be made: %s",
		    run->setup->config->state_dir, strerror(errno));
	return ensure_below(run, NULL, "", false) && take_lock(run);
}

bool
mm_mint_setup_run(const struct mm_mint_setup *setup, struct mm_problems *problems)
{
	struct run *run = calloc(1, sizeof(*run));
	bool done;

	if (run == NULL)
		return false;
	run->setup = setup;
	run->problems = problems;
	run->lock_fd = run->ledger_fd = -1;
	done = mm_config_has_mint(setup->config) ||
	    fail(run, "give a realm keys = \"mint\"", "no realm of the configuration is a mint");
	done = done && ensure_mint_folder(run) && read_root_public(run) && ensure_ledger(run) && ensure_realms(run) &&
	    ensure_secrets(run) && ensure_certificate(run) && pin_root(run);
	if (run->ledger_fd != -1)
		close(run->ledger_fd);
	if (run->lock_fd != -1)
		close(run->lock_fd);
	mm_ed25519_free(&run->root);
	mm_secret_wipe(run, sizeof(*run));
	free(run);
	return done;
}
