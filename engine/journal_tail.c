/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The end of the chain: records are sealed onto it in memory, written behind the last one, carried over into the
 * next segment. A write that fails leaves the chain as it was, or goes on in the spare.
 */
#include "engine/journal_writer.h"

#include "engine/file.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

static int64_t
realtime_us(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* Write bytes at an offset; returns how many were, less than len only with errno. */
static size_t
write_at(int fd, const uint8_t *bytes, size_t len, uint64_t offset)
{
	size_t done = 0;

	while (done < len) {
		ssize_t wrote = pwrite(fd, bytes + done, len - done, (off_t)(offset + done));

		if (wrote < 0 && errno == EINTR)
			continue;
		if (wrote == 0)
			errno = ENOSPC;
		if (wrote <= 0)
			break;
		done += (size_t)wrote;
	}
	return done;
}

static bool
write_zeroes(int fd, uint64_t offset, uint64_t len)
{
	static const uint8_t zeroes[16 * 1024];

	while (len > 0) {
		size_t part = len < sizeof(zeroes) ? (size_t)len : sizeof(zeroes);

		if (write_at(fd, zeroes, part, offset) < part)
			return false;
		offset += part;
		len -= part;
	}
	return true;
}

static void
note_failure(struct mm_journal *journal, int error)
{
	journal->stats.failures++;
	if (!journal->failing)
		mm_journal_owe_alarm(journal,
		    "journal %s: segment %" PRIu64 " cannot be written at %" PRIu64 ": error %d", journal->name,
		    journal->current.identity.number, journal->end, error);
	journal->failing = true;
}

/* ---- the chain in memory ---- */

static bool
seal_onto(struct mm_journal *journal, struct mm_journal_head *head, uint8_t *bytes, size_t len)
{
	struct mm_journal_link link = { .salt = journal->current.identity.salt, .sequence = head->sequence + 1 };
	uint8_t hash[MM_DIGEST_LEN];

	memcpy(link.previous_hash, head->hash, MM_DIGEST_LEN);
	mm_journal_seal_record(bytes, len, &link);
	if (!mm_hasher_sha256(journal->hasher, mm_slice(bytes, len), hash))
		return false;
	memcpy(head->hash, hash, MM_DIGEST_LEN);
	head->sequence++;
	return true;
}

/* Seal what is pending anew, onto what is written: the segment changed. */
static bool
reseal_pending(struct mm_journal *journal)
{
	struct mm_journal_head head = journal->written;

	for (size_t at = 0; at < journal->pending_len;) {
		size_t len = mm_journal_encoded_len(journal->pending + at);

		if (!seal_onto(journal, &head, journal->pending + at, len))
			return false;
		at += len;
	}
	journal->head = head;
	return true;
}

static void
drop_pending(struct mm_journal *journal)
{
	journal->pending_len = 0;
	journal->head = journal->written;
}

/* ---- segments ---- */

/* Note in a segment what is counted as of the last record written; what is not counted yet, as unused. */
static bool
write_tallies(const struct mm_journal *journal, const struct mm_journal_segment *segment)
{
	uint8_t bytes[MM_JOURNAL_TALLIES_LEN];

	for (unsigned i = 0; i < MM_JOURNAL_TALLIES; i++) {
		struct mm_journal_tally tally = *mm_fold_tally(journal->fold, i);

		tally.as_of = tally.has_source || tally.has_service ? journal->written.sequence : 0;
		mm_journal_encode_tally(&tally, bytes + i * MM_JOURNAL_TALLY_LEN);
	}
	return write_at(segment->fd, bytes, sizeof(bytes), segment->limit) == sizeof(bytes);
}

bool
mm_journal_tail_note(struct mm_journal *journal, unsigned index)
{
	struct mm_journal_tally tally = *mm_fold_tally(journal->fold, index);
	uint8_t bytes[MM_JOURNAL_TALLY_LEN];

	/* A segment whose first record could not be written is not begun: what is noted there would not survive. */
	if (journal->end == MM_JOURNAL_HEADER_LEN)
		return false;
	tally.as_of = journal->written.sequence;
	mm_journal_encode_tally(&tally, bytes);
	if (write_at(journal->current.fd, bytes, sizeof(bytes), journal->current.limit + index * sizeof(bytes)) ==
	    sizeof(bytes))
		return true;
	note_failure(journal, errno);
	return false;
}

static bool
write_start(struct mm_journal *journal, const struct mm_journal_segment *segment)
{
	struct mm_journal_start start = {
		.previous_number = journal->current.identity.number,
		.previous_end = journal->end,
		.sequence = journal->written.sequence + 1,
		.started_us = realtime_us(),
	};
	uint8_t bytes[MM_JOURNAL_START_LEN];

	memcpy(start.previous_hash, journal->written.hash, MM_DIGEST_LEN);
	mm_journal_encode_start(&start, bytes);
	return write_at(segment->fd, bytes, sizeof(bytes), MM_JOURNAL_IDENTITY_LEN) == sizeof(bytes);
}

static void
take_segment(struct mm_journal *journal, const struct mm_journal_segment *segment, uint64_t end)
{
	journal->current = *segment;
	journal->end = end;
	journal->torn_len = 0;
	journal->full = false;
}

static bool
begin_spare(struct mm_journal *journal)
{
	struct mm_journal_segment spare = journal->spares[0];
	int old_fd = journal->current.fd;

	journal->spare_count--;
	memmove(&journal->spares[0], &journal->spares[1], journal->spare_count * sizeof(spare));
	mm_journal_owe_segment(journal);
	if (!write_tallies(journal, &spare) || !write_start(journal, &spare)) {
		journal->stats.failures++;
		mm_journal_owe_alarm(journal, "journal %s: segment %" PRIu64 " cannot be begun: error %d",
		    journal->name, spare.identity.number, errno);
		close(spare.fd);
		return false;
	}
	take_segment(journal, &spare, MM_JOURNAL_HEADER_LEN);
	if (old_fd >= 0) {
		journal->retired[journal->retired_count++] = old_fd;
		pthread_cond_signal(&journal->wake);
	}
	return reseal_pending(journal);
}

bool
mm_journal_tail_advance(struct mm_journal *journal)
{
	while (journal->spare_count > 0 && journal->retired_count < MM_JOURNAL_RETIRED_MAX)
		if (begin_spare(journal))
			return true;
	return false;
}

/* ---- writing ---- */

/* What of the pending bytes is whole on the disk, is written. */
static void
commit(struct mm_journal *journal, size_t wrote)
{
	size_t at = 0;

	while (at < wrote) {
		size_t len = mm_journal_encoded_len(journal->pending + at);

		if (len > wrote - at)
			break;
		journal->written.sequence++;
		if (!mm_hasher_sha256(journal->hasher, mm_slice(journal->pending + at, len), journal->written.hash))
			break;
		at += len;
	}
	memmove(journal->pending, journal->pending + at, journal->pending_len - at);
	journal->pending_len -= at;
	journal->end += at;
	journal->stats.bytes += at;
}

/* All of it is written: the usual case needs no second hashing. */
static void
commit_all(struct mm_journal *journal)
{
	journal->end += journal->pending_len;
	journal->stats.bytes += journal->pending_len;
	journal->pending_len = 0;
	journal->written = journal->head;
	journal->failing = false;
	journal->torn_len = 0;
}

static bool
mend_torn(struct mm_journal *journal)
{
	if (journal->torn_len > 0 && !write_zeroes(journal->current.fd, journal->end, journal->torn_len))
		return false;
	journal->torn_len = 0;
	return true;
}

/* Returns 0, or the error. */
static int
write_pending(struct mm_journal *journal)
{
	size_t wrote;
	int error;

	if (!mend_torn(journal))
		return errno;
	wrote = write_at(journal->current.fd, journal->pending, journal->pending_len, journal->end);
	if (wrote == journal->pending_len) {
		commit_all(journal);
		return 0;
	}
	error = errno;
	journal->torn_len = journal->pending_len;
	commit(journal, wrote);
	return error;
}

bool
mm_journal_tail_write(struct mm_journal *journal)
{
	int error;

	if (journal->pending_len == 0)
		return true;
	while ((error = write_pending(journal)) != 0) {
		note_failure(journal, error);
		if (mm_journal_tail_advance(journal))
			continue;
		if (!journal->wanted)
			mm_journal_owe_segment(journal);
		if (journal->mode != MM_JOURNAL_GROUP) {
			drop_pending(journal);
			(void)mend_torn(journal); /* or before the next write */
		}
		return false;
	}
	return true;
}

/* ---- room ---- */

static uint64_t
reserve_len(const struct mm_journal_segment *segment)
{
	uint64_t part = segment->limit / 16;

	return part < MM_JOURNAL_RESERVE_MAX ? part : MM_JOURNAL_RESERVE_MAX;
}

static bool
fits(const struct mm_journal *journal, const struct mm_journal_record *record, size_t len)
{
	uint64_t need = len + journal->pending_len;

	if (!record->allowed && record->kind != MM_JOURNAL_EVENT && journal->spare_count == 0)
		need += reserve_len(&journal->current);
	return journal->current.fd >= 0 && journal->current.limit - journal->end >= need;
}

static void
note_full(struct mm_journal *journal)
{
	if (!journal->full)
		mm_journal_owe_alarm(journal, "journal %s: no room for what was allowed, and no spare segment",
		    journal->name);
	journal->full = true;
	if (!journal->wanted)
		mm_journal_owe_segment(journal);
}

/* Room for len more bytes in memory and in a segment. */
static bool
make_room(struct mm_journal *journal, const struct mm_journal_record *record, size_t len)
{
	if (journal->pending_len + len > MM_JOURNAL_PENDING_LEN && !mm_journal_tail_write(journal))
		return false;
	while (!fits(journal, record, len)) {
		if (!mm_journal_tail_write(journal) || !mm_journal_tail_advance(journal)) {
			if (record->allowed)
				note_full(journal);
			return false;
		}
	}
	return true;
}

bool
mm_journal_tail_has_room(struct mm_journal *journal, const struct mm_journal_record *record)
{
	size_t len = mm_journal_encode_record(record, journal->encoded);

	return fits(journal, record, len) ||
	    (journal->spare_count > 0 && journal->retired_count < MM_JOURNAL_RETIRED_MAX);
}

bool
mm_journal_tail_put(struct mm_journal *journal, const struct mm_journal_record *record)
{
	size_t len = mm_journal_encode_record(record, journal->encoded);
	uint8_t *place;

	/* In group mode a journal that could not write takes nothing more until it could. */
	if ((journal->failing && !mm_journal_tail_write(journal)) || !make_room(journal, record, len))
		return false;
	place = journal->pending + journal->pending_len;
	memcpy(place, journal->encoded, len);
	if (!seal_onto(journal, &journal->head, place, len))
		return false;
	journal->pending_len += len;
	if (journal->mode != MM_JOURNAL_GROUP)
		return mm_journal_tail_write(journal);
	if (journal->pending_len == len)
		pthread_cond_signal(&journal->wake);
	return true;
}

static bool
put_event(struct mm_journal *journal, const char *text)
{
	struct mm_journal_record record = { .kind = MM_JOURNAL_EVENT, .time_us = realtime_us() };

	record.text = mm_slice_str(text);
	return mm_journal_tail_put(journal, &record);
}

void
mm_journal_tail_event(struct mm_journal *journal, const char *format, ...)
{
	char text[sizeof(journal->unsaid)];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (!put_event(journal, text) && journal->unsaid[0] == '\0')
		memcpy(journal->unsaid, text, sizeof(text));
}

void
mm_journal_tail_say_unsaid(struct mm_journal *journal)
{
	if (journal->unsaid[0] != '\0' && put_event(journal, journal->unsaid))
		journal->unsaid[0] = '\0';
}

/* ---- recovery ---- */

struct recovery {
	uint64_t end, torn_end; /* torn_end: behind the last byte that is not zero */
	struct mm_journal_head head;
	struct mm_journal_tally tallies[MM_JOURNAL_TALLIES];
};

static bool
recover_tallies(const struct mm_journal_segment *segment, struct recovery *found)
{
	uint8_t bytes[MM_JOURNAL_TALLIES_LEN];
	ssize_t len = mm_file_read_at(segment->fd, bytes, sizeof(bytes), (off_t)segment->limit);

	memset(found->tallies, 0, sizeof(found->tallies));
	for (unsigned i = 0; len == (ssize_t)sizeof(bytes) && i < MM_JOURNAL_TALLIES; i++)
		(void)mm_journal_decode_tally(bytes + i * MM_JOURNAL_TALLY_LEN, &found->tallies[i]);
	return len == (ssize_t)sizeof(bytes);
}

/* What was written as a record after the tally was noted is not pending any more. */
static void
settle_tally(struct recovery *found, const struct mm_journal_record *record, uint64_t sequence)
{
	struct mm_journal_tally *tally;

	if (record->kind != MM_JOURNAL_FOLDED || record->latency_ns == 0 || record->latency_ns > MM_JOURNAL_TALLIES)
		return;
	tally = &found->tallies[record->latency_ns - 1];
	if (sequence > tally->as_of)
		tally->counts[record->reason] -= record->count < tally->counts[record->reason] ? record->count
		    : tally->counts[record->reason];
}

/* Take the record at an offset as the last one so far. */
static bool
recover_record(struct mm_journal *journal, struct recovery *found, const uint8_t *bytes, size_t len, uint64_t offset)
{
	struct mm_journal_link link;
	struct mm_journal_record record;

	(void)mm_journal_decode_record(bytes, len, &link, &record);
	settle_tally(found, &record, link.sequence);
	found->head.sequence = link.sequence;
	found->end = offset + len;
	return mm_hasher_sha256(journal->hasher, mm_slice(bytes, len), found->head.hash);
}

/* Find the last whole record, over any holes. */
static bool
recover_records(struct mm_journal *journal, struct mm_journal_window *window,
    const struct mm_journal_segment *segment, struct recovery *found)
{
	uint64_t offset = found->end;
	enum mm_journal_look look;
	const uint8_t *bytes;
	size_t len;

	while ((look = mm_journal_find_record(window, segment, offset, &offset)) == MM_LOOK_RECORD) {
		if (mm_journal_look(window, segment, offset, &bytes, &len) != MM_LOOK_RECORD ||
		    !recover_record(journal, found, bytes, len, offset))
			return false;
		offset += len;
	}
	return look == MM_LOOK_END;
}

/* Find where the bytes behind the end are zeroes only. */
static bool
recover_torn(const struct mm_journal_segment *segment, struct recovery *found)
{
	uint8_t bytes[16 * 1024];

	found->torn_end = found->end;
	for (uint64_t offset = found->end; offset < segment->limit;) {
		uint64_t left = segment->limit - offset;
		ssize_t got = mm_file_read_at(segment->fd, bytes, left < sizeof(bytes) ? left : sizeof(bytes),
		    (off_t)offset);

		if (got < 0)
			return false;
		if (got == 0)
			break;
		for (ssize_t i = 0; i < got; i++)
			if (bytes[i] != 0)
				found->torn_end = offset + (uint64_t)i + 1;
		offset += (uint64_t)got;
	}
	return true;
}

static bool
recover_end(struct mm_journal *journal, const struct mm_journal_segment *segment, struct recovery *found)
{
	struct mm_journal_window window;
	bool done;

	found->end = MM_JOURNAL_HEADER_LEN;
	found->head.sequence = segment->start_whole ? segment->start.sequence - 1 : 0;
	memcpy(found->head.hash, segment->start.previous_hash, MM_DIGEST_LEN);
	if (!mm_journal_window_init(&window))
		return false;
	mm_journal_window_set(&window, segment->fd);
	/* A first record that is torn leaves none; then the start alone says where to go on. */
	done = recover_tallies(segment, found) && recover_records(journal, &window, segment, found) &&
	    (segment->start_whole || found->head.sequence > 0) && recover_torn(segment, found) &&
	    write_zeroes(segment->fd, found->end, found->torn_end - found->end);
	mm_journal_window_clear(&window);
	return done;
}

bool
mm_journal_tail_recover(struct mm_journal *journal, const struct mm_journal_segment *segment)
{
	struct recovery found;

	if (!segment->begun) {
		if (!write_tallies(journal, segment) || !write_start(journal, segment))
			return false;
		take_segment(journal, segment, MM_JOURNAL_HEADER_LEN);
		mm_journal_tail_event(journal, "started");
		return true;
	}
	if (!recover_end(journal, segment, &found))
		return false;
	take_segment(journal, segment, found.end);
	journal->written = found.head;
	journal->head = found.head;
	for (unsigned i = 0; i < MM_JOURNAL_TALLIES; i++)
		if (found.tallies[i].as_of != 0)
			mm_fold_restore(journal->fold, i, &found.tallies[i]);
	pthread_cond_signal(&journal->wake);
	mm_journal_tail_event(journal, "started; segment %" PRIu64 " goes on at %" PRIu64 ", %" PRIu64
	    " torn bytes cut",
	    segment->identity.number, found.end, found.torn_end - found.end);
	return true;
}
