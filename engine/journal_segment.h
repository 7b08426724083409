/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A segment of a journal as a file: its name, its header, and the search for records in it.
 */
#ifndef MM_ENGINE_JOURNAL_SEGMENT_H
#define MM_ENGINE_JOURNAL_SEGMENT_H

#include "engine/journal_format.h"

/* "gate.0000000001.journal.new" and its NUL, with the longest name. */
#define MM_JOURNAL_FILE_NAME_LEN (MM_JOURNAL_NAME_MAX + 1 + 10 + sizeof(".journal.new"))

/* Ten digits. */
#define MM_JOURNAL_NUMBER_MAX UINT64_C(9999999999)

/* Whether name may name a journal: 1 to MM_JOURNAL_NAME_MAX characters of [a-z0-9-]. */
bool mm_journal_name_valid(const char *name);

struct mm_journal_segment {
	int fd; /* -1: none */
	struct mm_journal_identity identity;
	bool begun;                    /* it has a record, or something in the first one's place */
	bool start_whole;
	struct mm_journal_start start; /* where whole */
	uint64_t limit;                /* records end here at the latest */
};

/* Read the header of the segment file fd, which stays the caller's. -1 with errno (EPROTO: it is no segment). */
int mm_journal_segment_read(int fd, struct mm_journal_segment *segment);

/*
 * Read the header of segment number in a folder; segment->fd is then open for reading. -1 with errno (EPROTO: what has
 * its name is no segment).
 */
int mm_journal_segment_open(int dir_fd, const char *name, uint64_t number, struct mm_journal_segment *segment);

/* Find the least number of a segment in a folder that is at least from; 0 with *number set, -1 with errno (ENOENT). */
int mm_journal_segment_find(int dir_fd, const char *name, uint64_t from, uint64_t *number);

/* A piece of a segment in memory. Bytes that it gave are good until the next call. */
struct mm_journal_window {
	int fd;
	uint8_t *bytes;
	uint64_t at; /* offset of bytes[0] */
	size_t len;
	int error; /* errno of a read that failed */
};

/* Returns false where memory is short. */
bool mm_journal_window_init(struct mm_journal_window *window);
void mm_journal_window_clear(struct mm_journal_window *window);
/* Look through another descriptor; what was read is forgotten. Also with the same one, to see what changed. */
void mm_journal_window_set(struct mm_journal_window *window, int fd);

enum mm_journal_look {
	MM_LOOK_RECORD, /* a whole record: *bytes and *len are set */
	MM_LOOK_END,    /* no room, zeroes, or the file ends */
	MM_LOOK_BROKEN, /* bytes that are no whole record */
	MM_LOOK_FAILED, /* window->error */
};

/* What stands at an offset of a segment. */
enum mm_journal_look mm_journal_look(struct mm_journal_window *window, const struct mm_journal_segment *segment,
    uint64_t offset, const uint8_t **bytes, size_t *len);

/* Find the first whole record at or behind an aligned offset: its look, and *found where it is MM_LOOK_RECORD. */
enum mm_journal_look mm_journal_find_record(struct mm_journal_window *window, const struct mm_journal_segment *segment,
    uint64_t offset, uint64_t *found);

#endif
