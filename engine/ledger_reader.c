/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading a ledger. A segment ends where the next one says that it ended, and the last one where no whole record
 * stands.
 *
 * What is no whole record in the last segment is either a write that was torn, which nobody was told of, or damage.
 * Each record says up to where everything was on the disk when it was made: if one behind the place says so of the
 * record that is missing, it is damage.
 */
#include "engine/ledger_reader.h"

#include "engine/file.h"
#include "engine/ledger_file.h"
#include "lib/crypto/hasher.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WINDOW_LEN ((size_t)1024 * 1024)

struct mm_ledger_reader {
	int dir_fd;
	uint64_t *numbers;
	size_t count, index; /* of the segment that is open, or is to be opened next */

	int fd; /* -1: none */
	struct mm_ledger_header header;
	uint64_t limit;  /* where this segment ends at the latest */
	bool limited;    /* the next segment said so */
	uint64_t offset; /* of the next record */

	uint8_t *window;
	uint64_t window_at; /* offset in the segment */
	size_t window_len;

	bool in_chain; /* sequence and hash are of the record before */
	uint64_t sequence;
	uint8_t hash[MM_DIGEST_LEN];
	struct mm_ledger_at rare;
	struct mm_hasher *hasher;

	const char *fault;
	struct mm_ledger_at fault_at;
};

struct mm_ledger_reader *
mm_ledger_reader_new(int dir_fd, uint64_t first_segment)
{
	struct mm_ledger_reader *reader = calloc(1, sizeof(*reader));
	ssize_t count;

	if (reader == NULL)
		return NULL;
	reader->dir_fd = dir_fd;
	reader->fd = -1;
	reader->window = malloc(WINDOW_LEN);
	reader->hasher = mm_hasher_new();
	count = mm_ledger_list(dir_fd, &reader->numbers);
	if (count == -1 || reader->window == NULL || reader->hasher == NULL) {
		mm_ledger_reader_free(&reader);
		return NULL;
	}
	reader->count = (size_t)count;
	while (reader->index < reader->count && reader->numbers[reader->index] < first_segment)
		reader->index++;
	return reader;
}

void
mm_ledger_reader_free(struct mm_ledger_reader **reader)
{
	if (*reader == NULL)
		return;
	if ((*reader)->fd != -1)
		close((*reader)->fd);
	mm_hasher_free(&(*reader)->hasher);
	free((*reader)->window);
	free((*reader)->numbers);
	free(*reader);
	*reader = NULL;
}

const char *
mm_ledger_reader_fault(const struct mm_ledger_reader *reader, struct mm_ledger_at *at)
{
	*at = reader->fault_at;
	return reader->fault;
}

uint64_t
mm_ledger_reader_total(const struct mm_ledger_reader *reader)
{
	return reader->count * MM_LEDGER_SEGMENT_BYTES;
}

uint64_t
mm_ledger_reader_done(const struct mm_ledger_reader *reader)
{
	return reader->index * MM_LEDGER_SEGMENT_BYTES + reader->offset;
}

void
mm_ledger_reader_tail(const struct mm_ledger_reader *reader, struct mm_ledger_tail *tail)
{
	memset(tail, 0, sizeof(*tail));
	if (reader->fd == -1)
		return;
	tail->end = (struct mm_ledger_at){ reader->header.number, reader->offset };
	tail->sequence = reader->sequence;
	memcpy(tail->hash, reader->hash, sizeof(tail->hash));
	tail->rare = reader->rare;
	tail->salt = reader->header.salt;
	tail->size_bytes = reader->header.size_bytes;
	memcpy(tail->id, reader->header.id, sizeof(tail->id));
}

static enum mm_ledger_read
damage(struct mm_ledger_reader *reader, uint64_t segment, uint64_t offset, const char *fault)
{
	reader->fault = fault;
	reader->fault_at = (struct mm_ledger_at){ segment, offset };
	reader->in_chain = false;
	return MM_LEDGER_READ_DAMAGE;
}

/* ---- bytes ---- */

/* The len bytes at an offset of the segment, or NULL where there are fewer or they cannot be read. */
static const uint8_t *
look(struct mm_ledger_reader *reader, uint64_t offset, size_t len)
{
	ssize_t got;

	if (offset < reader->window_at || offset + len > reader->window_at + reader->window_len) {
		got = mm_file_read_at(reader->fd, reader->window, WINDOW_LEN, (off_t)offset);
		reader->window_at = offset;
		reader->window_len = got == -1 ? 0 : (size_t)got;
		if (got < (ssize_t)len)
			return NULL;
	}
	return reader->window + (offset - reader->window_at);
}

/* The whole record at an offset, before a limit; NULL: there is none. */
static const uint8_t *
look_for_record(struct mm_ledger_reader *reader, uint64_t offset, uint64_t limit, size_t *len)
{
	const uint8_t *bytes = offset + MM_LEDGER_RECORD_MIN > limit ? NULL : look(reader, offset, 16);

	*len = bytes == NULL ? 0 : mm_ledger_record_len(bytes, reader->header.salt);
	if (*len == 0 || offset + *len > limit)
		return NULL;
	bytes = look(reader, offset, *len);
	return bytes != NULL && mm_ledger_record_whole(bytes, *len) ? bytes : NULL;
}

/* ---- segments ---- */

/* How long the segment is: what the next one says, else what its own header and its file say. */
static bool
find_limit(struct mm_ledger_reader *reader)
{
	struct mm_ledger_header next;
	off_t end = lseek(reader->fd, 0, SEEK_END);
	int fd;

	if (end == -1)
		return false;
	reader->limit = reader->header.size_bytes < (uint64_t)end ? reader->header.size_bytes : (uint64_t)end;
	reader->limited = false;
	if (reader->index + 1 == reader->count)
		return true;
	fd = mm_ledger_segment_open(reader->dir_fd, reader->numbers[reader->index + 1], O_RDONLY, &next);
	if (fd == -1)
		return true; /* told when it is opened */
	close(fd);
	if (next.previous_number == reader->header.number && next.previous_end <= reader->limit) {
		reader->limit = next.previous_end;
		reader->limited = true;
	}
	return true;
}

/* Whether the segment begins where the one before ended. */
static const char *
check_begin(struct mm_ledger_reader *reader)
{
	const struct mm_ledger_header *header = &reader->header;

	if (!reader->in_chain)
		return NULL;
	if (header->previous_number != reader->numbers[reader->index - 1])
		return "a segment before this one is missing";
	if (header->sequence != reader->sequence + 1 || memcmp(header->previous_hash, reader->hash, MM_DIGEST_LEN) != 0)
		return "the segment does not begin where the one before ended";
	return NULL;
}

static enum mm_ledger_read
open_segment(struct mm_ledger_reader *reader)
{
	uint64_t number = reader->numbers[reader->index];
	const char *fault;

	reader->fd = mm_ledger_segment_open(reader->dir_fd, number, O_RDONLY, &reader->header);
	reader->window_len = 0;
	if (reader->fd == -1) {
		if (errno != EBADMSG)
			return MM_LEDGER_READ_FAILED;
		reader->index++;
		return damage(reader, number, 0, "the file is no segment of this ledger");
	}
	reader->offset = MM_LEDGER_HEADER_LEN;
	if (!find_limit(reader))
		return MM_LEDGER_READ_FAILED;
	fault = check_begin(reader);
	reader->sequence = reader->header.sequence - 1;
	memcpy(reader->hash, reader->header.previous_hash, MM_DIGEST_LEN);
	reader->rare = reader->header.rare;
	if (fault != NULL)
		(void)damage(reader, number, 0, fault);
	reader->in_chain = true;
	return fault == NULL ? MM_LEDGER_READ_RECORD : MM_LEDGER_READ_DAMAGE;
}

static void
leave_segment(struct mm_ledger_reader *reader)
{
	close(reader->fd);
	reader->fd = -1;
	reader->index++;
}

/* ---- behind what is no record ---- */

/* The next whole record behind an offset; its offset, or the limit where there is none. */
static uint64_t
find_whole(struct mm_ledger_reader *reader, uint64_t offset)
{
	uint8_t salt[8];
	size_t len;

	for (size_t i = 0; i < sizeof(salt); i++)
		salt[i] = (uint8_t)(reader->header.salt >> (8 * i));
	for (; offset + MM_LEDGER_RECORD_MIN <= reader->limit; offset += MM_LEDGER_ALIGN) {
		const uint8_t *bytes = look(reader, offset, 16);

		if (bytes == NULL)
			break;
		if (memcmp(bytes + 8, salt, sizeof(salt)) == 0 &&
		    look_for_record(reader, offset, reader->limit, &len) != NULL)
			return offset;
	}
	return reader->limit;
}

/* Whether a whole record behind the offset knew that the record missing there was on the disk. */
static bool
was_durable(struct mm_ledger_reader *reader, uint64_t offset)
{
	struct mm_ledger_link link;
	const uint8_t *bytes;
	size_t len;

	for (offset = find_whole(reader, offset); offset < reader->limit; offset = find_whole(reader, offset + len)) {
		bytes = look_for_record(reader, offset, reader->limit, &len);
		if (bytes == NULL)
			return false;
		mm_ledger_get_link(bytes, &link);
		if (link.durable > reader->sequence)
			return true;
	}
	return false;
}

/* No whole record stands where one is looked for. */
static enum mm_ledger_read
no_record(struct mm_ledger_reader *reader)
{
	uint64_t at = reader->offset;

	if (!reader->limited && !was_durable(reader, at))
		return MM_LEDGER_READ_END;
	reader->offset = find_whole(reader, at + MM_LEDGER_ALIGN);
	return damage(reader, reader->header.number, at,
	    "no whole record stands here, and the ledger goes on behind it");
}

/* ---- records ---- */

/* Whether the record is the next of the chain. */
static const char *
check_link(const struct mm_ledger_reader *reader, const struct mm_ledger_link *link)
{
	if (!reader->in_chain)
		return NULL;
	if (link->sequence != reader->sequence + 1)
		return "a record is missing before this one";
	if (memcmp(link->previous_hash, reader->hash, MM_DIGEST_LEN) != 0)
		return "the record does not carry the hash of the one before";
	return NULL;
}

static enum mm_ledger_read
take_record(struct mm_ledger_reader *reader, const uint8_t *bytes, size_t len, struct mm_ledger_item *item)
{
	const char *fault;

	item->at = (struct mm_ledger_at){ reader->header.number, reader->offset };
	item->bytes = bytes;
	item->len = len;
	mm_ledger_get_link(bytes, &item->link);
	fault = check_link(reader, &item->link);
	if (fault != NULL)
		return damage(reader, item->at.segment, item->at.offset, fault);
	if (!mm_hasher_sha256(reader->hasher, mm_slice(bytes, len), reader->hash)) {
		errno = ENOMEM;
		return MM_LEDGER_READ_FAILED;
	}
	reader->sequence = item->link.sequence;
	reader->in_chain = true;
	if (mm_ledger_kind_is_rare(mm_ledger_get_kind(bytes)))
		reader->rare = item->at;
	reader->offset += len;
	return MM_LEDGER_READ_RECORD;
}

/* Whether the newest segment was followed by another one since. */
static bool
find_new_segments(struct mm_ledger_reader *reader)
{
	uint64_t *numbers, last = reader->count == 0 ? 0 : reader->numbers[reader->count - 1];
	ssize_t count = mm_ledger_list(reader->dir_fd, &numbers);
	uint64_t current = reader->index < reader->count ? reader->numbers[reader->index] : last + 1;
	size_t index = 0;

	if (count <= 0 || numbers[count - 1] <= last) {
		if (count != -1)
			free(numbers);
		return false;
	}
	while (numbers[index] < current)
		index++;
	free(reader->numbers);
	reader->numbers = numbers;
	reader->count = (size_t)count;
	reader->index = index;
	return reader->fd == -1 || find_limit(reader);
}

enum mm_ledger_read
mm_ledger_reader_next(struct mm_ledger_reader *reader, struct mm_ledger_item *item)
{
	const uint8_t *bytes;
	size_t len;

	for (;;) {
		if (reader->fd == -1) {
			enum mm_ledger_read opened;

			if (reader->index == reader->count && !find_new_segments(reader))
				return MM_LEDGER_READ_END;
			opened = open_segment(reader);
			if (opened != MM_LEDGER_READ_RECORD)
				return opened;
		}
		bytes = look_for_record(reader, reader->offset, reader->limit, &len);
		if (bytes != NULL)
			return take_record(reader, bytes, len, item);
		if (reader->limited && reader->offset == reader->limit) {
			leave_segment(reader);
			continue;
		}
		reader->window_len = 0; /* it may have been written since */
		if (reader->index + 1 == reader->count && find_new_segments(reader))
			continue;
		bytes = look_for_record(reader, reader->offset, reader->limit, &len);
		if (bytes != NULL)
			return take_record(reader, bytes, len, item);
		if (!reader->limited && reader->index + 1 < reader->count) {
			leave_segment(reader); /* what is wrong with the next one is told when it is opened */
			continue;
		}
		return no_record(reader);
	}
}

size_t
mm_ledger_read_at(int dir_fd, struct mm_ledger_at at, uint8_t *bytes)
{
	struct mm_ledger_header header;
	int fd = mm_ledger_segment_open(dir_fd, at.segment, O_RDONLY, &header);
	ssize_t got;
	size_t len;

	if (fd == -1)
		return 0;
	got = mm_file_read_at(fd, bytes, MM_LEDGER_RECORD_MAX, (off_t)at.offset);
	close(fd);
	len = got >= MM_LEDGER_RECORD_MIN ? mm_ledger_record_len(bytes, header.salt) : 0;
	if (len > 0 && (ssize_t)len <= got && mm_ledger_record_whole(bytes, len))
		return len;
	errno = EBADMSG;
	return 0;
}
