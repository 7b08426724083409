/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The writer of a journal: its life, what an append does, and the thread that writes what may wait.
 */
#include "engine/journal_writer.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

void
mm_journal_owe_alarm(struct mm_journal *journal, const char *format, ...)
{
	va_list args;

	if (journal->owed.alarm[0] != '\0')
		return;
	va_start(args, format);
	(void)vsnprintf(journal->owed.alarm, sizeof(journal->owed.alarm), format, args);
	va_end(args);
}

void
mm_journal_owe_segment(struct mm_journal *journal)
{
	journal->owed.segments++;
	journal->wanted = true;
}

/* Release the lock and call the hooks for what happened while it was held. */
static void
unlock_and_tell(struct mm_journal *journal)
{
	struct mm_journal_owed owed = journal->owed;
	const struct mm_journal_hooks *hooks = &journal->hooks;

	journal->owed.segments = 0;
	journal->owed.alarm[0] = '\0';
	pthread_mutex_unlock(&journal->lock);
	for (; owed.segments > 0 && hooks->want_segment != NULL; owed.segments--)
		hooks->want_segment(hooks->ctx);
	if (owed.alarm[0] != '\0' && hooks->alarm != NULL)
		hooks->alarm(hooks->ctx, owed.alarm);
}

/* ---- folded counts ---- */

static int64_t
monotonic_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int64_t
realtime_us(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* Write the counts; those that cannot be written stay. */
static void
flush_fold(struct mm_journal *journal)
{
	struct mm_journal_record record;

	while (mm_fold_peek(journal->fold, &record)) {
		record.time_us = realtime_us();
		if (!mm_journal_tail_put(journal, &record))
			break;
		mm_fold_taken(journal->fold);
	}
	mm_fold_reset(journal->fold);
}

/* What becomes of a denial that anybody can cause. */
enum fate { FATE_SINGLE, FATE_COUNTED, FATE_FAILED };

/* Count the denial, if it is one too many. Except in group mode, what is counted survives the process at once. */
static enum fate
fold(struct mm_journal *journal, const struct mm_journal_record *record)
{
	unsigned tally;

	if (mm_fold_idle(journal->fold)) {
		journal->fold_since_ms = monotonic_ms();
		pthread_cond_signal(&journal->wake);
	}
	if (!mm_fold_count(journal->fold, record, mm_journal_tail_has_room(journal, record), &tally))
		return FATE_SINGLE;
	journal->stats.folded++;
	if (journal->mode == MM_JOURNAL_GROUP)
		return FATE_COUNTED;
	return journal->current.fd >= 0 && mm_journal_tail_note(journal, tally) ? FATE_COUNTED : FATE_FAILED;
}

/* ---- the thread ---- */

static bool
idle(const struct mm_journal *journal)
{
	return journal->pending_len == 0 && journal->retired_count == 0 && mm_fold_idle(journal->fold);
}

static void
wait_for_tick(struct mm_journal *journal)
{
	struct timespec until;

	while (idle(journal) && !journal->stopping)
		pthread_cond_wait(&journal->wake, &journal->lock);
	(void)clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += MM_JOURNAL_TICK_MS * 1000000L;
	if (until.tv_nsec >= 1000000000L) {
		until.tv_nsec -= 1000000000L;
		until.tv_sec++;
	}
	while (!journal->stopping && pthread_cond_timedwait(&journal->wake, &journal->lock, &until) == 0)
		;
}

static void
tick(struct mm_journal *journal)
{
	if (!mm_fold_idle(journal->fold) && monotonic_ms() - journal->fold_since_ms >= 1000) {
		flush_fold(journal);
		journal->fold_since_ms = monotonic_ms();
	}
	if (!mm_journal_tail_write(journal))
		return; /* told; tried again */
	mm_journal_sync_retired(journal);
}

static void *
run(void *ctx)
{
	struct mm_journal *journal = ctx;
	bool stopping = false;

	while (!stopping) {
		pthread_mutex_lock(&journal->lock);
		wait_for_tick(journal);
		stopping = journal->stopping;
		if (!stopping)
			tick(journal);
		unlock_and_tell(journal);
	}
	return NULL;
}

/* ---- its life ---- */

static bool
init_locks(struct mm_journal *journal)
{
	pthread_condattr_t attributes;

	return pthread_mutex_init(&journal->lock, NULL) == 0 && pthread_condattr_init(&attributes) == 0 &&
	    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) == 0 &&
	    pthread_cond_init(&journal->wake, &attributes) == 0 && pthread_cond_init(&journal->synced, NULL) == 0 &&
	    pthread_condattr_destroy(&attributes) == 0;
}

static void
free_journal(struct mm_journal *journal)
{
	mm_hasher_free(&journal->hasher);
	mm_fold_free(&journal->fold);
	free(journal->pending);
	free(journal);
}

struct mm_journal *
mm_journal_open(const char *name, enum mm_journal_mode mode, const struct mm_journal_hooks *hooks)
{
	struct mm_journal *journal = mm_journal_name_valid(name) ? calloc(1, sizeof(*journal)) : NULL;

	if (journal == NULL)
		return NULL;
	memcpy(journal->name, name, strlen(name));
	journal->mode = mode;
	journal->current.fd = -1;
	if (hooks != NULL)
		journal->hooks = *hooks;
	journal->hasher = mm_hasher_new();
	journal->fold = mm_fold_new();
	journal->pending = malloc(MM_JOURNAL_PENDING_LEN);
	if (journal->hasher == NULL || journal->fold == NULL || journal->pending == NULL || !init_locks(journal) ||
	    pthread_create(&journal->thread, NULL, run, journal) != 0) {
		free_journal(journal);
		return NULL;
	}
	return journal;
}

/* Whether the segment is this journal's, and newer than those before it. */
static bool
acceptable(const struct mm_journal *journal, const struct mm_journal_segment *segment)
{
	bool first = journal->newest_number == 0;

	return strcmp(segment->identity.name, journal->name) == 0 &&
	    segment->identity.size_bytes >= MM_JOURNAL_SEGMENT_MIN &&
	    segment->identity.number > journal->newest_number && (first || !segment->begun) &&
	    journal->spare_count < MM_JOURNAL_SPARES_MAX;
}

static bool
take(struct mm_journal *journal, const struct mm_journal_segment *segment)
{
	if (!acceptable(journal, segment))
		return false;
	if (journal->newest_number == 0) {
		if (!mm_journal_tail_recover(journal, segment))
			return false;
	} else {
		journal->spares[journal->spare_count++] = *segment;
		journal->wanted = false;
		mm_journal_tail_say_unsaid(journal);
	}
	journal->newest_number = segment->identity.number;
	return true;
}

bool
mm_journal_add_segment(struct mm_journal *journal, int fd)
{
	struct mm_journal_segment segment;
	bool taken = false;

	pthread_mutex_lock(&journal->lock);
	if (mm_journal_segment_read(fd, &segment) == 0)
		taken = take(journal, &segment);
	if (!taken) {
		mm_journal_owe_alarm(journal, "journal %s: a segment that was handed in is none", journal->name);
		close(fd);
	}
	unlock_and_tell(journal);
	return taken;
}

/* Record it; *sequence is its number, 0 where it was only counted. */
static bool
admit(struct mm_journal *journal, const struct mm_journal_record *record, uint64_t *sequence)
{
	enum fate fate = mm_fold_applies(record) ? fold(journal, record) : FATE_SINGLE;

	*sequence = 0;
	if (fate != FATE_SINGLE)
		return fate == FATE_COUNTED;
	if (!mm_journal_tail_put(journal, record))
		return false;
	*sequence = journal->head.sequence;
	journal->stats.records++;
	return true;
}

bool
mm_journal_append(struct mm_journal *journal, const struct mm_journal_record *record)
{
	uint64_t sequence;
	bool recorded;

	pthread_mutex_lock(&journal->lock);
	recorded = admit(journal, record, &sequence);
	if (recorded && sequence > 0 && journal->mode == MM_JOURNAL_DURABLE)
		recorded = mm_journal_sync_wait(journal, sequence);
	unlock_and_tell(journal);
	return recorded;
}

bool
mm_journal_ready(struct mm_journal *journal)
{
	bool ready;

	pthread_mutex_lock(&journal->lock);
	ready = !journal->failing && !journal->stopping && (journal->spare_count > 0 || (journal->current.fd >= 0 &&
	    journal->current.limit - journal->end - journal->pending_len >= MM_JOURNAL_RECORD_MAX));
	pthread_mutex_unlock(&journal->lock);
	return ready;
}

void
mm_journal_stats(struct mm_journal *journal, struct mm_journal_stats *stats)
{
	pthread_mutex_lock(&journal->lock);
	*stats = journal->stats;
	pthread_mutex_unlock(&journal->lock);
}

/* Everything that waited goes to the disk. */
static bool
finish(struct mm_journal *journal)
{
	bool done;

	flush_fold(journal);
	if (journal->current.fd >= 0)
		mm_journal_tail_event(journal, "stopped");
	done = mm_journal_tail_write(journal);
	done = mm_journal_sync_all(journal) && done;
	return done && mm_fold_pending(journal->fold) == 0;
}

static void
close_segments(struct mm_journal *journal)
{
	if (journal->current.fd >= 0)
		close(journal->current.fd);
	for (size_t i = 0; i < journal->spare_count; i++)
		close(journal->spares[i].fd);
}

bool
mm_journal_close(struct mm_journal **journal)
{
	struct mm_journal *closing = *journal;
	bool done;

	if (closing == NULL)
		return true;
	pthread_mutex_lock(&closing->lock);
	closing->stopping = true;
	pthread_cond_signal(&closing->wake);
	pthread_mutex_unlock(&closing->lock);
	pthread_join(closing->thread, NULL);
	pthread_mutex_lock(&closing->lock);
	done = finish(closing);
	unlock_and_tell(closing);
	close_segments(closing);
	pthread_mutex_destroy(&closing->lock);
	pthread_cond_destroy(&closing->wake);
	pthread_cond_destroy(&closing->synced);
	free_journal(closing);
	*journal = NULL;
	return done;
}
