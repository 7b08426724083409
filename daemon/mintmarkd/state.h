/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The state folder, and those of the journal and of fetched keys in it: made where they are missing, ours alone, and held
 * by one mintmarkd at a time.
 */
#ifndef MM_DAEMON_MINTMARKD_STATE_H
#define MM_DAEMON_MINTMARKD_STATE_H

#include <stdbool.h>

#define MM_STATE_NONE (struct mm_state){ -1, -1, -1, -1 }

struct mm_state {
	int dir_fd;
	int journal_dir_fd;
	int keys_dir_fd; /* MM_KEPT_KEYS_FOLDER */
	int lock_fd;     /* held as long as it is open */
};

/* Returns false, and logs what to do, where the folder cannot be used; nothing is open then. */
bool mm_state_open(const char *path, struct mm_state *state);
void mm_state_close(struct mm_state *state);

#endif
