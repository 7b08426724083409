/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The state folder, and those of the journal and of fetched keys in it: made where they are missing, ours alone, and
 * held by one mintmarkd at a time.
 */
#ifndef MM_DAEMON_MINTMARKD_STATE_H
#define MM_DAEMON_MINTMARKD_STATE_H

#include "daemon/mintmarkd/child.h"

#include <stdbool.h>
#include <sys/types.h>

struct mm_state {
	int dir_fd;
	int journal_dir_fd;
	int keys_dir_fd; /* MM_KEPT_KEYS_FOLDER */
	int lock_fd;     /* held as long as it is open */
};

#define MM_STATE_NONE (struct mm_state){ -1, -1, -1, -1 }

/*
 * Open them. The user's group may pass through the folder, to the control socket, and read journal and fetched keys.
 * Returns false, and logs what to do, where the folder cannot be used; nothing is open then.
 */
bool mm_state_open(const char *path, const struct mm_user *user, struct mm_state *state);
void mm_state_close(struct mm_state *state);

#endif
