/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside the writer of a journal: its state, and the steps that journal_writer.c orders.
 *
 * One lock holds everything; every function here is called with it held. Only fdatasync runs without it.
 */
#ifndef MM_ENGINE_JOURNAL_WRITER_H
#define MM_ENGINE_JOURNAL_WRITER_H

#include "engine/journal_fold.h"
#include "engine/journal_segment.h"
#include "lib/crypto/hasher.h"

#include <pthread.h>

/* Segments that wait: mintmarkd sends one at a time. */
#define MM_JOURNAL_SPARES_MAX 4

/* Segments that are full and not yet synced and closed. */
#define MM_JOURNAL_RETIRED_MAX 8

/* Records in memory: 100 ms of about 15,000 decisions a second, before they are written early. */
#define MM_JOURNAL_PENDING_LEN (1024 * 1024)

/* The end of the last segment that is kept for allows. */
#define MM_JOURNAL_RESERVE_MAX (1024 * 1024)

/* How long the group mode holds records, and how often retired segments are looked after. */
#define MM_JOURNAL_TICK_MS 50

/* A place in the chain: the last record's sequence number and hash. */
struct mm_journal_head {
	uint64_t sequence;
	uint8_t hash[MM_DIGEST_LEN];
};

/* An append that waits for the disk; on its thread's stack, in a list. */
struct mm_journal_waiter {
	uint64_t sequence;
	enum { MM_WAITING, MM_SYNCED, MM_LOST } state;
	struct mm_journal_waiter *next;
};

/* What the hooks are to be told once the lock is released. */
struct mm_journal_owed {
	unsigned segments; /* wanted */
	char alarm[192];   /* empty: none */
};

struct mm_journal {
	pthread_mutex_t lock;
	pthread_cond_t wake;   /* the thread: there is something to do */
	pthread_cond_t synced; /* those who wait for fdatasync */
	pthread_t thread;
	bool stopping;

	char name[MM_JOURNAL_NAME_MAX + 1];
	enum mm_journal_mode mode;
	struct mm_journal_hooks hooks;
	struct mm_journal_owed owed;
	bool wanted; /* a segment was asked for, and none came since */
	struct mm_journal_stats stats;
	struct mm_hasher *hasher;
	struct mm_fold *fold;
	int64_t fold_since_ms;

	struct mm_journal_segment current; /* fd -1: none */
	uint64_t end;                      /* in it, of what was written */
	uint64_t torn_len;                 /* behind end: what a failed write may have left there */
	struct mm_journal_segment spares[MM_JOURNAL_SPARES_MAX];
	size_t spare_count;
	uint64_t newest_number; /* of the segments handed in */

	struct mm_journal_head written; /* on disk */
	struct mm_journal_head head;    /* with what is pending */
	uint8_t *pending;
	size_t pending_len;
	uint8_t encoded[MM_JOURNAL_RECORD_MAX];
	bool failing; /* the last write failed */
	bool full;    /* the last allow found no room, and that was told */
	char unsaid[192]; /* an event that waits for room; empty: none */

	bool syncing; /* one thread is in fdatasync, without the lock */
	int retired[MM_JOURNAL_RETIRED_MAX];
	size_t retired_count;
	struct mm_journal_waiter *waiters;
	uint64_t synced_sequence;
};

/* journal_writer.c */

/* Keep an alarm for the hook; the first one of a locked section is the one that is told. */
void mm_journal_owe_alarm(struct mm_journal *journal, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Keep for the hook that a segment is wanted. */
void mm_journal_owe_segment(struct mm_journal *journal);

/* journal_tail.c: the end of the chain, in memory and on disk */

/* Begin the journal's first segment, or find the end of it and cut what is torn. False where it cannot be used. */
MM_MUST_USE bool mm_journal_tail_recover(struct mm_journal *journal, const struct mm_journal_segment *segment);

/*
 * Whether there is room for a record. It does not turn to the spare: a segment counts as begun only with its first
 * record, and until then what is noted in its tallies would not survive.
 */
MM_MUST_USE bool mm_journal_tail_has_room(struct mm_journal *journal, const struct mm_journal_record *record);

/* Put a record at the end: pending in group mode, else written. False where it is not and will not be. */
MM_MUST_USE bool mm_journal_tail_put(struct mm_journal *journal, const struct mm_journal_record *record);

/* Note a tally in the current segment, which there is, so that it survives the process. False where it is not. */
MM_MUST_USE bool mm_journal_tail_note(struct mm_journal *journal, unsigned index);

/* Put an event of the writer's own life, which may use the reserve; where there is no room, it waits for it. */
void mm_journal_tail_say_unsaid(struct mm_journal *journal);
void mm_journal_tail_event(struct mm_journal *journal, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Write what is pending. False where something still is, or was dropped. */
MM_MUST_USE bool mm_journal_tail_write(struct mm_journal *journal);

/* Turn to a spare; what is pending goes there. False where none can be begun. */
MM_MUST_USE bool mm_journal_tail_advance(struct mm_journal *journal);

/* journal_sync.c: durability */

/* Wait until the record with this sequence number is on the disk. False where it may never be. */
MM_MUST_USE bool mm_journal_sync_wait(struct mm_journal *journal, uint64_t sequence);

/* Sync what is written, and sync and close retired segments. False where something could not be synced. */
MM_MUST_USE bool mm_journal_sync_all(struct mm_journal *journal);

/* The same for retired segments only. */
void mm_journal_sync_retired(struct mm_journal *journal);

#endif
