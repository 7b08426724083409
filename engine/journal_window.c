/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looking for records in a segment, through a window of it in memory: what writer and reader share.
 *
 * A file is read and not mapped: one that is cut while somebody looks would end a process that maps it.
 */
#include "engine/journal_segment.h"

#include "engine/file.h"

#include <errno.h>
#include <stdlib.h>

/* Many records a system call; several of the largest fit. */
enum { WINDOW_LEN = 256 * 1024 };

/* What tells a record: length and salt. */
enum { PEEK_LEN = 16 };

bool
mm_journal_window_init(struct mm_journal_window *window)
{
	memset(window, 0, sizeof(*window));
	window->fd = -1;
	window->bytes = malloc(WINDOW_LEN);
	return window->bytes != NULL;
}

void
mm_journal_window_clear(struct mm_journal_window *window)
{
	free(window->bytes);
	window->bytes = NULL;
}

void
mm_journal_window_set(struct mm_journal_window *window, int fd)
{
	window->fd = fd;
	window->len = 0;
	window->error = 0;
}

static void
fill_from(struct mm_journal_window *window, uint64_t offset)
{
	ssize_t got;

	window->at = offset;
	window->len = 0;
	got = mm_file_read_at(window->fd, window->bytes, WINDOW_LEN, (off_t)offset);
	if (got < 0)
		window->error = errno;
	else
		window->len = (size_t)got;
}

/* How many bytes the window holds from offset on; *bytes are they. At least want, where the file has them. */
static size_t
view(struct mm_journal_window *window, uint64_t offset, size_t want, const uint8_t **bytes)
{
	if (offset < window->at || offset + want > window->at + window->len)
		fill_from(window, offset);
	*bytes = window->bytes + (offset - window->at);
	return window->len - (size_t)(offset - window->at);
}

static bool
all_zero(const uint8_t *bytes, size_t len)
{
	static const uint8_t zeroes[MM_JOURNAL_ALIGN];

	return memcmp(bytes, zeroes, len < sizeof(zeroes) ? len : sizeof(zeroes)) == 0;
}

enum mm_journal_look
mm_journal_look(struct mm_journal_window *window, const struct mm_journal_segment *segment, uint64_t offset,
    const uint8_t **bytes, size_t *len)
{
	if (offset > segment->limit || segment->limit - offset < MM_JOURNAL_RECORD_MIN)
		return MM_LOOK_END;
	if (view(window, offset, PEEK_LEN, bytes) < PEEK_LEN)
		return window->error != 0 ? MM_LOOK_FAILED : MM_LOOK_END;
	if (all_zero(*bytes, MM_JOURNAL_ALIGN))
		return MM_LOOK_END;
	*len = mm_journal_record_len(*bytes, segment->identity.salt);
	if (*len == 0 || *len > segment->limit - offset)
		return MM_LOOK_BROKEN;
	if (view(window, offset, *len, bytes) < *len)
		return window->error != 0 ? MM_LOOK_FAILED : MM_LOOK_BROKEN;
	return mm_journal_record_whole(*bytes, *len) ? MM_LOOK_RECORD : MM_LOOK_BROKEN;
}

enum mm_journal_look
mm_journal_find_record(struct mm_journal_window *window, const struct mm_journal_segment *segment, uint64_t offset,
    uint64_t *found)
{
	while (offset <= segment->limit && segment->limit - offset >= MM_JOURNAL_RECORD_MIN) {
		const uint8_t *bytes;
		size_t len, held = view(window, offset, PEEK_LEN, &bytes), step = 0;

		if (held < PEEK_LEN)
			return window->error != 0 ? MM_LOOK_FAILED : MM_LOOK_END;
		while (step + PEEK_LEN <= held && mm_journal_record_len(bytes + step, segment->identity.salt) == 0)
			step += MM_JOURNAL_ALIGN;
		offset += step;
		if (step + PEEK_LEN > held)
			continue;
		if (mm_journal_look(window, segment, offset, &bytes, &len) == MM_LOOK_RECORD) {
			*found = offset;
			return MM_LOOK_RECORD;
		}
		offset += MM_JOURNAL_ALIGN;
	}
	return MM_LOOK_END;
}
