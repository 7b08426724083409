/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The store: events in the order of their time, more of them than memory holds.
 *
 * They come in any order and are written in sorted runs to a file without a name; a cursor merges the runs. Memory does
 * not grow with their number. Nothing is written where the logs lie: the file is made in $TMPDIR, else /var/tmp, and
 * is gone when the process ends, however it ends. Or it is a file of the caller's, which another process goes on with.
 *
 * The order is that of (time, input, offset); events without time come first. One thread at a time.
 */
#ifndef MM_ENGINE_LOGS_STORE_H
#define MM_ENGINE_LOGS_STORE_H

#include "engine/logs/event.h"

#include <mintmark/version.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mm_logs_store;

/*
 * A store that keeps up to memory bytes of events before it writes a run. dir_fd is the folder for its file, or -1.
 * NULL with errno; the file is made with the first run only.
 */
struct mm_logs_store *mm_logs_store_new(int dir_fd, size_t memory);
void mm_logs_store_free(struct mm_logs_store **store);

/*
 * Write runs to this file in place of one without a name: empty, open for reading and writing, and the caller's until
 * the store is freed. Before anything is appended.
 */
void mm_logs_store_use(struct mm_logs_store *store, int fd);

/* Append events. Returns 0, or -1 with errno (ENOSPC: the disk is full): the store is then of no more use. */
MM_MUST_USE int mm_logs_store_append(struct mm_logs_store *store, const struct mm_logs_event *events, size_t count);

/* ---- going on ---- */

/* Events in order in the file. Runs lie one behind the other. */
struct mm_logs_run {
	uint64_t begin; /* number of its first event in the file; set by the store */
	uint64_t count;
	uint32_t check; /* over their bytes */
};

/* Have all events in runs, and these on the disk. Returns 0, or -1 with errno. */
MM_MUST_USE int mm_logs_store_settle(struct mm_logs_store *store);

/* The runs in the file, borrowed until something is appended. */
const struct mm_logs_run *mm_logs_store_runs(const struct mm_logs_store *store, size_t *count);

/*
 * Take runs that another store has left in the file of mm_logs_store_use(); what stands behind them there is cut off.
 * Each event is read, and check asked whether it can be one. Returns 0, or -1 with errno (EBADMSG: they are not what
 * they were). The store is empty before.
 */
MM_MUST_USE int mm_logs_store_restore(struct mm_logs_store *store, const struct mm_logs_run *runs, size_t count,
    bool (*check)(void *ctx, const struct mm_logs_event *event), void *ctx);

/* How many events it holds, also those that are passed over. */
uint64_t mm_logs_store_count(const struct mm_logs_store *store);

/* Cursors pass over the events of which is_passed(ctx, event) is true. Set before there is a cursor. */
void mm_logs_store_pass_over(struct mm_logs_store *store,
    bool (*is_passed)(void *ctx, const struct mm_logs_event *event), void *ctx);

/* ---- walking ---- */

struct mm_logs_cursor;

/*
 * Walk the events from since_us on and before until_us, in order; INT64_MIN and INT64_MAX for all of them, also those
 * without time. Several cursors may go on at once, none while events are appended. NULL with errno.
 */
struct mm_logs_cursor *mm_logs_cursor_new(struct mm_logs_store *store, int64_t since_us, int64_t until_us);
void mm_logs_cursor_free(struct mm_logs_cursor **cursor);

/*
 * The next event: returns 1 and sets *event, which is borrowed until the next call; 0 at the end; -1 with errno.
 */
MM_MUST_USE int mm_logs_cursor_next(struct mm_logs_cursor *cursor, const struct mm_logs_event **event);

#endif
