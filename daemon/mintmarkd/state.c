/* SPDX-License-Identifier: Apache-2.0 */
/* The state folder. */
#include "daemon/mintmarkd/state.h"

#include "daemon/mintmarkd/log.h"
#include "engine/journal.h"
#include "engine/kept_keys.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOCK_FILE "lock"

#define STATE_MODE 0710
#define INNER_MODE 0750

/* Open a folder, made with mode 0700 where its parent exists and it does not. */
static int
open_folder(int dir_fd, const char *path)
{
	if (mkdirat(dir_fd, path, 0700) == -1 && errno != EEXIST)
		return -1;
	return openat(dir_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* Who can write there can take an epoch back, or a journal away. inside: of the state folder, "" for itself. */
static bool
check_owner(const char *path, const char *inside, int dir_fd)
{
	struct stat status;

	if (fstat(dir_fd, &status) == -1)
		return false;
	if (status.st_uid == geteuid() && (status.st_mode & (S_IWGRP | S_IWOTH)) == 0)
		return true;
	mm_log(LOG_ERR, "state_dir %s%s can be written by others: run 'chown %u %s%s; chmod go-w %s%s'", path, inside,
	    (unsigned)geteuid(), path, inside, path, inside);
	return false;
}

/*
 * The user's group may pass through the state folder, to the control socket, and read what the desk, which is of it,
 * shows its members anyway: the journal and the keys that are kept. The rest stays ours alone.
 */
static bool
open_to_group(const char *path, const char *inside, int dir_fd, mode_t mode, const struct mm_user *user)
{
	struct stat status;

	if (fstat(dir_fd, &status) == 0 && (!user->change || status.st_gid == user->gid ||
	        fchown(dir_fd, (uid_t)-1, user->gid) == 0) &&
	    ((status.st_mode & 07777) == mode || fchmod(dir_fd, mode) == 0))
		return true;
	mm_log(LOG_ERR, "state_dir %s%s cannot be opened to the group of the user: %s", path, inside, strerror(errno));
	return false;
}

static bool
take_lock(const char *path, struct mm_state *state)
{
	state->lock_fd = openat(state->dir_fd, LOCK_FILE, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (state->lock_fd == -1) {
		mm_log(LOG_ERR, "state_dir %s cannot be written: %s", path, strerror(errno));
		return false;
	}
	if (flock(state->lock_fd, LOCK_EX | LOCK_NB) == 0)
		return true;
	if (errno == EWOULDBLOCK)
		mm_log(LOG_ERR, "state_dir %s is held by another mintmarkd: stop it first", path);
	else
		mm_log(LOG_ERR, "state_dir %s cannot be locked: %s", path, strerror(errno));
	return false;
}

/* Open a folder of the state folder; inside: "/" and its name. */
static bool
open_inner(const char *path, const char *inside, int dir_fd, int *fd)
{
	*fd = open_folder(dir_fd, inside + 1);
	if (*fd != -1)
		return check_owner(path, inside, *fd);
	mm_log(LOG_ERR, "%s%s cannot be opened or made: %s", path, inside, strerror(errno));
	return false;
}

static bool
open_parts(const char *path, const struct mm_user *user, struct mm_state *state)
{
	state->dir_fd = open_folder(AT_FDCWD, path);
	if (state->dir_fd == -1) {
		mm_log(LOG_ERR, "state_dir %s cannot be opened or made: %s", path, strerror(errno));
		return false;
	}
	if (!check_owner(path, "", state->dir_fd) || !take_lock(path, state))
		return false;
	return open_inner(path, "/" MM_JOURNAL_FOLDER, state->dir_fd, &state->journal_dir_fd) &&
	    open_inner(path, "/" MM_KEPT_KEYS_FOLDER, state->dir_fd, &state->keys_dir_fd) &&
	    open_to_group(path, "", state->dir_fd, STATE_MODE, user) &&
	    open_to_group(path, "/" MM_JOURNAL_FOLDER, state->journal_dir_fd, INNER_MODE, user) &&
	    open_to_group(path, "/" MM_KEPT_KEYS_FOLDER, state->keys_dir_fd, INNER_MODE, user);
}

bool
mm_state_open(const char *path, const struct mm_user *user, struct mm_state *state)
{
	*state = MM_STATE_NONE;
	if (open_parts(path, user, state))
		return true;
	mm_state_close(state);
	return false;
}

static void
close_one(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void
mm_state_close(struct mm_state *state)
{
	close_one(&state->keys_dir_fd);
	close_one(&state->journal_dir_fd);
	close_one(&state->dir_fd);
	close_one(&state->lock_fd);
}
