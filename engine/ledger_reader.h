/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading a ledger from its files, in order: every record's CRC, its number and the hash of the one before are checked.
 *
 * Memory is one window, however long the ledger is.
 */
#ifndef MM_ENGINE_LEDGER_READER_H
#define MM_ENGINE_LEDGER_READER_H

#include "engine/ledger_format.h"

#include <mintmark/slice.h>
#include <mintmark/version.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum mm_ledger_read {
	MM_LEDGER_READ_RECORD,
	MM_LEDGER_READ_END,    /* there is no more now; what a writer was about may stand behind it, half written */
	MM_LEDGER_READ_DAMAGE, /* fault and at say what and where; the next call goes on behind it */
	MM_LEDGER_READ_FAILED, /* a file cannot be read, or memory is short: errno */
};

/* A record that was read; bytes are valid until the next call. */
struct mm_ledger_item {
	struct mm_ledger_at at;
	struct mm_ledger_link link;
	const uint8_t *bytes;
	size_t len;
};

/* Where the ledger ends: what a writer goes on from. */
struct mm_ledger_tail {
	struct mm_ledger_at end; /* segment 0: there is none yet */
	uint64_t sequence;       /* of the last record; 0: none */
	uint8_t hash[MM_DIGEST_LEN];
	struct mm_ledger_at rare;
	uint64_t salt, size_bytes;
	uint8_t id[MM_LEDGER_ID_LEN];
};

struct mm_ledger_reader;

/*
 * Begin at the segment of a number, or at the first where it is 0. NULL where memory is short or the folder cannot be
 * read (errno). dir_fd stays the caller's and must stay open.
 */
MM_MUST_USE struct mm_ledger_reader *mm_ledger_reader_new(int dir_fd, uint64_t first_segment);
void mm_ledger_reader_free(struct mm_ledger_reader **reader);

MM_MUST_USE enum mm_ledger_read mm_ledger_reader_next(struct mm_ledger_reader *reader, struct mm_ledger_item *item);

/* Of DAMAGE: what is wrong, a constant sentence, and where. */
const char *mm_ledger_reader_fault(const struct mm_ledger_reader *reader, struct mm_ledger_at *at);

/* Of END: where the ledger ends. */
void mm_ledger_reader_tail(const struct mm_ledger_reader *reader, struct mm_ledger_tail *tail);

/* Bytes of all segments from the first on, and of those that were read: for progress. */
uint64_t mm_ledger_reader_total(const struct mm_ledger_reader *reader);
uint64_t mm_ledger_reader_done(const struct mm_ledger_reader *reader);

/*
 * Read one record at a place that a record or header named. bytes holds MM_LEDGER_RECORD_MAX. Its length; 0 where no
 * whole record stands there (errno EBADMSG) or it cannot be read.
 */
MM_MUST_USE size_t mm_ledger_read_at(int dir_fd, struct mm_ledger_at at, uint8_t *bytes);

#endif
