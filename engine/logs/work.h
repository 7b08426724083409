/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The work folder of a reading: what another process goes on with when this one was killed.
 *
 *   reading.events      the store's runs
 *   reading.checkpoint  what else is known; reading.checkpoint.new while the next one is written
 *
 * doc/PROTOCOL.reading has the bytes. One process at a time works in it: reading.events is locked (flock). Files that
 * belong to another user, or that others may write, are not touched.
 */
#ifndef MM_ENGINE_LOGS_WORK_H
#define MM_ENGINE_LOGS_WORK_H

#include <mintmark/version.h>

/* Both -1: there is none. */
struct mm_logs_work {
	int folder_fd; /* borrowed */
	int events_fd; /* open for reading and writing, and locked */
};

/* No folder. */
void mm_logs_work_init(struct mm_logs_work *work);

/*
 * Work in a folder, which stays the caller's and open as long. Returns 0, or -1 with errno (EBUSY: another process
 * works there; EPERM: the files there are not ours alone).
 */
MM_MUST_USE int mm_logs_work_begin(struct mm_logs_work *work, int folder_fd);

/* Forget what an earlier reading left: no checkpoint, no events. Returns 0, or -1 with errno. */
MM_MUST_USE int mm_logs_work_clear(struct mm_logs_work *work);

/* The checkpoint, open for reading, the caller's to close; -1 with errno (ENOENT: there is none). */
int mm_logs_work_open_checkpoint(const struct mm_logs_work *work);

/* A new one, empty and open for writing, the caller's to close; -1 with errno. */
int mm_logs_work_make_checkpoint(const struct mm_logs_work *work);

/* Put the new one, written and synced, in place of the former. Returns 0, or -1 with errno. */
MM_MUST_USE int mm_logs_work_take_checkpoint(const struct mm_logs_work *work);

/* Remove the files. */
void mm_logs_work_remove(struct mm_logs_work *work);

/* Leave them, and let another process work there. */
void mm_logs_work_end(struct mm_logs_work *work);

#endif
