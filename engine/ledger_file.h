/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The files of a ledger: NNNNNNNNNN.ledger in its folder, one a segment.
 */
#ifndef MM_ENGINE_LEDGER_FILE_H
#define MM_ENGINE_LEDGER_FILE_H

#include "engine/ledger_format.h"

#include <mintmark/version.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define MM_LEDGER_NAME_SIZE 32

/* What a segment is made with: 64 MiB hold some 150,000 tokens. */
#define MM_LEDGER_SEGMENT_BYTES (UINT64_C(64) * 1024 * 1024)

void mm_ledger_segment_name(uint64_t number, char name[MM_LEDGER_NAME_SIZE]);

/*
 * The numbers of the segments in a folder, in their order, without those that an anchor tells are not kept; the caller
 * frees *numbers. Returns how many there are, -1 with errno. Not checked here: what the files are.
 */
MM_MUST_USE ssize_t mm_ledger_list(int dir_fd, uint64_t **numbers);

/* Remove the files of all segments before a number, the oldest first. False with errno. */
MM_MUST_USE bool mm_ledger_remove_before(int dir_fd, uint64_t number);

/*
 * Open a segment and read its header: the descriptor, or -1 with errno (EBADMSG: it is no segment of this number).
 * flags: O_RDONLY or O_RDWR.
 */
MM_MUST_USE int mm_ledger_segment_open(int dir_fd, uint64_t number, int flags, struct mm_ledger_header *header);

/*
 * Make a segment: really allocated, with this header, whole on the disk before it gets its name. Returns the
 * descriptor, -1 with errno; nothing is left then, but where the disk lets go of nothing: one without records, which
 * another try replaces.
 */
MM_MUST_USE int mm_ledger_segment_make(int dir_fd, const struct mm_ledger_header *header);

/* Write all bytes at an offset, however many calls that takes; false with errno. */
MM_MUST_USE bool mm_ledger_write_at(int fd, const void *bytes, size_t len, uint64_t offset);

#endif
