/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Durability: threads that wait for the disk share one fdatasync. The first becomes the leader and syncs for all
 * who wrote before it began; the others sleep, and one of those who came later leads the next.
 *
 * After a failed fdatasync the kernel may have marked pages clean that it could not write, so that another call
 * would succeed and prove nothing: the segment is given up, and everybody who waited is told so.
 */
#include "engine/journal_writer.h"

#include <inttypes.h>
#include <unistd.h>

/* Take the waiters whose records stand at or before sequence off the list, with this outcome. */
static void
settle(struct mm_journal *journal, uint64_t sequence, bool synced)
{
	struct mm_journal_waiter **link = &journal->waiters;

	while (*link != NULL) {
		struct mm_journal_waiter *waiter = *link;

		if (waiter->sequence <= sequence) {
			waiter->state = synced ? MM_SYNCED : MM_LOST;
			*link = waiter->next;
		} else {
			link = &waiter->next;
		}
	}
	pthread_cond_broadcast(&journal->synced);
}

static bool
sync_fd(int fd)
{
	return fd < 0 || fdatasync(fd) == 0;
}

static bool
sync_and_close(const int *fds, size_t count)
{
	bool done = true;

	for (size_t i = 0; i < count; i++) {
		done = sync_fd(fds[i]) && done;
		close(fds[i]);
	}
	return done;
}

/* Sync retired segments and, where asked, the current one, without the lock. No other thread is syncing. */
static bool
lead(struct mm_journal *journal, bool with_current)
{
	int fds[MM_JOURNAL_RETIRED_MAX], current_fd = with_current ? journal->current.fd : -1;
	size_t count = journal->retired_count;
	bool done;

	memcpy(fds, journal->retired, count * sizeof(fds[0]));
	journal->retired_count = 0;
	journal->syncing = true;
	pthread_mutex_unlock(&journal->lock);
	done = sync_and_close(fds, count);
	done = sync_fd(current_fd) && done;
	pthread_mutex_lock(&journal->lock);
	journal->syncing = false;
	journal->stats.syncs++;
	return done;
}

static void
note_sync_failure(struct mm_journal *journal)
{
	journal->stats.failures++;
	mm_journal_owe_alarm(journal, "journal %s: segment %" PRIu64 " cannot be synced", journal->name,
	    journal->current.identity.number);
}

static void
give_up_current(struct mm_journal *journal)
{
	uint64_t lost_from = journal->synced_sequence + 1;

	note_sync_failure(journal);
	if (journal->current.fd >= 0)
		close(journal->current.fd);
	journal->current.fd = -1;
	if (!journal->wanted)
		mm_journal_owe_segment(journal);
	settle(journal, UINT64_MAX, false);
	mm_journal_tail_event(journal, "fdatasync failed: records from number %" PRIu64
	    " to here may be missing and were not acknowledged", lost_from);
}

static bool
lead_durably(struct mm_journal *journal)
{
	uint64_t sequence = journal->written.sequence;

	if (!lead(journal, true)) {
		give_up_current(journal);
		return false;
	}
	journal->synced_sequence = sequence;
	settle(journal, sequence, true);
	return true;
}

bool
mm_journal_sync_wait(struct mm_journal *journal, uint64_t sequence)
{
	struct mm_journal_waiter waiter = { sequence, MM_WAITING, journal->waiters };

	journal->waiters = &waiter;
	while (waiter.state == MM_WAITING) {
		if (journal->syncing)
			pthread_cond_wait(&journal->synced, &journal->lock);
		else
			(void)lead_durably(journal);
	}
	return waiter.state == MM_SYNCED;
}

static void
wait_for_leader(struct mm_journal *journal)
{
	while (journal->syncing)
		pthread_cond_wait(&journal->synced, &journal->lock);
}

bool
mm_journal_sync_all(struct mm_journal *journal)
{
	wait_for_leader(journal);
	return lead_durably(journal);
}

void
mm_journal_sync_retired(struct mm_journal *journal)
{
	/* In durable mode those who wait do it: only their outcome must count. */
	if (journal->retired_count == 0 || journal->syncing || journal->mode == MM_JOURNAL_DURABLE)
		return;
	if (!lead(journal, false))
		note_sync_failure(journal);
	pthread_cond_broadcast(&journal->synced);
}
