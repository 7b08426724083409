/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reader of a journal: records in order over all its segments, verified, while the writer goes on.
 *
 * Two rules keep it exact beside a writer. Nothing is believed to be damaged, or to be the end of a segment, before
 * it was read a second time: one read may see a write half done and the next write whole. And a segment is left
 * only once a later one has begun, for then the writer does not come back.
 */
#include "engine/journal_segment.h"

#include "lib/crypto/hasher.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

struct mm_journal_reader {
	int dir_fd;
	char name[MM_JOURNAL_NAME_MAX + 1];
	struct mm_hasher *hasher;
	struct mm_journal_window window;
	struct mm_journal_segment segment; /* fd -1: none is open */
	uint64_t next_number;              /* where none is open: the first to look for */
	uint64_t offset;
	bool searched;                     /* behind the end of what the open segment held, once */
	uint64_t told_unreadable;          /* the last file that is no segment, of those that were told */
	bool lost;                         /* a gap that is to be told */
	bool chained;                      /* sequence and hash are those of the record before offset */
	uint64_t sequence;
	uint8_t hash[MM_DIGEST_LEN];
};

struct mm_journal_reader *
mm_journal_reader_open(int dir_fd, const char *name)
{
	struct mm_journal_reader *reader;

	if (!mm_journal_name_valid(name)) {
		errno = EINVAL;
		return NULL;
	}
	reader = calloc(1, sizeof(*reader));
	if (reader == NULL)
		return NULL;
	reader->segment.fd = -1;
	reader->next_number = 1;
	memcpy(reader->name, name, strlen(name));
	reader->dir_fd = fcntl(dir_fd, F_DUPFD_CLOEXEC, 0);
	reader->hasher = mm_hasher_new();
	if (!mm_journal_window_init(&reader->window) || reader->hasher == NULL || reader->dir_fd < 0)
		mm_journal_reader_free(&reader);
	return reader;
}

static void
close_segment(struct mm_journal_reader *reader)
{
	if (reader->segment.fd >= 0)
		close(reader->segment.fd);
	reader->segment.fd = -1;
}

void
mm_journal_reader_free(struct mm_journal_reader **reader)
{
	if (*reader == NULL)
		return;
	close_segment(*reader);
	if ((*reader)->dir_fd >= 0)
		close((*reader)->dir_fd);
	mm_hasher_free(&(*reader)->hasher);
	mm_journal_window_clear(&(*reader)->window);
	free(*reader);
	*reader = NULL;
}

/* ---- from segment to segment ---- */

/* Open the first segment from number on that was begun, as one look from the first to the last sees them. */
static int
look_for_begun(struct mm_journal_reader *reader, uint64_t number, struct mm_journal_segment *segment,
    bool *passed_spare)
{
	*passed_spare = false;
	while (mm_journal_segment_find(reader->dir_fd, reader->name, number, &number) == 0) {
		if (mm_journal_segment_open(reader->dir_fd, reader->name, number, segment) == 0) {
			if (segment->begun)
				return 1;
			close(segment->fd);
			*passed_spare = true;
		} else if (errno != ENOENT && errno != EPROTO) {
			return -1;
		}
		number++;
	}
	return errno == ENOENT ? 0 : -1;
}

/*
 * Open the first segment from number on that was begun. Returns 1, 0 where there is none yet, -1 with errno.
 *
 * While one look goes on, the writer may begin a segment that was passed as a spare, and then the next one: so who
 * found one behind a spare looks again.
 */
static int
open_begun(struct mm_journal_reader *reader, uint64_t number, struct mm_journal_segment *segment)
{
	bool passed_spare;
	int more = look_for_begun(reader, number, segment, &passed_spare);

	if (more <= 0 || !passed_spare)
		return more;
	close(segment->fd);
	return look_for_begun(reader, number, segment, &passed_spare);
}

/*
 * Find a file from number on, before the next segment that was begun, that has a segment's name and is none, and that
 * was not told yet. A segment has its identity before it has its name, so that none is mistaken that is being made.
 * Returns 1 with *found set, 0 where there is none, -1 with errno.
 */
static int
find_unreadable(const struct mm_journal_reader *reader, uint64_t number, uint64_t *found)
{
	struct mm_journal_segment segment;

	if (number <= reader->told_unreadable)
		number = reader->told_unreadable + 1;
	for (; mm_journal_segment_find(reader->dir_fd, reader->name, number, &number) == 0; number++) {
		if (mm_journal_segment_open(reader->dir_fd, reader->name, number, &segment) == 0) {
			close(segment.fd);
			if (segment.begun)
				return 0;
		} else if (errno == EPROTO) {
			*found = number;
			return 1;
		} else if (errno != ENOENT) {
			return -1;
		}
	}
	return errno == ENOENT ? 0 : -1;
}

/* Nothing in a segment belongs to the journal from where the next one says that it ended. */
static void
limit_by_next(struct mm_journal_segment *segment, const struct mm_journal_segment *next)
{
	if (next->start_whole && next->start.previous_number == segment->identity.number &&
	    next->start.previous_end < segment->limit && next->start.previous_end >= MM_JOURNAL_HEADER_LEN)
		segment->limit = next->start.previous_end;
}

/* Whether a segment goes on where the reader stands, if that is known. */
static bool
continues(const struct mm_journal_reader *reader, const struct mm_journal_segment *segment)
{
	if (!segment->start_whole)
		return false;
	return !reader->chained || (segment->start.sequence == reader->sequence + 1 &&
	    memcmp(segment->start.previous_hash, reader->hash, MM_DIGEST_LEN) == 0);
}

static void
enter(struct mm_journal_reader *reader, const struct mm_journal_segment *segment)
{
	struct mm_journal_segment next;

	reader->lost = reader->lost || !continues(reader, segment);
	close_segment(reader);
	reader->segment = *segment;
	reader->offset = MM_JOURNAL_HEADER_LEN;
	reader->searched = false;
	reader->chained = segment->start_whole;
	reader->sequence = segment->start.sequence - 1;
	memcpy(reader->hash, segment->start.previous_hash, MM_DIGEST_LEN);
	if (open_begun(reader, segment->identity.number + 1, &next) == 1) {
		limit_by_next(&reader->segment, &next);
		close(next.fd);
	}
	mm_journal_window_set(&reader->window, reader->segment.fd);
}

/* ---- records ---- */

/* Take the record at the reader's place. */
static enum mm_journal_read
take_record(struct mm_journal_reader *reader, const uint8_t *bytes, size_t len, struct mm_journal_record *record)
{
	struct mm_journal_link link;

	if (!mm_journal_decode_record(bytes, len, &link, record)) {
		reader->offset += len;
		reader->chained = false;
		return MM_READ_DAMAGED;
	}
	if (reader->chained && (link.sequence != reader->sequence + 1 ||
	    memcmp(link.previous_hash, reader->hash, MM_DIGEST_LEN) != 0)) {
		reader->chained = false; /* told once; the next call takes the record */
		return MM_READ_DAMAGED;
	}
	if (!mm_hasher_sha256(reader->hasher, mm_slice(bytes, len), reader->hash)) {
		errno = EIO;
		return MM_READ_FAILED;
	}
	reader->chained = true;
	reader->sequence = link.sequence;
	reader->offset += len;
	return MM_READ_RECORD;
}

/* What one step of reading came to. */
enum step {
	STEP_READ, /* what it says is the answer */
	STEP_AGAIN,
};

/* The place again, with what is in the file now. */
static enum mm_journal_look
look_afresh(struct mm_journal_reader *reader)
{
	const uint8_t *bytes;
	size_t len;

	mm_journal_window_set(&reader->window, reader->segment.fd);
	return mm_journal_look(&reader->window, &reader->segment, reader->offset, &bytes, &len);
}

/*
 * Go on behind damage, to the next whole record of the segment if there is one, and set *read to damaged. Where the
 * place has become a record meanwhile, there was none.
 */
static enum mm_journal_look
skip_damage(struct mm_journal_reader *reader, enum mm_journal_read *read)
{
	uint64_t found;
	enum mm_journal_look look = mm_journal_find_record(&reader->window, &reader->segment,
	    reader->offset + MM_JOURNAL_ALIGN, &found);

	if (look != MM_LOOK_RECORD || look_afresh(reader) == MM_LOOK_RECORD)
		return look;
	reader->offset = found;
	reader->chained = false;
	reader->searched = false;
	*read = MM_READ_DAMAGED;
	return look;
}

/* Tell what stands in a segment's place from number on, if anything does: then, and on failure, *read is set. */
static bool
tell_unreadable(struct mm_journal_reader *reader, uint64_t number, enum mm_journal_read *read,
    struct mm_journal_place *where)
{
	uint64_t found;
	int more = find_unreadable(reader, number, &found);

	if (more == 0)
		return false;
	*read = more < 0 ? MM_READ_FAILED : MM_READ_DAMAGED;
	if (more > 0) {
		reader->told_unreadable = found;
		*where = (struct mm_journal_place){ .segment = found, .offset = 0 };
	}
	return true;
}

/*
 * No whole record stands at the place. Find out whether one follows: in this segment (searched once while it is
 * the last one, and again when it is left), or in a later one.
 */
static enum step
pass_end(struct mm_journal_reader *reader, enum mm_journal_read *read, struct mm_journal_place *where)
{
	struct mm_journal_segment next;
	int more = open_begun(reader, reader->segment.identity.number + 1, &next);
	enum mm_journal_look look;
	bool leave;

	*read = more < 0 ? MM_READ_FAILED : MM_READ_END;
	if (more < 0)
		return STEP_READ;
	if (more > 0)
		limit_by_next(&reader->segment, &next);
	look = look_afresh(reader);
	if (look != MM_LOOK_RECORD && look != MM_LOOK_FAILED && (more > 0 || !reader->searched)) {
		reader->searched = true;
		look = skip_damage(reader, read);
	}
	leave = look != MM_LOOK_RECORD && look != MM_LOOK_FAILED &&
	    !tell_unreadable(reader, reader->segment.identity.number + 1, read, where);
	if (more > 0 && leave)
		enter(reader, &next);
	else if (more > 0)
		close(next.fd);
	if (look == MM_LOOK_FAILED) {
		errno = reader->window.error;
		*read = MM_READ_FAILED;
		return STEP_READ;
	}
	if (*read != MM_READ_END)
		return STEP_READ;
	return more > 0 || look == MM_LOOK_RECORD ? STEP_AGAIN : STEP_READ;
}

/* Have a segment open, if there is any. */
static enum step
open_first(struct mm_journal_reader *reader, enum mm_journal_read *read, struct mm_journal_place *where)
{
	struct mm_journal_segment segment;
	int more;

	if (tell_unreadable(reader, reader->next_number, read, where))
		return STEP_READ;
	more = open_begun(reader, reader->next_number, &segment);
	if (more > 0) {
		enter(reader, &segment);
		return STEP_AGAIN;
	}
	*read = more < 0 ? MM_READ_FAILED : MM_READ_END;
	return STEP_READ;
}

static enum step
read_step(struct mm_journal_reader *reader, struct mm_journal_record *record, enum mm_journal_read *read,
    struct mm_journal_place *where)
{
	const uint8_t *bytes;
	size_t len;

	if (reader->segment.fd < 0)
		return open_first(reader, read, where);
	if (reader->lost) {
		reader->lost = false;
		*read = MM_READ_DAMAGED;
		return STEP_READ;
	}
	switch (mm_journal_look(&reader->window, &reader->segment, reader->offset, &bytes, &len)) {
	case MM_LOOK_RECORD:
		*read = take_record(reader, bytes, len, record);
		return STEP_READ;
	case MM_LOOK_FAILED:
		errno = reader->window.error;
		*read = MM_READ_FAILED;
		return STEP_READ;
	default:
		return pass_end(reader, read, where);
	}
}

enum mm_journal_read
mm_journal_read(struct mm_journal_reader *reader, struct mm_journal_record *record, struct mm_journal_place *where)
{
	enum mm_journal_read read = MM_READ_END;
	enum step step;

	do {
		where->segment = reader->segment.identity.number;
		where->offset = reader->offset;
		step = read_step(reader, record, &read, where);
	} while (step == STEP_AGAIN);
	return read;
}

/* ---- beginning elsewhere ---- */

/* Stand behind the whole record at an offset of the open segment. */
static int
stand_behind(struct mm_journal_reader *reader, uint64_t offset)
{
	struct mm_journal_record record;
	const uint8_t *bytes;
	size_t len;

	if (offset < MM_JOURNAL_HEADER_LEN || offset % MM_JOURNAL_ALIGN != 0 ||
	    mm_journal_look(&reader->window, &reader->segment, offset, &bytes, &len) != MM_LOOK_RECORD) {
		errno = EINVAL;
		return -1;
	}
	reader->offset = offset;
	reader->chained = false;
	(void)take_record(reader, bytes, len, &record);
	return 0;
}

int
mm_journal_reader_resume(struct mm_journal_reader *reader, const struct mm_journal_place *place)
{
	struct mm_journal_segment segment;

	close_segment(reader);
	reader->chained = false;
	reader->told_unreadable = 0;
	reader->next_number = place->segment;
	if (mm_journal_segment_open(reader->dir_fd, reader->name, place->segment, &segment) < 0) {
		reader->lost = errno == ENOENT;
		return reader->lost ? 0 : -1;
	}
	reader->lost = false;
	enter(reader, &segment);
	return stand_behind(reader, place->offset);
}

int
mm_journal_reader_since(struct mm_journal_reader *reader, int64_t since_us)
{
	struct mm_journal_segment segment;
	uint64_t number = 0;
	int more = 0;

	if (reader->segment.fd >= 0)
		return 0;
	while ((more = open_begun(reader, number + 1, &segment)) > 0) {
		close(segment.fd);
		number = segment.identity.number;
		if (segment.start.started_us > since_us)
			break;
		reader->next_number = number;
	}
	return more < 0 ? -1 : 0;
}
