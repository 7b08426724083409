/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Unpacking gzip (RFC 1952, one member after another, zeroes behind the last) and zstd (RFC 8878, frames of data and
 * skippable ones), piece by piece.
 */
#ifndef MM_ENGINE_LOGS_UNPACK_H
#define MM_ENGINE_LOGS_UNPACK_H

#include "engine/logs/input.h"

#include <mintmark/slice.h>

/*
 * The largest window of zstd that is taken, 2^27 bytes: what zstd itself takes unasked, and what --long makes. Such a
 * file takes that much memory beside everything else; those of usual levels take 8 MiB at most.
 */
#define MM_UNPACK_WINDOW_LOG_MAX 27

/* What packed data begins with, or MM_LOGS_PLAIN. */
enum mm_logs_compression mm_unpack_recognise(struct mm_slice beginning);

struct mm_unpacker;

/* NULL where memory is short; compression is not MM_LOGS_PLAIN. */
struct mm_unpacker *mm_unpacker_new(enum mm_logs_compression compression);
void mm_unpacker_free(struct mm_unpacker **unpacker);

/*
 * Unpack from *packed to out, which has room for *room bytes: *packed loses what was used up, *room becomes the bytes
 * written. Something is used up or written, unless there is nothing to use. Returns false where the data is damaged,
 * or memory is short; what was written before that is right.
 */
MM_MUST_USE bool mm_unpack(struct mm_unpacker *unpacker, struct mm_slice *packed, char *out, size_t *room);

/* Whether the data may end here: nothing of a member or frame was begun. */
bool mm_unpack_may_end(const struct mm_unpacker *unpacker);

#endif
