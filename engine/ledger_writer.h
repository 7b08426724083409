/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing a ledger: records are taken into memory in their order, and a thread writes what came together and has one
 * fdatasync for all of it (group commit). Nobody may act on a record before it is durable.
 *
 * Where writing or syncing fails, nothing that was not durable counts, and nothing more is taken until
 * mm_ledger_writer_resume() could begin another segment: what the kernel made of the old one's pages is not known.
 *
 * One thread calls all functions.
 */
#ifndef MM_ENGINE_LEDGER_WRITER_H
#define MM_ENGINE_LEDGER_WRITER_H

#include "engine/ledger_reader.h"

#include <mintmark/version.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Records that wait for their turn: more is refused until there is room. */
#define MM_LEDGER_PENDING_LEN ((size_t)4 * 1024 * 1024)

struct mm_ledger_writer;

struct mm_ledger_writer_stats {
	uint64_t records; /* durable */
	uint64_t syncs;
	uint64_t bytes;
};

/*
 * Go on from where a reader found the end, or begin a ledger where there is none (end.segment 0). What was torn is
 * zeroed, and what is whole is brought to the disk: who wrote it may not have come to that. segment_bytes: of new
 * segments. NULL with errno where a file cannot be written; then nothing can be recorded, and it may be tried again.
 * dir_fd stays the caller's.
 */
MM_MUST_USE struct mm_ledger_writer *mm_ledger_writer_open(int dir_fd, uint64_t segment_bytes,
    const struct mm_ledger_tail *tail);

/* Write what is pending, and end. False where something could not be. */
MM_MUST_USE bool mm_ledger_writer_close(struct mm_ledger_writer **writer);

/* Becomes readable when records became durable, or writing failed. */
int mm_ledger_writer_event_fd(const struct mm_ledger_writer *writer);

/*
 * Take a record; its sequence number, or 0 where it cannot be: writing failed, there is no room, or a text is too long.
 * key: signs a HEAD, else NULL.
 */
MM_MUST_USE uint64_t mm_ledger_writer_append(struct mm_ledger_writer *writer, const struct mm_ledger_record *record,
    const struct mm_ed25519 *key);

/*
 * Records that are taken from now on are written together, when mm_ledger_writer_go() says that they are all; sooner
 * where the segment is full, and where the writer is closed.
 */
void mm_ledger_writer_hold(struct mm_ledger_writer *writer);
void mm_ledger_writer_go(struct mm_ledger_writer *writer);

/* Whether a record of the largest size has room. */
bool mm_ledger_writer_has_room(struct mm_ledger_writer *writer);

/* Clear the event; every record up to this number is durable. */
uint64_t mm_ledger_writer_durable(struct mm_ledger_writer *writer);

/*
 * Why nothing can be recorded, in words; NULL: it can. Records behind mm_ledger_writer_durable() are lost then: their
 * numbers are given again.
 */
const char *mm_ledger_writer_trouble(struct mm_ledger_writer *writer);

/* Begin another segment after a failure; false where that fails too. */
MM_MUST_USE bool mm_ledger_writer_resume(struct mm_ledger_writer *writer);

void mm_ledger_writer_stats(struct mm_ledger_writer *writer, struct mm_ledger_writer_stats *stats);

#endif
