/* SPDX-License-Identifier: Apache-2.0 */
/* The files of mints. */
#include "daemon/mintmarkd/mint_files.h"

#include "daemon/mintmarkd/log.h"
#include "engine/tls_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define INIT_MEND "run 'mintmark init' as the user who starts mintmarkd"

/* The path of a file below state_dir/mint; false where it is too long. */
static bool __attribute__((format(printf, 3, 4)))
write_path(char path[PATH_MAX], const struct mm_config *config, const char *format, ...)
{
	int len = snprintf(path, PATH_MAX, "%s/mint/", config->state_dir), rest;
	va_list args;

	if (len < 0 || len >= PATH_MAX)
		return false;
	va_start(args, format);
	rest = vsnprintf(path + len, (size_t)(PATH_MAX - len), format, args);
	va_end(args);
	return rest >= 0 && rest < PATH_MAX - len;
}

/* ---- looking ---- */

static void
tell(const struct mm_config *config, int line, const char *what, const char *path, const char *fault, const char *mend,
    struct mm_problems *problems)
{
	mm_problems_add(problems, MM_PROBLEM_ERROR, config->path, line, mend, "%s: %s: %s", what, path, fault);
}

/* A file that 'mintmark init' makes; is_secret: closed to other users. */
static bool
check_file(const struct mm_config *config, int line, const char *what, const char *path, bool is_secret,
    struct mm_problems *problems)
{
	const char *mend = NULL, *fault;
	struct stat status;

	if (stat(path, &status) == -1) {
		tell(config, line, what, path, strerror(errno), INIT_MEND, problems);
		return false;
	}
	fault = mm_tls_file_fault(path, is_secret, &mend);
	if (fault == NULL)
		return true;
	tell(config, line, what, path, fault, mend, problems);
	return false;
}

static bool
check_below(const struct mm_config *config, const char *what, const char *name, struct mm_problems *problems)
{
	char path[PATH_MAX];

	return write_path(path, config, "%s", name) && check_file(config, 0, what, path, false, problems);
}

static bool
check_sealing_key(const struct mm_config *config, const struct mm_config_realm *realm, struct mm_problems *problems)
{
	const char *setting = realm == NULL ? config->sealing_key_path : realm->sealing_key_path;
	int line = realm == NULL ? 0 : realm->line;
	char *path = mm_config_sealing_key_file(setting);
	bool good;

	if (path == NULL) {
		mm_problems_add(problems, MM_PROBLEM_ERROR, config->path, line,
		    "start mintmarkd by systemd with LoadCredential=, or name a file",
		    "'sealing_key': %s: no credentials were handed to mintmarkd", setting);
		return false;
	}
	good = check_file(config, line, "'sealing_key'", path, true, problems);
	free(path);
	return good;
}

static bool
check_realm(const struct mm_config *config, const struct mm_config_realm *realm, struct mm_problems *problems)
{
	if (realm->key_store_module == NULL)
		return check_sealing_key(config, realm, problems);
	return check_file(config, realm->line, "'key_store_pin'", realm->key_store_pin_path, true, problems);
}

bool
mm_mint_files_check(const struct mm_config *config, struct mm_problems *problems)
{
	bool good = true;

	if (!mm_config_has_mint(config))
		return true;
	good = check_below(config, "the offline root's public key", "root.pub", problems) && good;
	good = check_below(config, "the certificate of the key-state key", "key-state.cert", problems) && good;
	good = check_sealing_key(config, NULL, problems) && good;
	for (size_t i = 0; i < config->realm_count; i++)
		if (config->realms[i].keys_kind == MM_KEYS_MINT)
			good = check_realm(config, &config->realms[i], problems) && good;
	return good;
}

/* ---- opening ---- */

static int
open_file(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	if (fd == -1)
		mm_log(LOG_ERR, "%s: %s", path, strerror(errno));
	return fd;
}

bool
mm_mint_files_read_root(const struct mm_config *config, uint8_t root[MM_ED25519_PUBLIC_LEN])
{
	char path[PATH_MAX];
	ssize_t got;
	int fd;

	if (!write_path(path, config, "root.pub") || (fd = open_file(path)) == -1)
		return false;
	got = read(fd, root, MM_ED25519_PUBLIC_LEN);
	close(fd);
	if (got == MM_ED25519_PUBLIC_LEN)
		return true;
	mm_log(LOG_ERR, "%s: it is no public key of the offline root", path);
	return false;
}

int
mm_mint_files_open_certificate(const struct mm_config *config)
{
	char path[PATH_MAX];

	return write_path(path, config, "key-state.cert") ? open_file(path) : -1;
}

int
mm_mint_files_open_sealing_key(const struct mm_config *config, const struct mm_config_realm *realm)
{
	char *path = mm_config_sealing_key_file(realm == NULL ? config->sealing_key_path : realm->sealing_key_path);
	int fd = path == NULL ? -1 : open_file(path);

	free(path);
	return fd;
}

int
mm_mint_files_open_pin(const struct mm_config_realm *realm)
{
	return open_file(realm->key_store_pin_path);
}

/* Who has a folder's descriptor goes by his own rights in it: it is the user's, and nobody else's. */
static bool
give_to_user(int fd, const struct mm_user *user)
{
	struct stat status;

	if (fstat(fd, &status) == -1)
		return false;
	if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0 && fchmod(fd, 0700) == -1)
		return false;
	return !user->change || (status.st_uid == user->uid && status.st_gid == user->gid) ||
	    fchown(fd, user->uid, user->gid) == 0;
}

static int
open_folder(const char *path, const struct mm_user *user)
{
	int fd;

	if (mkdir(path, 0700) == -1 && errno != EEXIST) {
		mm_log(LOG_ERR, "%s cannot be made: %s (" INIT_MEND ")", path, strerror(errno));
		return -1;
	}
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (fd != -1 && give_to_user(fd, user))
		return fd;
	mm_log(LOG_ERR, "%s cannot be opened to the processes' user: %s", path, strerror(errno));
	if (fd != -1)
		close(fd);
	return -1;
}

int
mm_mint_files_open_ledger(const struct mm_config *config, const struct mm_user *user)
{
	char path[PATH_MAX];

	return write_path(path, config, "ledger") ? open_folder(path, user) : -1;
}

int
mm_mint_files_open_keys(const struct mm_config *config, const char *realm, const struct mm_user *user)
{
	char path[PATH_MAX];

	return write_path(path, config, "%s/keys", realm) ? open_folder(path, user) : -1;
}

int
mm_mint_files_open_table(const struct mm_config *config, const char *realm, const struct mm_user *user)
{
	char path[PATH_MAX];

	return write_path(path, config, "%s/table", realm) ? open_folder(path, user) : -1;
}
